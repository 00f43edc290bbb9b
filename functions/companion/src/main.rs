//! The function `companion` on its own.

fn main() -> runtime::Result {
    runtime::run(env!("CARGO_PKG_NAME"), companion::router)
}
