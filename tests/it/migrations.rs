//! The migrations: both ways, several at once, and beside a process of the release before.

use std::{collections::BTreeMap, fs};

use db::MIGRATOR;
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, Column as _, Either, Executor as _, PgPool, SqlSafeStr as _, TypeInfo as _,
};

use crate::support::{
    app::{App, buggy, prefix},
    model::Model,
    root,
};

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

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_submission_has_what_belongs_to_its_state(pool: PgPool) {
    let accepts = async |status: &str, has: [bool; 4]| {
        sqlx::query(
            "INSERT INTO submissions (id, status, lease_token, lease_expires_at, finished_at, error_code)
            VALUES (gen_random_uuid(), $1, CASE WHEN $2 THEN gen_random_uuid() END, CASE WHEN $3 THEN now() END,
                CASE WHEN $4 THEN now() END, CASE WHEN $5 THEN 'internal' END)",
        )
        .bind(status)
        .bind(has[0])
        .bind(has[1])
        .bind(has[2])
        .bind(has[3])
        .execute(&pool)
        .await
        .is_ok()
    };
    for status in [
        "QUEUED",
        "PROCESSING",
        "COMPLETED",
        "FAILED",
        "CANCELLED",
        "OTHER",
    ] {
        for bits in 0..16 {
            let has = [1, 2, 4, 8].map(|bit| bits & bit != 0);
            let is_running = status == "PROCESSING";
            let is_finished = ["COMPLETED", "FAILED", "CANCELLED"].contains(&status);
            let belongs = [is_running, is_running, is_finished, status == "FAILED"];
            let expected = has == belongs && status != "OTHER";
            assert_eq!(accepts(status, has).await, expected, "{status} {has:?}");
        }
    }
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

/// The query of the last release that begins with this comment.
fn released(name: &str) -> String {
    let files = fs::read_dir(root().join(RELEASED)).unwrap();
    let mut queries = files.filter_map(|file| {
        let stored: Value =
            serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).ok()?;
        Some(stored["query"].as_str()?.to_owned())
    });
    let query = queries.find(|query| query.lines().next() == Some(&format!("-- {name}")));
    query.unwrap_or_else(|| panic!("{name}"))
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_worker_of_the_last_release_finds_what_it_needs_where_it_looks_for_it(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&buggy()).await;
    let texts = "SELECT text, COALESCE(code, ''), (SELECT count(*) FROM stages) FROM submissions";
    let texts = || sqlx::query_as::<_, (String, String, i64)>(texts).fetch_one(&pool);
    assert_eq!(texts().await.unwrap(), (String::new(), String::new(), 0));
    let claim = db::submissions::claim(
        &pool,
        id.parse().unwrap(),
        Some(1),
        0,
        std::time::Duration::ZERO,
    );
    let Ok(db::submissions::Claim::Claimed { submission, .. }) = claim.await else {
        panic!("it is not claimed");
    };
    // A worker of today has them from elsewhere, and makes the stages as it begins them.
    assert_eq!(texts().await.unwrap(), (String::new(), String::new(), 0));
    let claimed = sqlx::query(AssertSqlSafe(released("submissions.claim")))
        .bind(submission.id.as_uuid())
        .bind(Some(1))
        .bind(uuid::Uuid::new_v4())
        .bind(30.0)
        .bind(0)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(claimed.rows_affected(), 1);
    let (text, code, stages) = texts().await.unwrap();
    assert_eq!(
        (text, Some(code), stages),
        (submission.text, submission.code, 5)
    );
    app.stop().await;
}

#[sqlx::test(migrations = false)]
async fn what_the_last_release_stored_is_moved_and_stays_the_same(pool: PgPool) {
    const ID: &str = "01890000-0000-7000-8000-000000000001";
    let before = MIGRATOR.iter().rev().nth(1).unwrap().version;
    let (before, split) = (before.min(20_260_316_120_000), 20_260_401_120_000);
    MIGRATOR.run_to(before, &pool).await.unwrap();
    sqlx::query(AssertSqlSafe(format!(
        "INSERT INTO submissions (id, text, code, failing_input, samples, reference_code)
        VALUES ('{ID}', 'Sum', 'print(1)', '1 2', '[{{\"input\": \"1\", \"output\": \"2\"}}]', 'print(2)')"
    )))
    .execute(&pool)
    .await
    .unwrap();
    MIGRATOR.run(&pool).await.unwrap();
    let id = ID.parse().unwrap();
    let found = || async {
        let found = db::submissions::find(&pool, id).await.unwrap().unwrap();
        format!(
            "{} {:?} {:?} {:?} {:?}",
            found.text, found.code, found.failing_input, found.samples.0, found.reference_code
        )
    };
    let first = found().await;
    assert!(
        first.contains("print(1)") && first.contains("print(2)"),
        "{first}"
    );
    assert_eq!(db::contents::move_in(&pool, 10).await.unwrap(), 1);
    assert_eq!(db::contents::move_in(&pool, 10).await.unwrap(), 0);
    assert_eq!(found().await, first);
    MIGRATOR.undo(&pool, split - 1).await.unwrap();
    let text: String = sqlx::query_scalar("SELECT text || code || reference_code FROM submissions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(text, "Sumprint(1)print(2)");
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
