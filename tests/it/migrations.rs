//! The migrations: both ways, several at once, and beside a process of the release before.

use std::{collections::BTreeMap, fs};

use db::MIGRATOR;
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, Column as _, Either, Executor as _, PgPool, SqlSafeStr as _, TypeInfo as _,
};

use crate::support::root;

/// What `tests/run release` keeps of the last release.
const RELEASED: &str = "tests/released";

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
    assert!(!db::is_migrated(&pool).await.unwrap());
    let runs = (0..5).map(|_| db::migrate(&pool));
    for outcome in futures::future::join_all(runs).await {
        outcome.unwrap();
    }
    assert!(db::is_migrated(&pool).await.unwrap());
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_older_process_starts_on_a_database_that_is_ahead(pool: PgPool) {
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (99990101000000, 'of a newer release', true, '', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    db::migrate(&pool).await.unwrap();
    assert!(db::is_migrated(&pool).await.unwrap());
}

/// A type as the query metadata spells it.
fn spelt(name: &str) -> String {
    name.to_lowercase().replace("[]", "array")
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_queries_of_the_last_release_mean_the_same(pool: PgPool) {
    let mut checked = 0;
    for entry in fs::read_dir(root().join(RELEASED)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let stored: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let query = stored["query"].as_str().unwrap();
        let now = pool.describe(AssertSqlSafe(query).into_sql_str()).await;
        let now = now.unwrap_or_else(|error| panic!("{error}: {query}"));

        let text = |value: &Value| spelt(value.as_str().unwrap());
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let stored = &stored["describe"];
        let parameters: Vec<_> = list(&stored["parameters"]["Left"])
            .iter()
            .map(text)
            .collect();
        let Some(Either::Left(taken)) = now.parameters() else {
            panic!("no parameters: {query}");
        };
        let taken: Vec<_> = taken.iter().map(|kind| spelt(kind.name())).collect();
        assert_eq!(taken, parameters, "{query}");

        let columns: Vec<_> = list(&stored["columns"])
            .iter()
            .map(|column| (text(&column["name"]), text(&column["type_info"])))
            .collect();
        let given: Vec<_> = now
            .columns()
            .iter()
            .map(|column| (spelt(column.name()), spelt(column.type_info().name())))
            .collect();
        assert_eq!(given, columns, "{query}");
        for (index, may_be_null) in list(&stored["nullable"]).iter().enumerate() {
            let is_null_now = now.nullable(index) == Some(true);
            assert!(!is_null_now || *may_be_null != false, "{query}");
        }
        checked += 1;
    }
    assert!(checked > 40, "{checked}");
}

/// Every column with what an INSERT that does not name it does: whether it is refused.
async fn columns(pool: &PgPool) -> BTreeMap<(String, String), bool> {
    let columns: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text,
            is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let columns = columns.into_iter();
    columns
        .map(|(table, column, must_be_given)| ((table, column), must_be_given))
        .collect()
}

#[sqlx::test(migrations = false)]
async fn the_last_release_can_insert_what_it_did(pool: PgPool) {
    let released = fs::read_to_string(root().join(RELEASED).join("migration")).unwrap();
    let released = released.trim().parse().unwrap();
    MIGRATOR.run_to(released, &pool).await.unwrap();
    let before = columns(&pool).await;
    MIGRATOR.run(&pool).await.unwrap();
    let tables: Vec<_> = before.keys().map(|(table, _)| table.as_str()).collect();
    for ((table, column), must_be_given) in columns(&pool).await {
        if must_be_given && tables.contains(&table.as_str()) {
            let must_be_given_before = before.get(&(table.clone(), column.clone()));
            assert_eq!(must_be_given_before, Some(&true), "{table}.{column}");
        }
    }
}
