//! Something dies, or is away, and nothing is lost.

mod embedded;
mod lost_jobs;
mod services_away;
mod workers;
