//! Each HTTP function answers in Lambda and over plain HTTP as the local router does.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, header};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Function, environment, event, lambda::Lambda};
use crate::{
    journeys::{access::PASSWORD, submit::PNG},
    routes::{address, table},
    support::{
        app::{API, App, TOKEN, buggy, prefix},
        model::Model,
    },
};

/// An answer with what differs from one request to the next replaced.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: BTreeMap<String, BTreeSet<String>>,
    body: String,
}

/// Headers of the connection, which a gateway has of its own.
const OF_THE_CONNECTION: &[&str] = &["connection", "content-length", "date", "transfer-encoding"];

/// Replaces ids, times and signatures.
fn plain(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.');
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        let is_time =
            word.len() >= 20 && word.starts_with("20") && word.contains('T') && word.ends_with('Z');
        let is_signature = word.len() >= 43 && !word.contains(':');
        let is_id = word.len() >= 36
            && word
                .get(..36)
                .is_some_and(|id| id.parse::<uuid::Uuid>().is_ok());
        if is_time || is_id || is_signature {
            out.push('*');
        } else {
            out.push_str(word);
        }
        let next = rest[end..].chars().next().map_or(0, char::len_utf8);
        out.push_str(&rest[end..end + next]);
        rest = &rest[end + next..];
    }
    out
}

impl Seen {
    fn new(status: u16, headers: impl IntoIterator<Item = (String, String)>, body: &[u8]) -> Self {
        let mut kept: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (name, value) in headers {
            if !OF_THE_CONNECTION.contains(&name.as_str()) {
                kept.entry(name).or_default().insert(plain(&value));
            }
        }
        let body = match std::str::from_utf8(body) {
            Ok(text) => plain(text),
            Err(_) => STANDARD.encode(body),
        };
        Self {
            status,
            headers: kept,
            body,
        }
    }

    async fn of(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let headers: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        Self::new(status, headers, &response.bytes().await.unwrap())
    }

    /// The answer of a function to a gateway.
    fn of_function(answer: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut headers = Vec::new();
        for (name, value) in answer["headers"].as_object().into_iter().flatten() {
            headers.push((name.clone(), text(value)));
        }
        for (name, values) in answer["multiValueHeaders"]
            .as_object()
            .into_iter()
            .flatten()
        {
            for value in values.as_array().unwrap() {
                headers.push((name.clone(), text(value)));
            }
        }
        for cookie in answer["cookies"].as_array().into_iter().flatten() {
            headers.push(("set-cookie".to_owned(), text(cookie)));
        }
        let body = answer["body"].as_str().unwrap_or_default();
        let body = if answer["isBase64Encoded"] == true {
            STANDARD.decode(body).unwrap()
        } else {
            body.as_bytes().to_vec()
        };
        let status = u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap();
        Self::new(status, headers, &body)
    }
}

/// A request as a gateway tells of it.
fn get(path: &str, token: Option<&str>) -> Value {
    let mut event = event("encoded-path");
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    event["rawPath"] = json!(path);
    event["rawQueryString"] = json!(query);
    event["requestContext"]["http"]["path"] = json!(path);
    if let Some(token) = token {
        event["headers"]["authorization"] = json!(format!("Bearer {token}"));
    }
    event
}

fn send(method: &str, path: &str, token: Option<&str>, body: &Value) -> Value {
    let mut event = get(path, token);
    event["requestContext"]["http"]["method"] = json!(method);
    event["headers"]["content-type"] = json!("application/json");
    event["body"] = json!(body.to_string());
    event
}

/// The same request over HTTP.
fn request(client: &reqwest::Client, url: &str, event: &Value) -> reqwest::RequestBuilder {
    let method: Method = event["requestContext"]["http"]["method"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let path = event["rawPath"].as_str().unwrap();
    let query = event["rawQueryString"].as_str().unwrap();
    let question = if query.is_empty() { "" } else { "?" };
    let mut request = client.request(method, format!("{url}{path}{question}{query}"));
    for (name, value) in event["headers"].as_object().unwrap() {
        if !["host", "content-length"].contains(&name.as_str()) {
            request = request.header(name, value.as_str().unwrap());
        }
    }
    if let Some(cookies) = event["cookies"].as_array() {
        let all: Vec<_> = cookies
            .iter()
            .map(|cookie| cookie.as_str().unwrap())
            .collect();
        request = request.header(header::COOKIE, all.join("; "));
    }
    match event["body"].as_str() {
        Some(body) if event["isBase64Encoded"] == true => {
            request.body(STANDARD.decode(body).unwrap())
        }
        Some(body) => request.body(body.to_owned()),
        None => request,
    }
}

/// A function in both modes, and the local router.
struct Three {
    app: App,
    environment: HashMap<String, String>,
    client: reqwest::Client,
}

impl Three {
    /// Asks all three the same, and gives the status of the answer that they agree on.
    async fn agree(&self, function: &str, events: &[(Value, u16)]) {
        let lambda = Lambda::start(function, self.environment.clone()).await;
        let mut alone = Function::start(function, &self.environment);
        let url = alone.url().await;
        for (event, status) in events {
            let what = format!("{function}: {event}");
            let local = request(&self.client, &self.app.url, event);
            let local = Seen::of(local.send().await.unwrap()).await;
            assert_eq!(local.status, *status, "{what} {local:?}");
            let plain = request(&self.client, &url, event);
            assert_eq!(
                Seen::of(plain.send().await.unwrap()).await,
                local,
                "plain {what}"
            );
            let answer = lambda.invoke(event).await.json();
            assert_eq!(Seen::of_function(&answer), local, "in Lambda {what}");
        }
        for probe in ["/health/live", "/_/health", "/_/ready"] {
            let live = self.client.get(format!("{url}{probe}")).send().await;
            assert_eq!(live.unwrap().status(), 200, "{function}: {probe}");
        }
        alone.terminate();
        assert!(alone.child.wait().await.unwrap().success(), "{function}");
    }
}

async fn three(pool: &PgPool, model: &Model) -> (Three, String, String) {
    let prefix = prefix();
    let app = App::start_with(pool, model, &prefix, &[]).await;
    let image = format!("data:image/png;base64,{PNG}");
    let mut body = buggy();
    body["images"] = json!([image]);
    let response = app.post(&body).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let id = response.json::<Value>().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.reaches(&id, "COMPLETED").await;
    // No worker from here on: the submission must not change meanwhile.
    app.stop().await;
    let app = App::without_worker(pool, model, &prefix, &[]).await;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let environment = environment(pool, model, &prefix, &[("PORT", "0")]);
    let three = Three {
        app,
        environment,
        client,
    };
    (three, id, cookie)
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_is_read_is_the_same_everywhere(pool: PgPool) {
    let model = Model::start().await;
    let (three, id, cookie) = three(&pool, &model).await;
    let one = format!("{API}/{id}");
    let admin = Some(TOKEN);
    let mut cookies = event("cookies");
    cookies["cookies"][1] = json!(cookie);
    let mut query = event("query");
    query["headers"]["authorization"] = json!(format!("Bearer {TOKEN}"));
    let mut encoded = event("encoded-path");
    let first = id.bytes().next().unwrap();
    encoded["rawPath"] = json!(format!("{API}/%{first:x}{}", &id[1..]));
    three
        .agree(
            "submissions-get",
            &[
                (encoded, 200),
                (event("encoded-path"), 404),
                (get(&format!("{API}/x"), None), 400),
            ],
        )
        .await;
    three
        .agree(
            "submissions-list",
            &[
                (cookies, 200),
                (query, 200),
                (get(&format!("{API}?limit=x"), None), 422),
            ],
        )
        .await;
    three
        .agree(
            "submissions-image",
            &[(get(&format!("{one}/images/1"), None), 200)],
        )
        .await;
    three
        .agree(
            "submissions-patch",
            &[(get(&format!("{one}/patch"), None), 200)],
        )
        .await;
    three
        .agree(
            "submissions-counterexample",
            &[
                (get(&format!("{one}/counterexample"), None), 409),
                (get(&format!("{one}/counterexample?format=x"), None), 422),
            ],
        )
        .await;
    three
        .agree(
            "submissions-report",
            &[(get(&format!("{one}/report"), None), 200)],
        )
        .await;
    three
        .agree(
            "prompts",
            &[
                (get("/api/v1/prompts", admin), 200),
                (get("/api/v1/prompts", None), 401),
            ],
        )
        .await;
    three
        .agree("settings", &[(get("/api/v1/settings", admin), 200)])
        .await;
    three
        .agree("queue", &[(get("/api/v1/queue", admin), 200)])
        .await;
    three
        .agree(
            "health",
            &[
                (get("/health/live", None), 200),
                (get("/health/ready", None), 200),
            ],
        )
        .await;
    let mut html = get("/settings", None);
    html["headers"]["accept"] = json!("text/html");
    three.agree("admin-pages", &[(html, 401)]).await;
    // One without colours, which an unoptimised program may not be able to afford in time.
    let waiting = three.app.submit(&buggy()).await;
    let home = three.app.get("/").await.text().await.unwrap();
    let style = home.split("rel=\"stylesheet\" href=\"").nth(1).unwrap();
    let style = style.split('"').next().unwrap().to_owned();
    let mut packed = get(&style, None);
    packed["headers"]["accept-encoding"] = json!("br");
    three
        .agree(
            "pages",
            &[
                (get("/", None), 200),
                (get(&format!("/submissions/{waiting}?step=4"), None), 200),
                (get("/submissions/nothing", None), 404),
                (get(&style, None), 200),
                (packed, 200),
            ],
        )
        .await;
    three.app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_is_done_is_the_same_everywhere(pool: PgPool) {
    let model = Model::start().await;
    let (three, id, _) = three(&pool, &model).await;
    let one = format!("{API}/{id}");
    let admin = Some(TOKEN);
    let nothing = json!({});
    three
        .agree(
            "submissions-create",
            &[
                (event("json"), 202),
                (event("multipart"), 202),
                (event("no-body"), 400),
                (send("POST", API, None, &nothing), 422),
            ],
        )
        .await;
    three
        .agree(
            "submissions-cancel",
            &[(send("POST", &format!("{one}/cancel"), admin, &nothing), 409)],
        )
        .await;
    three
        .agree(
            "submissions-retry",
            &[
                (send("POST", &format!("{one}/retry"), admin, &nothing), 409),
                (send("POST", &format!("{one}/retry"), None, &nothing), 403),
            ],
        )
        .await;
    let settle = format!("{one}/settle");
    let answer = json!({ "run": 1, "answer": "first" });
    three
        .agree(
            "submissions-settle",
            &[
                (send("POST", &settle, admin, &answer), 409),
                (send("POST", &settle, admin, &nothing), 422),
                (send("POST", &settle, None, &answer), 403),
            ],
        )
        .await;
    three
        .agree(
            "submissions-regenerate",
            &[(
                send("POST", &format!("{one}/regenerate"), admin, &nothing),
                202,
            )],
        )
        .await;
    three
        .agree(
            "submissions-delete",
            &[(send("DELETE", &one, None, &nothing), 403)],
        )
        .await;
    three
        .agree(
            "submissions-clear",
            &[(send("DELETE", API, admin, &nothing), 422)],
        )
        .await;
    three
        .agree(
            "submissions-prune",
            &[(
                send(
                    "POST",
                    &format!("{API}/prune"),
                    admin,
                    &json!({ "amount": 0, "unit": "days" }),
                ),
                422,
            )],
        )
        .await;
    three
        .agree(
            "session",
            &[(
                send("POST", "/api/v1/session", None, &json!({ "token": TOKEN })),
                204,
            )],
        )
        .await;
    three
        .agree(
            "settings-test",
            &[(
                send(
                    "POST",
                    "/api/v1/settings/test",
                    admin,
                    &json!({ "PORT": "1" }),
                ),
                422,
            )],
        )
        .await;
    three.app.stop().await;
}

/// A gateway waits for the whole answer; a function's own address need not.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn events_are_streamed_where_that_is_possible(pool: PgPool) {
    let model = Model::start().await;
    let (three, id, _) = three(&pool, &model).await;
    let events = get(&format!("{API}/{id}/events"), None);
    let lambda = Lambda::start("submissions-events", three.environment.clone()).await;
    let answer = Seen::of_function(&lambda.invoke(&events).await.json());
    assert_eq!(answer.status, 501);
    assert!(answer.body.contains("cannot-stream"), "{}", answer.body);
    let mut environment = three.environment.clone();
    environment.insert("LAMBDA_RESPONSE_STREAMING".to_owned(), "true".to_owned());
    let lambda = Lambda::start("submissions-events", environment).await;
    let answer = lambda.invoke(&events).await;
    assert_eq!(
        answer.headers["lambda-runtime-function-response-mode"],
        "streaming"
    );
    let answer = answer.outcome.unwrap();
    // The head for the gateway comes first, up to eight NULs.
    let end = answer.windows(8).position(|part| part == [0; 8]).unwrap();
    let head: Value = serde_json::from_slice(&answer[..end]).unwrap();
    assert_eq!(head["statusCode"], 200);
    assert_eq!(head["headers"]["content-type"], "text/event-stream");
    let body = String::from_utf8(answer[end + 8..].to_vec()).unwrap();
    assert!(
        body.starts_with("id: ") || body.starts_with("event: snapshot"),
        "{body}"
    );
    assert!(
        body.contains("event: snapshot") && body.contains("COMPLETED"),
        "{body}"
    );
    three.app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_body_that_no_function_can_take_is_refused_in_words(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let lambda = Lambda::start(
        "submissions-create",
        environment(&pool, &model, &prefix, &[]),
    )
    .await;
    let large = json!({ "text": "x".repeat(4_300_000) });
    let answer = lambda.invoke(&send("POST", API, None, &large)).await.json();
    assert_eq!(answer["statusCode"], 413);
    let problem: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("fewer or smaller images")
    );
}

/// The layer that asks is every function's, so that one that is deployed singly asks too.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn each_function_by_itself_asks_for_the_password(pool: PgPool) {
    let model = Model::start().await;
    let vars = [("PORT", "0"), ("ACCESS_PASSWORD", PASSWORD)];
    let environment = environment(&pool, &model, &prefix(), &vars);
    let client = reqwest::Client::builder().build().unwrap();
    let rows = table();
    let functions: BTreeSet<_> = rows.iter().map(|row| row.0.as_str()).collect();
    // Their routes are open, or have a lock of their own.
    let open = ["admin-pages", "health", "metrics", "session"];
    for function in functions.into_iter().filter(|name| !open.contains(name)) {
        let mut alone = Function::start(function, &environment);
        let url = alone.url().await;
        let mut asked = 0;
        let own = rows.iter().filter(|row| row.0 == function);
        for (_, method, path) in own {
            let request = || client.request(method.clone(), format!("{url}{}", address(path)));
            let is_asked_for = async |request: reqwest::RequestBuilder| {
                let answer = request.send().await.unwrap();
                answer.status() == 401 && answer.text().await.unwrap().contains("access-required")
            };
            if is_asked_for(request()).await {
                asked += 1;
                // Events may have no end.
                if !path.ends_with("/events") {
                    let admitted = request().bearer_auth(PASSWORD);
                    assert!(!is_asked_for(admitted).await, "{function}: {method} {path}");
                }
            }
        }
        assert!(asked > 0, "{function}");
        alone.terminate();
        assert!(alone.child.wait().await.unwrap().success(), "{function}");
    }
}
