//! Every variable, one row each. The list of names, parsing and its messages, the fields of the panel, masks, and the tests that
//! compare the documents with the code all follow from here.

use crate::values::InvalidValue;

/// The largest number of tokens that a setting may have.
const MAX_TOKENS: u64 = 10_000_000;
/// The largest number of tokens in a day.
const MAX_DAILY_TOKENS: u64 = 1_000_000_000_000;
/// The highest price in US dollars for a million tokens.
const MAX_PRICE: u32 = 100_000;

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The base address of a model's endpoint.
    Endpoint,
    /// A URL of one of these schemes.
    Address(&'static [&'static str]),
    /// Text that is never shown.
    Secret,
    /// Text.
    Text,
    /// A whole number.
    Whole {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// A number from 0 that may have a fraction.
    Decimal {
        /// The greatest.
        max: u32,
    },
    /// True or false.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A JSON object.
    Json,
}

/// Parts of the panel's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The endpoint: needed to begin.
    Endpoint,
    /// How much is done at once, and for how long.
    Work,
    /// How much visitors may spend and see.
    Visitors,
    /// For endpoints that need more.
    Advanced,
}

impl Group {
    /// In the order of the form.
    pub const ALL: [Self; 4] = [Self::Endpoint, Self::Work, Self::Visitors, Self::Advanced];
}

/// Where a value can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the environment and, over it, in this part of the panel: holds without a restart.
    Live(Group),
    /// In the environment, read at the start.
    Start,
    /// By the system alone: nobody configures it.
    System,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name in the environment and the panel's API.
    pub name: &'static str,
    /// The form of its value.
    pub kind: Kind,
    /// The value that counts where none is set.
    pub default: Option<&'static str>,
    /// Where it can be set.
    pub scope: Scope,
    is_secret: bool,
    must: &'static str,
}

impl Variable {
    const fn new(scope: Scope, kind: Kind) -> Self {
        Self {
            name: "",
            kind,
            default: None,
            scope,
            is_secret: matches!(kind, Kind::Secret),
            must: "",
        }
    }

    const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    /// Ends the message about a bad value, for kinds that do not say it all.
    const fn must(mut self, must: &'static str) -> Self {
        self.must = must;
        self
    }

    /// Whether the whole value is a secret, which may also come from `NAME_FILE`, the path of a file, or from `SECRETS_JSON`.
    #[must_use]
    pub fn takes_file(&self) -> bool {
        self.is_secret && self.scope != Scope::System
    }

    /// Whether the panel can change it.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.scope, Scope::Live(_))
    }

    /// The words that it can be, if there are only some.
    #[must_use]
    pub const fn options(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Choice(options) => options,
            Kind::Flag => &["true", "false"],
            _ => &[],
        }
    }

    /// The least and the greatest number that it can be.
    #[must_use]
    pub fn limits(&self) -> Option<(u64, u64)> {
        match self.kind {
            Kind::Whole { min, max } => Some((min, max)),
            Kind::Decimal { max } => Some((0, max.into())),
            _ => None,
        }
    }

    /// The end of a message about a bad value.
    fn expected(&self) -> String {
        match self.kind {
            Kind::Whole { min, max } => format!("must be a whole number from {min} to {max}"),
            Kind::Decimal { max } => format!("must be a number from 0 to {max}, such as 0.2"),
            Kind::Flag | Kind::Choice(_) => match self.options() {
                [rest @ .., last] if !rest.is_empty() => {
                    format!("must be {} or {last}", rest.join(", "))
                }
                options => format!("must be {}", options.concat()),
            },
            _ => self.must.to_owned(),
        }
    }

    pub(crate) fn invalid(&self) -> InvalidValue {
        self.refused(self.expected())
    }

    pub(crate) fn refused(&self, expected: impl Into<String>) -> InvalidValue {
        InvalidValue {
            name: self.name,
            expected: expected.into(),
        }
    }
}

const fn live(group: Group, kind: Kind) -> Variable {
    Variable::new(Scope::Live(group), kind)
}

const fn start(kind: Kind) -> Variable {
    Variable::new(Scope::Start, kind)
}

const fn system(kind: Kind) -> Variable {
    Variable::new(Scope::System, kind)
}

const fn whole(min: u64, max: u64) -> Kind {
    Kind::Whole { min, max }
}

macro_rules! table {
    ($($name:ident: $row:expr,)+) => {
        $(pub(crate) const $name: Variable = Variable { name: stringify!($name), ..$row };)+

        /// Every variable that is read, without the `_FILE` forms of the secrets, in the order of the panel.
        pub static TABLE: &[Variable] = &[$($name),+];
    };
}

use Group::{Advanced, Endpoint, Visitors, Work};

table! {
    OPENAI_BASE_URL: live(Endpoint, Kind::Endpoint).or("https://api.openai.com/v1")
        .must("must be an http or https address such as https://api.openai.com/v1 or http://localhost:11434/v1"),
    OPENAI_API_KEY: live(Endpoint, Kind::Secret)
        .must("must consist of ASCII letters, digits and signs without spaces"),
    OPENAI_MODEL: live(Endpoint, Kind::Text).or("gpt-4o").must("must be the name of a model"),
    MODEL_SUPPORTS_VISION: live(Endpoint, Kind::Flag).or("true"),
    REQUEST_TIMEOUT_SECONDS: live(Work, whole(1, 3600)).or("180"),
    MAX_CONCURRENT_ANALYSIS_TASKS: live(Work, whole(1, 64)).or("3"),
    LLM_MAX_CONCURRENCY: live(Work, whole(1, 128)),
    DAILY_SUBMISSIONS_PER_VISITOR: live(Visitors, whole(0, 1_000_000)).or("0"),
    DAILY_TOKEN_BUDGET: live(Visitors, whole(0, MAX_DAILY_TOKENS)).or("0"),
    REVEAL: live(Visitors, Kind::Choice(&["where", "hint", "explanation", "fix"])).or("fix"),
    REVEAL_AFTER: live(Visitors, Kind::Text)
        .must("must be a time such as 2026-12-01T18:00:00Z, or minutes, hours or days after a submission such as 30m, 24h or 7d"),
    OPENAI_CONTEXT_TOKENS: live(Advanced, whole(1024, MAX_TOKENS)),
    OPENAI_MAX_OUTPUT_TOKENS: live(Advanced, whole(16, MAX_TOKENS)),
    OPENAI_PROTOCOL: live(Advanced, Kind::Choice(&["auto", "chat_completions", "responses"])).or("auto"),
    OPENAI_JSON_MODE: live(Advanced, Kind::Choice(&["auto", "json_schema", "json_object", "text"])).or("auto"),
    OPENAI_STREAM: live(Advanced, Kind::Choice(&["auto", "on", "off"])).or("auto"),
    OPENAI_TEMPERATURE: live(Advanced, Kind::Decimal { max: 2 }),
    OPENAI_REASONING_EFFORT: live(Advanced, Kind::Text).must("must be a word such as none, low, medium or high"),
    OPENAI_EXTRA_BODY: live(Advanced, Kind::Json)
        .must(r#"must be a JSON object such as {"thinking": {"type": "disabled"}}"#),
    PRICE_INPUT_PER_MTOK: live(Advanced, Kind::Decimal { max: MAX_PRICE }),
    PRICE_CACHED_PER_MTOK: live(Advanced, Kind::Decimal { max: MAX_PRICE }),
    PRICE_OUTPUT_PER_MTOK: live(Advanced, Kind::Decimal { max: MAX_PRICE }),

    SECRETS_JSON: start(Kind::Json).secret(),
    SETTINGS_TOKEN: start(Kind::Secret).must("must consist of ASCII letters, digits and signs without spaces"),
    ACCESS_PASSWORD: start(Kind::Secret)
        .must("must have at least 8 characters: ASCII letters, digits and signs without spaces"),
    SECRET_KEYS: start(Kind::Secret)
        .must("must be keys of 32 bytes in base64, separated by commas (try: openssl rand -base64 32)"),
    PUBLIC_HISTORY: start(Kind::Flag).or("false"),
    DATABASE_URL: start(Kind::Address(&["postgres", "postgresql"])).secret()
        .must("must be an address such as postgres://user:password@host:5432/database"),
    DB_HOST: start(Kind::Text),
    DB_PORT: start(whole(1, 65_535)).or("5432"),
    DB_USER: start(Kind::Text).or("codechecker"),
    DB_PASSWORD: start(Kind::Secret),
    DB_NAME: start(Kind::Text).or("codechecker"),
    DB_MAX_CONNECTIONS: start(whole(2, 1000)),
    REDIS_URL: start(Kind::Address(&["redis", "rediss", "unix", "redis+unix"])).secret()
        .must("must be an address such as redis://:password@host:6379, rediss://… for TLS, or unix:///path"),
    REDIS_HOST: start(Kind::Text).must("must be the name or address of a host"),
    REDIS_PORT: start(whole(1, 65_535)).or("6379"),
    REDIS_PASSWORD: start(Kind::Secret),
    QUEUE_PREFIX: start(Kind::Text).or("bull").must("must be a word without colons, such as bull"),
    DOORBELL_URL: start(Kind::Address(&["http", "https"]))
        .must("must be an http or https address that gets a POST, or the URL of an SQS queue"),
    JUDGE_URL: start(Kind::Text)
        .must("must be the address of a judge, such as http://judge:3000 or unix:///run/judge.socket, or off"),
    CODE_CHECKER_DATA_DIR: start(Kind::Text),
    CODE_CHECKER_ROLE: start(Kind::Choice(&["all", "web", "worker"])).or("all"),
    TRUSTED_PROXIES: start(Kind::Text)
        .must("must be addresses or networks, separated by commas, such as 10.0.0.7,172.16.0.0/12"),
    ALLOWED_HOSTS: start(Kind::Text)
        .must("must be names of hosts, separated by commas, such as check.example,www.check.example"),
    CORS_ALLOWED_ORIGINS: start(Kind::Text)
        .must("must be origins, separated by commas, such as https://club.example, or * for any"),
    COMPETITIVE_COMPANION: start(Kind::Choice(&["auto", "on", "off"])).or("auto"),
    WEBHOOKS: start(Kind::Flag).or("false"),
    WEBHOOK_SECRET: start(Kind::Secret)
        .must("must be whsec_ and 24 to 64 bytes in base64 (try: echo whsec_$(openssl rand -base64 32))"),
    WEBHOOK_ALLOWED_HOSTS: start(Kind::Text)
        .must("must be names of hosts, separated by commas, such as hooks.example,10.0.0.7"),
    SUBMISSIONS_PER_MINUTE: start(whole(0, 1_000_000)).or("20"),
    MAX_QUEUED: start(whole(1, 1_000_000)).or("1000"),
    PORT: start(whole(0, 65_535)).or("3000"),
    LOG_LEVEL: start(Kind::Text).or("info")
        .must("must be error, warn, info, debug or trace, or a filter such as info,sqlx=warn"),
    LOG_FORMAT: start(Kind::Choice(&["json", "text"])),
    METRICS_PUBLIC: start(Kind::Flag).or("false"),
    OTEL_EXPORTER_OTLP_ENDPOINT: start(Kind::Address(&["http", "https"]))
        .must("must be the http or https address of an OTLP collector, such as http://localhost:4318"),
    OTEL_EXPORTER_OTLP_HEADERS: start(Kind::Secret)
        .must("must be headers such as name=value, separated by commas"),
    OTEL_SERVICE_NAME: start(Kind::Text).or("code-checker").must("must be a name"),
    SHUTDOWN_GRACE_SECONDS: start(whole(0, 3600)).or("5"),

    AWS_LAMBDA_RUNTIME_API: system(Kind::Text),
    AWS_LAMBDA_LOG_LEVEL: system(Kind::Text),
    AWS_LAMBDA_LOG_FORMAT: system(Kind::Text),
    AWS_ACCESS_KEY_ID: system(Kind::Text),
    AWS_SECRET_ACCESS_KEY: system(Kind::Secret),
    AWS_SESSION_TOKEN: system(Kind::Secret),
    AWS_ENDPOINT_URL_SQS: system(Kind::Address(&["http", "https"])).must("must be an http or https address"),
    LAMBDA_RESPONSE_STREAMING: system(Kind::Flag).or("false"),
    XDG_DATA_HOME: system(Kind::Text),
    HOME: system(Kind::Text),
    PATH: system(Kind::Text),
}

/// The variables that the panel can change.
pub fn live_variables() -> impl Iterator<Item = &'static Variable> {
    TABLE.iter().filter(|variable| variable.is_live())
}

/// The one of this name that the panel can change.
#[must_use]
pub fn live_variable(name: &str) -> Option<&'static Variable> {
    live_variables().find(|variable| variable.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use super::*;
    use crate::values::Values;
    use domain::{JsonMode, Protocol};

    #[test]
    fn every_row_has_its_own_name_a_default_that_it_takes_and_a_message() {
        let names: BTreeSet<_> = TABLE.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), TABLE.len());
        let none = Values::new(HashMap::new());
        for row in TABLE {
            none.check(row).unwrap();
            let is_free = matches!(row.kind, Kind::Text | Kind::Secret | Kind::Json);
            assert!(
                is_free || row.expected().starts_with("must be "),
                "{}",
                row.name
            );
        }
    }

    #[test]
    fn the_choices_are_those_that_the_code_tells_apart() {
        let protocols = Protocol::ALL.iter().map(|value| value.as_str());
        let modes = JsonMode::ALL.iter().map(|value| value.as_str());
        let roles = crate::Role::ALL.iter().map(|value| value.as_str());
        assert!(OPENAI_PROTOCOL.options()[1..].iter().copied().eq(protocols));
        assert!(OPENAI_JSON_MODE.options()[1..].iter().copied().eq(modes));
        let rungs = domain::Rung::ALL.iter().map(|value| value.as_str());
        assert!(REVEAL.options().iter().copied().eq(rungs));
        assert!(CODE_CHECKER_ROLE.options().iter().copied().eq(roles));
    }
}
