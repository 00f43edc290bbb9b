//! The parts of the configuration, each for one part of the program.

use std::{path::PathBuf, time::Duration};

use domain::text_enum;
use ipnet::IpNet;
use reqwest::{Url, header::HeaderMap};
use secrecy::{SecretSlice, SecretString};

use crate::SecretUrl;

/// AWS Lambda.
#[derive(Clone, Copy, Debug)]
pub struct LambdaConfig {
    /// Whether answers are streamed, as a Function URL can and an API Gateway cannot.
    pub streams: bool,
}

text_enum! {
    /// The part of the work that a process takes where one serves all functions.
    Role {
        /// Serves and runs jobs.
        All = "all",
        /// Serves.
        Web = "web",
        /// Runs jobs.
        Worker = "worker",
    }
}

text_enum! {
    /// The clients whose problems from Competitive Companion are taken.
    Companion {
        /// Those on this machine.
        Auto = "auto",
        /// All.
        On = "on",
        /// None.
        Off = "off",
    }
}

/// The HTTP side.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Port to listen on, all interfaces; 0 takes a free one.
    pub port: u16,
    /// Whether everyone sees everyone's history.
    pub public_history: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Submissions and retries that one visitor may send a minute; 0 for any number.
    pub submissions_per_minute: u32,
    /// Submissions that may wait.
    pub max_queued: i64,
    /// Names under which this server is asked, beside addresses and localhost; any if there are none.
    pub allowed_hosts: Vec<String>,
    /// Whether everyone may read the counters.
    pub metrics_public: bool,
    /// Origins whose pages may call the API from a browser; `*` for any. Without one, no other site's may.
    pub cors_allowed_origins: Vec<String>,
    /// The clients whose problems from Competitive Companion are taken.
    pub companion: Companion,
    /// Largest request body in bytes.
    pub body_limit: usize,
}

/// The queue's consumer.
#[derive(Clone, Copy, Debug)]
pub struct WorkerConfig {
    /// Jobs at once in this process.
    pub concurrency: usize,
    /// How long running jobs may go on after SIGTERM before the worker hands them back.
    pub shutdown_grace: Duration,
}

/// Keys and tokens.
#[derive(Clone, Debug)]
pub struct SecretsConfig {
    /// The admin's token; without one nobody is admin.
    pub settings_token: Option<SecretString>,
    /// The password without which nobody gets in; everybody does if there is none.
    pub access_password: Option<SecretString>,
    /// Keys of 32 bytes: the first seals and signs, all open and verify. May be empty.
    pub keys: Vec<SecretSlice<u8>>,
}

/// The judge, which runs programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JudgeConfig {
    /// At an address.
    Http(Url),
    /// On a socket of this machine.
    Socket(PathBuf),
    /// There is to be none.
    Off,
}

/// Logs.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// A filter such as `info` or `info,sqlx=warn`.
    pub level: String,
    /// JSON or text; `None` means JSON unless the output is a terminal.
    pub json: Option<bool>,
}

/// Where spans are exported to, by OTLP over HTTP.
#[derive(Clone, Debug)]
pub struct TracesConfig {
    /// The collector's address for traces.
    pub endpoint: SecretUrl,
    /// Headers of each export: they may hold a key, and none is shown.
    pub headers: HeaderMap,
    /// The name of this service.
    pub service: String,
}

/// Where the embedded mode keeps and looks for things.
#[derive(Clone, Debug)]
pub struct EmbeddedConfig {
    /// Data folder, if it is set.
    pub data_dir: Option<PathBuf>,
    /// The user's data directory, for a data folder that is not set.
    pub user_data_dir: Option<PathBuf>,
    /// Folders to look for programs in, as in `PATH`.
    pub search_path: Option<String>,
    /// The file with the admin token, once the embedded mode has made or found one.
    pub settings_token_file: Option<PathBuf>,
}

/// Webhooks.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// The key that signs, 24 to 64 bytes.
    pub secret: SecretSlice<u8>,
    /// The only hosts that are called, also inside the network; every public address if there are none.
    pub allowed_hosts: Vec<String>,
}
