//! The function `pages` on its own.

fn main() -> shared::runtime::Result {
    shared::runtime::run(env!("CARGO_PKG_NAME"), pages::router)
}
