//! The function `submissions-patch` on its own.

fn main() -> runtime::Result {
    runtime::run(env!("CARGO_PKG_NAME"), submissions_patch::router)
}
