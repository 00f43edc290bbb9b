//! The targets of the fuzzer: each takes any bytes, gives them to a reader of what strangers send, and panics where a promise
//! of that reader is broken. The tests run them over the corpus and changes of it; `cargo fuzz` runs them for as long as one likes.

mod html;

use std::sync::LazyLock;

use actions::{
    create::DraftImage,
    form,
    history::{self, Parameters},
};
use axum::{
    body::Body,
    extract::{FromRequest as _, FromRequestParts as _, Request},
    http::{StatusCode, header},
    response::IntoResponse as _,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::limits;
use site::markdown::Renderer;
use tokio::runtime::Runtime;
use web::{
    error::ApiError,
    http::{Form, Query, Visitor},
    state::AppState,
};

/// A target and its name, which is that of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 6] = [
    ("answer", answer),
    ("data_url", data_url),
    ("multipart", multipart),
    ("cursor", cursor),
    ("markdown", markdown),
    ("maths", maths),
];

/// The separator of the parts in the forms of the corpus.
pub const BOUNDARY: &str = "x";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
});

/// Nothing listens at these addresses; nothing that is fuzzed here connects.
static STATE: LazyLock<AppState> = LazyLock::new(|| {
    let variables = [
        ("DATABASE_URL", "postgres://unused@localhost/unused"),
        ("REDIS_URL", "redis://localhost:1"),
        (
            "SECRET_KEYS",
            "a2V5LW9mLXRoZS10ZXN0cy0wMTIzNDU2Nzg5YWJjZGU=",
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = config::Config::from_vars(variables).expect("a configuration");
    let _guard = RUNTIME.enter();
    AppState::new(config, 1).expect("a database's address")
});

/// The text of a model's answer: what is read out of it is an object with members, and is read again with the same.
pub fn answer(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let read = match llm::json_object(&text) {
        Ok(read) => read,
        Err(why) => return assert!(!why.is_empty()),
    };
    assert!(read.as_object().is_some_and(|members| !members.is_empty()));
    let again = llm::json_object(&read.to_string()).expect("an object is read again");
    let names = |read: &serde_json::Value| -> Vec<String> {
        let members = read.as_object().into_iter().flatten();
        members.map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&again), names(&read));
}

/// An image in text: the file has no more bytes than an image may, and is read again out of a data URL of it.
pub fn data_url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match DraftImage::from_text(&text) {
        DraftImage::Unreadable(why) => assert!(!why.is_empty()),
        DraftImage::File(bytes) => {
            assert!(bytes.len() <= limits::IMAGE_BYTES + 3 && bytes.len() <= text.len());
            let url = format!("data:;base64,{}", STANDARD.encode(&bytes));
            assert_eq!(DraftImage::from_text(&url), DraftImage::File(bytes));
        }
    }
}

/// The body of a form: its fields are few and have no more bytes than it, and what cannot be read is the client's mistake.
pub fn multipart(data: &[u8]) {
    let request = Request::post("/")
        .header(
            header::CONTENT_TYPE,
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(Body::from(data.to_vec()))
        .expect("a request");
    let form = match RUNTIME.block_on(Form::from_request(request, &STATE)) {
        Ok(form) => form,
        Err(error) => return is_clients(error),
    };
    let bytes: usize = form.0.iter().map(|field| field.bytes.len()).sum();
    assert!(bytes <= data.len() && form.0.len() <= limits::FORM_PARTS);
    match form::draft(form) {
        Ok(draft) => assert_eq!(draft.images.len(), draft.images_sent),
        Err(error) => is_clients(error),
    }
}

/// The query of a page of the history, and a cursor alone: one that is read is written as one that is read as the same.
pub fn cursor(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(id) = text.trim().parse::<domain::SubmissionId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    let Ok(request) = Request::get(format!("/?{text}")).body(Body::empty()) else {
        return;
    };
    let page = async {
        let (mut parts, _) = request.into_parts();
        let Ok(visitor) = Visitor::from_request_parts(&mut parts, &*STATE).await;
        let Query(parameters) =
            Query::<Parameters>::from_request_parts(&mut parts, &*STATE).await?;
        history::page(&STATE, visitor, parameters).await
    };
    match RUNTIME.block_on(page) {
        // A visitor without a cookie has nothing, and so the database is not asked.
        Ok(page) => assert!(page.items.is_empty() && page.next_cursor.is_none()),
        Err(error) => is_clients(error),
    }
}

/// A text of a stranger: its HTML can do nothing, and is not much longer.
pub fn markdown(data: &[u8]) {
    rendered(&String::from_utf8_lossy(data));
}

/// A formula, in each way to write one.
pub fn maths(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    for (open, close) in [
        ("$", "$"),
        ("$$", "$$"),
        ("$$$", "$$$"),
        ("\\(", "\\)"),
        ("\\[", "\\]"),
    ] {
        rendered(&format!("a {open}{source}{close} b"));
    }
}

fn rendered(text: &str) {
    let made = Renderer::default().render(text).to_string();
    assert!(
        made.len() <= 256 + 32 * text.len(),
        "{} bytes of {}",
        made.len(),
        text.len()
    );
    html::assert_harmless(&made);
}

fn is_clients(error: ApiError) {
    let response = error.into_response();
    let status = response.status();
    assert!(
        status.is_client_error() && status != StatusCode::NOT_FOUND,
        "{status}"
    );
}
