//! `POST /api/v1/judge/run`, `/minimise`, `/hunt` and `/growth`: compiles and runs programs that nobody trusts.
//!
//! It is the only crate that runs them. It has no database, no queue and no secret, and makes no connection.

mod api;
mod hunt;
mod job;
mod machine;
mod minimise;
mod order;
mod probe;
mod process;
mod program;
pub mod sandbox;
mod serve;
mod toolchain;
mod verdict;

pub use api::router;
pub use machine::Machine;
pub use probe::probe;
pub use serve::main;
pub use toolchain::build_headers;
