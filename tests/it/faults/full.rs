//! A service answers and has no room left.

use std::{fs, os::unix::fs::chown, path::Path, process::Command};

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, buggy, prefix, variables},
    database_url, eventually,
    model::Model,
    process::{Process, data_dir, redis_server},
};

/// A small file system that PostgreSQL's user may write to; it ends with this value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this user may not mount.
    fn mount(owner: u32, group: u32) -> Option<Self> {
        let folder = data_dir();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        let disk = mounted.then_some(Self(folder))?;
        chown(disk.path(), Some(owner), Some(group)).unwrap();
        Some(disk)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn filler(&self) -> std::path::PathBuf {
        self.path().join("filler")
    }

    fn fill(&self) {
        let full = fs::write(self.filler(), vec![0; 8 << 20]).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // PostgreSQL may have files open there.
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

/// The user and group of the server's files, where the server is on this machine.
async fn owner_of_files(pool: &PgPool) -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    let folder: String = sqlx::query_scalar("SHOW data_directory")
        .fetch_one(pool)
        .await
        .ok()?;
    let metadata = fs::metadata(folder).ok()?;
    Some((metadata.uid(), metadata.gid()))
}

async fn run(pool: &PgPool, statement: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(pool)
        .await
        .unwrap();
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_full_disk_is_named_and_nothing_is_lost(pool: PgPool) {
    let owner = owner_of_files(&pool).await;
    let Some(disk) = owner.and_then(|(user, group)| SmallDisk::mount(user, group)) else {
        eprintln!("skipped: no small file system can be mounted for PostgreSQL here");
        return;
    };
    let space = format!("small_{}", uuid::Uuid::now_v7().simple());
    let path = disk.path().display();
    run(
        &pool,
        format!("CREATE TABLESPACE {space} LOCATION '{path}'"),
    )
    .await;
    run(
        &pool,
        format!("ALTER TABLE submissions SET TABLESPACE {space}"),
    )
    .await;
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    assert_eq!(app.get("/health/ready").await.status(), StatusCode::OK);

    disk.fill();
    let words = "has no space left on its disk";
    let refused = app.post(&buggy()).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = refused.json().await.unwrap();
    assert!(
        problem["detail"].as_str().unwrap().contains(words),
        "{problem}"
    );
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!(
        ready["troubles"],
        json!([format!("PostgreSQL {words}.")]),
        "{ready}"
    );

    fs::remove_file(disk.filler()).unwrap();
    app.submit(&buggy()).await;
    let list: Value = app.get(API).await.json().await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    app.stop().await;
    run(
        &pool,
        "ALTER TABLE submissions SET TABLESPACE pg_default".to_owned(),
    )
    .await;
    run(&pool, format!("DROP TABLESPACE {space}")).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_full_redis_is_named(pool: PgPool) {
    let model = Model::start().await;
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("redis.sock");
    let url = format!("unix://{}", socket.display());
    let mut redis = redis_server(&socket, &[]);
    let app = App::without_worker(&pool, &model, &prefix(), &[("REDIS_URL", &url)]).await;
    eventually("it is ready", async || {
        let ready = app.get("/health/ready").await;
        (ready.status() == StatusCode::OK).then_some(())
    })
    .await;
    // Full only now: on a new connection BullMQ's own first writes would be refused before any other is tried.
    let client = redis::Client::open(url.clone()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut limit = async |bytes: u8| {
        let mut command = redis::cmd("CONFIG");
        command.arg("SET").arg("maxmemory").arg(bytes);
        command.query_async::<()>(&mut connection).await.unwrap();
    };
    limit(1).await;
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!(ready["redis"], "unavailable");
    assert_eq!(
        ready["troubles"],
        json!(["Redis is full: its memory limit is reached."]),
        "{ready}"
    );
    // A submission is stored all the same, and queued once there is room.
    let id = app.submit(&buggy()).await;
    assert_eq!(app.submission(&id).await["status"], "QUEUED");
    limit(0).await;
    assert_eq!(app.get("/health/ready").await.status(), StatusCode::OK);
    app.stop().await;
    redis.kill().await.unwrap();
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_redis_that_throws_jobs_away_is_warned_about_once(pool: PgPool) {
    let model = Model::start().await;
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("redis.sock");
    let mut redis = redis_server(&socket, &["--maxmemory-policy", "allkeys-lru"]);
    let redis_url = format!("unix://{}", socket.display());
    let variables = variables(
        &model,
        &prefix(),
        &[
            ("DATABASE_URL", &database_url(&pool)),
            ("REDIS_URL", &redis_url),
        ],
    );
    let mut process = Process::start_with(variables).await;
    let words = "maxmemory-policy to noeviction";
    let warning = process.logged(words).await;
    assert_eq!(warning["policy"], "allkeys-lru");
    assert_eq!(warning["level"], "WARN");
    process.submit().await;
    let rest = process.rest_of_log().await;
    let again = |entry: &Value| {
        entry["message"]
            .as_str()
            .is_some_and(|message| message.contains(words))
    };
    assert!(!rest.iter().any(again), "{rest:?}");
    redis.kill().await.unwrap();
}
