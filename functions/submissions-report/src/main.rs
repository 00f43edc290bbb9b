//! The function `submissions-report` on its own.

fn main() -> runtime::Result {
    runtime::run(env!("CARGO_PKG_NAME"), submissions_report::router)
}
