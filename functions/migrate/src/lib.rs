//! Brings the database's tables up to date: once per deployment, before the other functions get requests.

use futures::future::LocalBoxFuture;
use runtime::Error;
use serde_json::{Value, json};
use web::state::AppState;

/// Runs the migrations that are missing, and answers the version that the tables have then.
pub fn task(state: AppState) -> LocalBoxFuture<'static, Result<Value, Error>> {
    Box::pin(async move {
        db::migrate(&state.db).await?;
        let version = db::MIGRATOR.iter().map(|migration| migration.version).max();
        Ok(json!({ "version": version }))
    })
}
