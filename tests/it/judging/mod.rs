//! The judge: verdicts, its sandbox, and its requests.

mod attacks;
mod helpers;
mod hunt;
mod minimise;
mod requests;
mod verdicts;
