//! The judge: verdicts, its sandbox, and its requests.

mod attacks;
mod minimise;
mod requests;
mod verdicts;
