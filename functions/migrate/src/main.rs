//! The function `migrate` on its own.

fn main() -> shared::runtime::Result {
    shared::runtime::run_task(env!("CARGO_PKG_NAME"), migrate::task)
}
