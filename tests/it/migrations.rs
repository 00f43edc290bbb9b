//! The migrations, both ways and several at once.

use shared::db::MIGRATOR;
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn migrations_run_up_down_and_up_again(pool: PgPool) {
    MIGRATOR.run(&pool).await.unwrap();
    MIGRATOR.undo(&pool, 0).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(tables.is_empty(), "left behind: {tables:?}");
    MIGRATOR.run(&pool).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn several_processes_may_migrate_at_once(pool: PgPool) {
    assert!(!shared::db::is_migrated(&pool).await.unwrap());
    let runs = (0..5).map(|_| shared::db::migrate(&pool));
    for outcome in futures::future::join_all(runs).await {
        outcome.unwrap();
    }
    assert!(shared::db::is_migrated(&pool).await.unwrap());
}
