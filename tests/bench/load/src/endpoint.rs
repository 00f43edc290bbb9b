//! An OpenAI-compatible endpoint that answers every stage at once, or after the milliseconds that its path begins with.
//!
//! A program's mistakes are the lines that end with [`MARK`]; the fix of each is `<` in the place of `<=`.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{Result, input_ends, print};

/// Ends a line that is wrong.
const MARK: &str = "// here";
/// Begins a program in C++.
const PROGRAM: &str = "#include";
/// Parts of a streamed answer.
const PARTS: usize = 8;

/// Serves until standard input ends.
pub(crate) async fn serve() -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    print(&json!({ "address": format!("http://{}", listener.local_addr()?) }))?;
    let accept = async {
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let serve =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(async move {
                // A caller that went away is no matter of the endpoint.
                serve.await.ok();
            });
        }
    };
    tokio::select! {
        outcome = accept => outcome,
        () = input_ends() => Ok(()),
    }
}

async fn answer(
    request: Request<Incoming>,
) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let latency = path.split('/').nth(1).and_then(|part| part.parse().ok());
    let body = request.into_body().collect().await;
    let question: Option<Value> = body
        .ok()
        .and_then(|body| serde_json::from_slice(&body.to_bytes()).ok());
    tokio::time::sleep(Duration::from_millis(latency.unwrap_or(0))).await;
    Ok(match question {
        Some(question) if path.ends_with("/chat/completions") => completion(&question),
        _ => {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    })
}

fn completion(question: &Value) -> Response<Full<Bytes>> {
    let content = said(question).to_string();
    let usage = json!({ "prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100 });
    let (media_type, body) = if question["stream"] == true {
        ("text/event-stream", streamed(&content, &usage))
    } else {
        let message = json!({ "role": "assistant", "content": content });
        let choice = json!({ "index": 0, "finish_reason": "stop", "message": message });
        let body = json!({ "model": "stand-in", "choices": [choice], "usage": usage });
        ("application/json", body.to_string())
    };
    let mut response = Response::new(Full::new(body.into()));
    let media_type = HeaderValue::from_static(media_type);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

fn streamed(content: &str, usage: &Value) -> String {
    let mut stream = String::new();
    let mut event = |choices: Value, usage: &Value| {
        let chunk = json!({ "model": "stand-in", "choices": choices, "usage": usage });
        stream.push_str(&format!("data: {chunk}\n\n"));
    };
    let mut rest = content;
    for left in (1..=PARTS).rev() {
        let (part, others) = rest.split_at(rest.floor_char_boundary(rest.len() / left));
        let delta = json!({ "content": part });
        event(
            json!([{ "index": 0, "delta": delta, "finish_reason": null }]),
            &Value::Null,
        );
        rest = others;
    }
    event(
        json!([{ "index": 0, "delta": {}, "finish_reason": "stop" }]),
        &Value::Null,
    );
    event(json!([]), usage);
    stream.push_str("data: [DONE]\n\n");
    stream
}

/// The answer of the stage that asks, which is the name of the schema that it asks for.
fn said(question: &Value) -> Value {
    let messages = question["messages"].as_array();
    let data = messages
        .and_then(|all| all.last())
        .map(text)
        .unwrap_or_default();
    let stage = &question["response_format"]["json_schema"]["name"];
    match stage.as_str().unwrap_or_default() {
        "problem" => statement(part(data, "submitted text")),
        "code" => program(part(data, "submitted text")),
        _ => analysis(part(data, "program")),
    }
}

/// The text of a message, which may be a list of parts.
fn text(message: &Value) -> &str {
    let content = &message["content"];
    let text = content.as_str().or_else(|| content[0]["text"].as_str());
    text.unwrap_or_default()
}

/// The content of the data's part of this name; empty if there is none.
fn part<'a>(data: &'a str, name: &str) -> &'a str {
    let begin = format!(" name=\"{name}\">\n");
    let Some((_, rest)) = data.split_once(&begin) else {
        return "";
    };
    rest.split_once("\n</data-").map_or(rest, |(part, _)| part)
}

fn statement(text: &str) -> Value {
    let text = text.find(PROGRAM).map_or(text, |at| &text[..at]).trim();
    json!({
        "title": text.lines().next(), "time_limit": "", "memory_limit": "", "description": text, "input_format": "",
        "output_format": "", "samples": [], "notes": "", "any_answer": false, "interactive": false,
    })
}

fn program(text: &str) -> Value {
    let program = text.find(PROGRAM).map_or("", |at| &text[at..]);
    let lines: Vec<&str> = program.trim_end().lines().collect();
    let ends = lines.len().min(3);
    json!({
        "language": "C++", "first": lines[..ends].join("\n"), "last": lines[lines.len() - ends..].join("\n"),
    })
}

fn analysis(program: &str) -> Value {
    let wrong = program.lines().filter(|line| line.ends_with(MARK));
    let fixes: Vec<Value> = wrong
        .map(|line| {
            json!({
                "old": line, "new": line.replace("<=", "<"), "line": 0, "category": "off by one", "severity": "critical",
                "hint": "Which index does the last turn of this loop use?",
                "explanation": "The array has `n` elements, from `0` to `n - 1`. The loop also reads the one behind them, which \
                    can be anything; with `<` it ends in time. Write the bounds of a loop beside the size of its array.",
            })
        })
        .collect();
    json!({
        "reasoning": "For n = 1 the loop reads two elements.",
        "summary": "The loops go one element too far.",
        "fixes": fixes,
    })
}
