//! The images of a submission can be looked at again.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode, multipart};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    journeys::submit::PNG,
    support::{
        app::{API, App, prefix},
        model::Model,
    },
};

const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

async fn app(pool: &PgPool) -> App {
    let model = Model::start().await;
    App::without_worker(pool, &model, &prefix(), &[]).await
}

async fn submit(app: &App) -> Value {
    let images = [
        format!("data:image/png;base64,{PNG}"),
        format!("data:image/gif;base64,{GIF}"),
    ];
    let id = app
        .submit(&json!({ "text": "See the images.", "images": images }))
        .await;
    app.submission(&id).await
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_image_comes_back_as_it_was_sent_and_can_do_nothing(pool: PgPool) {
    let app = app(&pool).await;
    let submission = submit(&app).await;
    for (place, media_type, bytes) in [(0, "image/png", PNG), (1, "image/gif", GIF)] {
        let image = app
            .get(submission["images"][place]["href"].as_str().unwrap())
            .await;
        assert_eq!(image.status(), StatusCode::OK);
        for (name, value) in [
            ("content-type", media_type),
            ("content-disposition", "inline"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("cache-control", "private, no-cache"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(image.headers()[name], value, "{name}");
        }
        assert_eq!(
            image.bytes().await.unwrap(),
            STANDARD.decode(bytes).unwrap()
        );
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_image_is_known_by_its_bytes_whatever_it_is_called(pool: PgPool) {
    let app = app(&pool).await;
    let lines = format!("{}\r\n{}", &PNG[..40], &PNG[40..]);
    let urls = [
        format!("data:image/jpeg;charset=utf-8;base64,{PNG}"),
        format!("DATA:;BASE64,{lines}"),
        PNG.replace('+', "-").replace('/', "_"),
    ];
    let id = app.submit(&json!({ "images": urls })).await;
    let file = |bytes: &str, name: &'static str, media_type: &str| {
        let part = multipart::Part::bytes(STANDARD.decode(bytes).unwrap());
        part.file_name(name).mime_str(media_type).unwrap()
    };
    let form = multipart::Form::new()
        .part("images", file(PNG, "a.gif", "image/gif"))
        .part("images", file(PNG, "a", "application/x-whatever"))
        .text("images", urls[0].clone());
    let request = app.request(Method::POST, API).multipart(form);
    let sent: Value = request.send().await.unwrap().json().await.unwrap();
    for id in [id.as_str(), sent["id"].as_str().unwrap()] {
        let submission = app.submission(id).await;
        for place in 0..3 {
            let image = &submission["images"][place];
            assert_eq!(image["media_type"], "image/png", "{submission}");
            let image = app.get(image["href"].as_str().unwrap()).await;
            assert_eq!(image.bytes().await.unwrap(), STANDARD.decode(PNG).unwrap());
        }
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_image_that_the_client_has_is_a_304_until_it_is_deleted(pool: PgPool) {
    let app = app(&pool).await;
    let submission = submit(&app).await;
    let path = submission["images"][0]["href"].as_str().unwrap();
    let etag = app.get(path).await.headers()["etag"].clone();
    let again = async || {
        let request = app.request(Method::GET, path);
        request.header("if-none-match", &etag).send().await.unwrap()
    };
    let known = again().await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(known.headers()["etag"], etag);
    assert!(known.bytes().await.unwrap().is_empty());
    sqlx::query("DELETE FROM submissions")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(again().await.status(), StatusCode::NOT_FOUND);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_image_that_is_not_there_is_told_from_a_wrong_address(pool: PgPool) {
    let app = app(&pool).await;
    let submission = submit(&app).await;
    let id = submission["id"].as_str().unwrap();
    let nobody = "019a3b5e-7c1d-7f00-8000-000000000000";
    for (id, position, code) in [
        (id, "3", "not-found"),
        (id, "5", "not-found"),
        (nobody, "1", "not-found"),
        (id, "0", "unreadable"),
        (id, "-1", "unreadable"),
        (id, "6", "unreadable"),
        (id, "01", "unreadable"),
        (id, "+1", "unreadable"),
        (id, "abc", "unreadable"),
        (id, "%FF", "unreadable"),
        (id, "99999999999999", "unreadable"),
        ("abc", "1", "unreadable"),
    ] {
        let answer = app.get(&format!("{API}/{id}/images/{position}")).await;
        let status = if code == "not-found" { 404 } else { 400 };
        assert_eq!(answer.status(), status, "{id} {position}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["type"], format!("urn:code-checker:problem:{code}"));
    }
    app.stop().await;
}
