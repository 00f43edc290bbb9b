//! The server's API.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header, redirect};
use serde_json::Value;

use crate::{Trouble, arguments::variable, submission::Created};

const CONNECT_TIME: Duration = Duration::from_secs(10);
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// An answer that is read at all, in bytes.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// Requests to submit, of which only one counts: they have the same key.
const TRIES: u32 = 3;
const SUBMISSIONS: &str = "/api/v1/submissions";

pub(crate) struct Client {
    http: reqwest::Client,
    server: Url,
    password: Option<String>,
}

impl Client {
    pub(crate) fn new(server: &str) -> Result<Self, Trouble> {
        let wrong = || {
            Trouble::Usage(format!(
                "{server} is not a server's address, such as http://localhost:3000"
            ))
        };
        let url = Url::parse(server).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong());
        }
        let host = url.host_str().unwrap_or_default();
        let is_here = host == "localhost" || host.starts_with("127.") || host == "[::1]";
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("code-checker/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIME)
            // The password goes to the server that was named, and to no other.
            .redirect(redirect::Policy::none());
        if is_here {
            builder = builder.no_proxy();
        }
        let http = builder
            .build()
            .map_err(|error| Trouble::Refused(error.to_string()))?;
        Ok(Self {
            http,
            server: url,
            password: variable("CODE_CHECKER_PASSWORD"),
        })
    }

    /// A path of the server as an address.
    pub(crate) fn address(&self, path: &str) -> String {
        let server = self.server.as_str().trim_end_matches('/');
        format!("{server}/{}", path.trim_start_matches('/'))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.address(path));
        match &self.password {
            Some(password) => request.bearer_auth(password),
            None => request,
        }
    }

    /// Submits. A repeated request finds the submission that an earlier one made.
    pub(crate) async fn submit(&self, body: &[u8]) -> Result<Created, Trouble> {
        let key = uuid::Uuid::new_v4().to_string();
        let mut tries = 0;
        loop {
            tries += 1;
            let sent = self
                .request(Method::POST, SUBMISSIONS)
                .header("idempotency-key", &key)
                .header(header::CONTENT_TYPE, "application/json")
                .timeout(ANSWER_TIME)
                .body(body.to_vec())
                .send()
                .await;
            let passes = match &sent {
                Ok(response) => matches!(
                    response.status(),
                    StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT
                ),
                Err(error) => !error.is_connect() && !error.is_builder(),
            };
            if passes && tries < TRIES {
                tokio::time::sleep(Duration::from_secs(u64::from(tries))).await;
                continue;
            }
            let answer = self.read(sent.map_err(|error| self.away(&error))?).await?;
            return serde_json::from_value(answer).map_err(|_| self.stranger());
        }
    }

    /// The submission with its results. A server that is busy or restarts counts as away.
    pub(crate) async fn submission(&self, path: &str) -> Result<Value, Trouble> {
        let request = self.request(Method::GET, path).timeout(ANSWER_TIME);
        let sent = request.send().await.map_err(|error| self.away(&error))?;
        let passes = matches!(
            sent.status(),
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        match self.read(sent).await {
            Err(Trouble::Refused(why)) if passes => Err(Trouble::Away(why)),
            read => read,
        }
    }

    pub(crate) async fn cancel(&self, created: &Created) -> Result<(), Trouble> {
        let path = format!("{}/cancel", created.links.this);
        let mut request = self.request(Method::POST, &path);
        if let Some(token) = &created.owner_token {
            request = request.header("x-owner-token", token);
        }
        let sent = request.send().await;
        self.read(sent.map_err(|error| self.away(&error))?).await?;
        Ok(())
    }

    /// The JSON of an answer, or why it is none.
    async fn read(&self, response: Response) -> Result<Value, Trouble> {
        let status = response.status();
        let mut bytes = Vec::new();
        let mut parts = response.bytes_stream();
        while let Some(part) = parts.next().await {
            bytes.extend_from_slice(&part.map_err(|error| self.away(&error))?);
            if bytes.len() > ANSWER_BYTES {
                return Err(Trouble::Refused("the answer is too long".to_owned()));
            }
        }
        let value = serde_json::from_slice::<Value>(&bytes).ok();
        match value {
            Some(value) if status.is_success() => Ok(value),
            Some(problem) if problem.is_object() => Err(refusal(status, &problem)),
            _ if status.is_server_error() => {
                Err(Trouble::Away(format!("{} answers {status}", self.server)))
            }
            _ => Err(self.stranger()),
        }
    }

    /// No answer came.
    pub(crate) fn away(&self, error: &reqwest::Error) -> Trouble {
        let error = error as &(dyn std::error::Error + 'static);
        let mut cause = error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        Trouble::Away(format!(
            "{} does not answer ({cause}); is CodeChecker running there? --server or CODE_CHECKER_SERVER names another one",
            self.server
        ))
    }

    fn stranger(&self) -> Trouble {
        Trouble::Refused(format!(
            "{} does not answer as a CodeChecker server does",
            self.server
        ))
    }
}

/// The words of a problem document.
fn refusal(status: StatusCode, problem: &Value) -> Trouble {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut said = text(&problem["detail"]);
    if said.is_empty() {
        said = format!("{status} {}", text(&problem["title"]));
    }
    for error in problem["errors"].as_array().into_iter().flatten().take(20) {
        let field = text(&error["pointer"]);
        said.push_str(&format!(
            "\n  {}: {}",
            field.trim_start_matches('/'),
            text(&error["detail"])
        ));
    }
    if status == StatusCode::UNAUTHORIZED {
        said.push_str("\nSet CODE_CHECKER_PASSWORD to the server's password.");
    }
    Trouble::Refused(said)
}
