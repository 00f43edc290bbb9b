//! The function `submissions-delete` on its own.

fn main() -> shared::runtime::Result {
    shared::runtime::run(env!("CARGO_PKG_NAME"), submissions_delete::router)
}
