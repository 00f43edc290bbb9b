//! Something dies, or is away, and nothing is lost.

mod connections;
mod embedded;
mod full;
mod hang_ups;
mod lost_jobs;
mod outages;
mod services_away;
mod workers;
