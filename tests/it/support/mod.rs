//! Helpers that the tests share.

pub(crate) mod app;
pub(crate) mod hunt;
pub(crate) mod judge;
pub(crate) mod model;
pub(crate) mod process;
pub(crate) mod relay;

use std::{path::PathBuf, time::Duration};

use sqlx::PgPool;

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the workspace")
        .to_path_buf()
}

/// The Redis that `tests/run` started.
pub(crate) fn redis_url() -> String {
    std::env::var("REDIS_URL")
        .expect("run the tests with ./tests/run, which starts Postgres and Redis")
}

/// The address of a test's database.
pub(crate) fn database_url(pool: &PgPool) -> String {
    let url = std::env::var("DATABASE_URL").unwrap();
    let mut url = reqwest::Url::parse(&url).unwrap();
    url.set_path(pool.connect_options().get_database().unwrap());
    url.into()
}

/// Polls until `probe` gives a value. For states that nothing announces; fails the test after 90 seconds.
pub(crate) async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(90);
    loop {
        if let Some(value) = probe().await {
            return value;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "gave up waiting: {what}"
        );
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
