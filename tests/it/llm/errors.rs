//! Errors in every shape, and the client's reaction to each.

use std::time::Duration;

use llm::{Client, Picture, Question};
use serde_json::json;

use super::{
    SUM, ask_with, endpoint, expect, question,
    server::{Server, body, error, streamed, text, whole},
};

#[tokio::test]
async fn errors_for_good_are_not_repeated() {
    let quota = body(
        429,
        &json!({ "error": { "message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota" } }),
    );
    for (line, code) in [
        (
            error(401, "Incorrect API key provided"),
            "model_unauthorized",
        ),
        (
            body(401, &json!({ "detail": "Invalid API key" })),
            "model_unauthorized",
        ),
        (
            error(403, "Country, region, or territory not supported"),
            "model_region",
        ),
        (error(402, "Insufficient Balance"), "model_no_credit"),
        (quota, "model_no_credit"),
        (
            error(404, "The model `x` does not exist"),
            "model_not_found",
        ),
        (
            body(404, &json!({ "detail": "Not Found" })),
            "model_address_not_found",
        ),
        (
            text(404, "text/plain", "404 page not found"),
            "model_address_not_found",
        ),
        (
            error(400, "This model's maximum context length is 8192 tokens."),
            "model_context_too_small",
        ),
        (
            text(
                413,
                "text/html",
                "<html><title>413 Request Entity Too Large</title></html>",
            ),
            "model_context_too_small",
        ),
        (
            error(400, "Something about the messages"),
            "model_refused_request",
        ),
        (
            body(422, &json!({ "error": { "message": "Invalid parameter" } })),
            "model_refused_request",
        ),
        (
            text(301, "text/html", "").header("location", "https://example.invalid/"),
            "model_not_an_endpoint",
        ),
        (
            text(200, "text/html", "<html>Welcome</html>"),
            "model_not_an_endpoint",
        ),
        (
            text(200, "application/json", "{\"hello\": 1}"),
            "model_not_an_endpoint",
        ),
    ] {
        expect(&[], [line], code, 1).await;
    }
}

#[tokio::test]
async fn passing_errors_are_repeated_twice_at_most() {
    for (status, media_type, message) in [
        (
            408,
            "application/json",
            "{\"error\": {\"message\": \"timeout\"}}",
        ),
        (409, "application/json", "{\"error\": \"conflict\"}"),
        (
            429,
            "application/json",
            "[{\"error\": {\"message\": \"Resource has been exhausted\"}}]",
        ),
        (500, "text/plain", "Internal Server Error"),
        (
            502,
            "text/html",
            "<html><head><title>502 Bad Gateway</title></head></html>",
        ),
        (
            529,
            "application/json",
            "{\"error\": {\"message\": \"Overloaded\"}}",
        ),
    ] {
        // Hurries the test, not the client's usual pauses.
        let line = || text(status, media_type, message).header("retry-after-ms", "1");
        expect(&[], [line(), line(), streamed(SUM)], "3", 3).await;
        expect(&[], [line(), line(), line()], "model_busy", 3).await;
    }
}

#[tokio::test]
async fn the_endpoint_may_decide_itself_whether_to_try_again() {
    let no = error(503, "down for today").header("x-should-retry", "false");
    expect(&[], [no], "model_refused_request", 1).await;
    let yes = error(400, "a hiccup").header("x-should-retry", "true");
    expect(&[], [yes, streamed(SUM)], "3", 2).await;
}

#[tokio::test]
async fn the_endpoints_id_of_the_request_is_in_the_error() {
    for name in ["x-request-id", "apim-request-id", "x-generation-id"] {
        let line = error(400, "no").header(name, "req_42");
        let (outcome, _server) = expect(&[], [line], "model_refused_request", 1).await;
        assert!(outcome.message().contains("Request req_42."));
    }
}

#[tokio::test]
async fn a_page_in_place_of_an_answer_is_told_in_words() {
    let page = text(
        200,
        "text/html",
        "<html><title>Welcome to nginx!</title></html>",
    );
    let (outcome, _server) = expect(&[], [page], "model_not_an_endpoint", 1).await;
    assert!(
        outcome
            .message()
            .contains("Does OPENAI_BASE_URL end in /v1?")
    );
    let page = || {
        text(
            502,
            "text/html",
            "<html><head><title>502 Bad Gateway</title>",
        )
        .header("retry-after-ms", "1")
    };
    let (outcome, _server) = expect(&[], [page(), page(), page()], "model_busy", 3).await;
    assert!(
        outcome
            .message()
            .contains("a page with the title \"502 Bad Gateway\"")
    );
}

#[tokio::test]
async fn a_refused_connection_is_left_to_the_job() {
    let server = Server::start([]).await;
    let mut endpoint = endpoint(&server, &[]);
    // Nothing listens there, and nothing that was started meanwhile may.
    endpoint.base_url.set_port(Some(1)).unwrap();
    let outcome = ask_with(&Client::default(), &endpoint, &question()).await;
    assert_eq!(outcome.summary(), ("model_unreachable".to_owned(), 1));
    assert!(outcome.result.as_ref().unwrap_err().is_away());
    assert!(
        !outcome.message().contains("127.0.0.1"),
        "the address may hold a secret"
    );
}

#[tokio::test]
async fn a_connection_without_tls_behind_https_is_not_tried_again() {
    let server = Server::start([whole(SUM)]).await;
    let https = format!("{}/v1", server.origin.replace("http://", "https://"));
    let endpoint = endpoint(&server, &[("OPENAI_BASE_URL", &https)]);
    let outcome = ask_with(&Client::default(), &endpoint, &question()).await;
    assert_eq!(
        outcome.summary(),
        ("model_no_secure_connection".to_owned(), 1)
    );
}

#[tokio::test]
async fn a_connection_that_is_reset_before_the_answer_is_tried_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}/v1", listener.local_addr().unwrap());
    let closing = tokio::spawn(async move {
        for _ in 0..3 {
            let (stream, _) = listener.accept().await.unwrap();
            stream.readable().await.unwrap();
            drop(stream);
        }
    });
    let server = Server::start([]).await;
    let endpoint = endpoint(&server, &[("OPENAI_BASE_URL", &origin)]);
    let outcome = ask_with(&Client::default(), &endpoint, &question()).await;
    assert_eq!(outcome.summary(), ("model_unreachable".to_owned(), 3));
    closing.await.unwrap();
}

#[tokio::test]
async fn a_model_without_eyes_says_so_whatever_the_status() {
    for line in [
        body(
            500,
            &json!({ "error": { "code": 500, "message": "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", "type": "server_error" } }),
        ),
        error(404, "No endpoints found that support image input"),
        error(
            422,
            "messages[1]: unknown variant `image_url`, expected `text`",
        ),
    ] {
        let server = Server::start([line]).await;
        let question = Question {
            pictures: Picture::plain(8, [0, 0, 0]).into_iter().collect(),
            ..question()
        };
        let outcome = ask_with(&Client::default(), &endpoint(&server, &[]), &question).await;
        assert_eq!(outcome.summary(), ("model_no_vision".to_owned(), 1));
        let url = server.calls()[0].body["messages"][1]["content"][1]["image_url"]["url"].clone();
        assert!(url.as_str().unwrap().starts_with("data:image/png;base64,"));
    }
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let endless = text(200, "application/json", vec![b' '; 5 * 1024 * 1024]);
    let (outcome, _server) = expect(&[], [endless], "model_not_an_endpoint", 1).await;
    assert!(outcome.took < Duration::from_secs(20));
}
