//! The function `submissions-counterexample` on its own.

fn main() -> runtime::Result {
    runtime::run(env!("CARGO_PKG_NAME"), submissions_counterexample::router)
}
