//! The picture of a result in the README.

use std::path::{Path, PathBuf};

use serde_json::json;
use sqlx::PgPool;

use super::driver::Scenario;
use crate::support::{
    app::{App, prefix},
    model::Model,
};

/// Width and height in pixels, from the header of a PNG.
fn size(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number = |from: usize| u32::from_be_bytes(png[from..from + 4].try_into().unwrap());
    (number(16), number(20))
}

async fn draw(pool: &PgPool, folder: &Path) -> bool {
    let model = Model::start().await;
    let app = App::without_worker(pool, &model, &prefix(), &[]).await;
    let Some(mut scenario) = Scenario::start("picture", "result", &app.url).await else {
        return false;
    };
    scenario.tell(json!({ "folder": folder })).await;
    scenario.says("passed").await;
    app.stop().await;
    true
}

/// `./tests/run picture` names the folder that the README's pictures are in.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_a_picture_of_a_result_is_made(pool: PgPool) {
    let scratch = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("PICTURES").map_or(scratch.path().to_owned(), PathBuf::from);
    if !draw(&pool, &folder).await {
        return;
    }
    let [light, dark] = ["light", "dark"]
        .map(|theme| std::fs::read(folder.join(format!("result-{theme}.png"))).unwrap());
    assert_eq!(size(&light), size(&dark));
    assert_ne!(light, dark);
    for picture in [light, dark] {
        let (width, height) = size(&picture);
        assert_eq!(width, 2160);
        assert!((800..=1800).contains(&height), "{height}");
        assert!(picture.len() <= 150_000, "{}", picture.len());
    }
}
