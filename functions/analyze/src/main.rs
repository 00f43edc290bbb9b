//! The function `analyze` on its own: a worker of the queue.

fn main() -> runtime::Result {
    runtime::run_consumer(env!("CARGO_PKG_NAME"), analyze::WORK)
}
