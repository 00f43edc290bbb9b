//! The function `migrate` on its own.

fn main() -> runtime::Result {
    runtime::run_task(env!("CARGO_PKG_NAME"), migrate::task)
}
