//! The function `prompts` on its own.

fn main() -> shared::runtime::Result {
    shared::runtime::run(env!("CARGO_PKG_NAME"), prompts::router)
}
