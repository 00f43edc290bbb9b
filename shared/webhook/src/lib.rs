//! Webhooks: one POST when a submission ends, to the address that its sender gave, signed as Standard Webhooks says
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>). An address may lead nowhere
//! inside the server's own network.

mod address;
mod delivery;
mod target;

pub use delivery::{Data, Error, Event, Webhooks};
pub use target::{Refused, check};
