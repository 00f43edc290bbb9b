use std::time::Duration;

/// Why the queue did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No Redis is configured.
    #[error(
        "REDIS_URL (or REDIS_HOST) is not set: it must be the address of a Redis or Valkey server"
    )]
    NotConfigured,
    /// Redis did not answer in time.
    #[error("Redis did not answer within {0:?}")]
    Timeout(Duration),
    /// Redis refused.
    #[error("Redis refused")]
    Redis(#[from] redis::RedisError),
    /// BullMQ or Redis refused.
    #[error("the queue refused")]
    BullMq(#[from] bullmq::Error),
}

impl Error {
    /// The trouble, as the end of a sentence about Redis.
    #[must_use]
    pub fn trouble(&self) -> &'static str {
        let words = domain::Chain(self).to_string().to_lowercase();
        let says = |phrase: &str| words.contains(phrase);
        if matches!(self, Self::NotConfigured) {
            "is not configured"
        } else if says("maxmemory") || says("oom command") {
            "is full: its memory limit is reached"
        } else if says("misconf") || says("no space") {
            "cannot write to its disk"
        } else if says("wrongpass") || says("noauth") || says("noperm") {
            "refuses the password"
        } else if says("connection refused") {
            "refuses the connection"
        } else if says("loading") {
            "is starting"
        } else {
            "does not answer"
        }
    }
}
