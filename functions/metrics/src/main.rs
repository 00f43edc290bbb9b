//! The function `metrics` on its own.

fn main() -> runtime::Result {
    runtime::run(env!("CARGO_PKG_NAME"), metrics::router)
}
