//! The function `analyze` on its own: a worker of the queue.

fn main() -> shared::runtime::Result {
    shared::runtime::run_consumer(env!("CARGO_PKG_NAME"), analyze::WORK)
}
