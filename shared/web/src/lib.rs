//! The HTTP side that every function has: the state of a handler, what it takes from a request, and the problem documents that it
//! answers with. The settings and prompts that the panel can change are read and saved here too.

pub mod crowd;
pub mod error;
pub mod http;
pub mod looks;
pub mod problems;
pub mod prompts;
pub mod settings;
pub mod state;
