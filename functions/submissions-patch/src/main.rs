//! The function `submissions-patch` on its own.

fn main() -> shared::runtime::Result {
    shared::runtime::run(env!("CARGO_PKG_NAME"), submissions_patch::router)
}
