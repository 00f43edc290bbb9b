//! How often, how long and by whom an endpoint is asked again.

use std::time::Duration;

use llm::Client;

use super::{
    SUM, ask_with, endpoint, expect, question,
    server::{Piece, Server, error, streamed, whole},
};

#[tokio::test]
async fn a_wait_that_the_endpoint_asks_for_is_kept() {
    for (name, value) in [
        ("retry-after", "1"),
        ("retry-after-ms", "1000"),
        ("retry-after", "1.0"),
    ] {
        let busy = error(429, "Rate limit reached").header(name, value);
        let (outcome, _server) = expect(&[], [busy, streamed(SUM)], "3", 2).await;
        assert!(outcome.took >= Duration::from_secs(1), "{:?}", outcome.took);
    }
    // The finer one wins.
    let busy = error(503, "Overloaded")
        .header("retry-after", "50")
        .header("retry-after-ms", "20");
    expect(&[], [busy, streamed(SUM)], "3", 2).await;
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_told_at_once() {
    let busy = || error(429, "Rate limit reached").header("retry-after", "600");
    let (outcome, _server) = expect(&[], [busy()], "model_try_later", 1).await;
    assert!(
        outcome.message().contains("in 600 seconds"),
        "{}",
        outcome.message()
    );
    assert!(outcome.result.unwrap_err().is_away());
    // As is one that outlasts the work it is for.
    let busy = error(429, "Rate limit reached").header("retry-after", "50");
    let limit = [("REQUEST_TIMEOUT_SECONDS", "2")];
    expect(&limit, [busy], "model_try_later", 1).await;
}

#[tokio::test]
async fn a_pause_holds_for_everybody_who_asks_that_endpoint() {
    let busy = error(429, "Rate limit reached").header("retry-after", "600");
    let server = Server::start([busy, whole(SUM)]).await;
    let client = Client::default();
    let endpoint = endpoint(&server, &[]);
    let first = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(first.summary(), ("model_try_later".to_owned(), 1));
    let second = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(
        second.summary(),
        ("model_try_later".to_owned(), 0),
        "not even asked"
    );
    // Until somebody says that things have changed.
    client.forget(&endpoint);
    let third = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(third.summary(), ("3".to_owned(), 1));
}

#[tokio::test]
async fn two_who_are_asked_to_wait_wait_together() {
    let busy = error(429, "Rate limit reached").header("retry-after", "1");
    let server = Server::start([busy, whole(SUM), whole(SUM)]).await;
    let (client, endpoint) = (
        Client::default(),
        endpoint(&server, &[("LLM_MAX_CONCURRENCY", "1")]),
    );
    let (a, b) = tokio::join!(
        async { ask_with(&client, &endpoint, &question()).await },
        async { ask_with(&client, &endpoint, &question()).await },
    );
    assert_eq!((a.calls + b.calls, server.calls().len()), (3, 3));
    assert!(a.result.is_ok() && b.result.is_ok());
    assert!(a.took >= Duration::from_secs(1) && b.took >= Duration::from_secs(1));
}

#[tokio::test]
async fn only_so_many_calls_are_made_at_once() {
    let slow = || whole(SUM).then(Piece::Silence(Duration::from_millis(150)));
    let server = Server::start((0..6).map(|_| slow())).await;
    let (client, endpoint) = (
        Client::default(),
        endpoint(&server, &[("LLM_MAX_CONCURRENCY", "2")]),
    );
    let (client, endpoint) = (&client, &endpoint);
    let asked = (0..6).map(|_| async move { ask_with(client, endpoint, &question()).await });
    for outcome in futures::future::join_all(asked).await {
        assert_eq!(outcome.summary(), ("3".to_owned(), 1));
    }
    let most = server.calls().iter().map(|call| call.beside).max();
    assert!(most < Some(2), "{most:?}");
}

#[tokio::test]
async fn whatever_happens_the_budget_holds() {
    // One call, two switches, two repetitions, one repair and one weaker way to ask.
    let script = [
        error(400, "stream_options is not supported"),
        error(400, "response_format json_schema is not supported"),
        error(503, "busy").header("retry-after-ms", "1"),
        error(503, "busy").header("retry-after-ms", "1"),
        whole("no JSON"),
        whole("none again"),
        whole("nor now"),
        whole(SUM),
    ];
    expect(&[], script, "model_bad_answer", 7).await;
}
