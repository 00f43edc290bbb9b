use super::*;

pub(crate) fn read(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_vars(
        vars.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

fn message(vars: &[(&str, &str)]) -> String {
    read(vars).unwrap_err().to_string()
}

#[test]
fn an_empty_environment_gives_the_documented_defaults() {
    let config = read(&[]).unwrap();
    assert_eq!(config.model.base_url.as_str(), "https://api.openai.com/v1");
    assert_eq!(config.model.model, "gpt-4o");
    assert!(config.model.supports_vision);
    assert_eq!(config.model.timeout, Duration::from_secs(180));
    assert_eq!(config.worker.concurrency, 3);
    assert_eq!(config.http.port, 3000);
    assert!(!config.http.public_history);
    assert!(config.database.is_none() && config.redis.is_none());
    assert!(config.secrets.settings_token.is_none());
}

#[test]
fn an_empty_value_counts_as_not_set() {
    let config = read(&[
        ("OPENAI_BASE_URL", ""),
        ("PORT", " "),
        ("SETTINGS_TOKEN", ""),
    ])
    .unwrap();
    assert_eq!(config.http.port, 3000);
    assert!(config.secrets.settings_token.is_none());
}

/// A variable, a value that it cannot have, and a part of the message.
const BAD_VALUES: &[(&str, &str, &str)] = &[
    (
        "PORT",
        "abc-7",
        "PORT must be a whole number from 0 to 65535",
    ),
    (
        "MAX_CONCURRENT_ANALYSIS_TASKS",
        "0",
        "must be a whole number from 1 to 64",
    ),
    (
        "REQUEST_TIMEOUT_SECONDS",
        "-4",
        "must be a whole number from 1 to 3600",
    ),
    ("MODEL_SUPPORTS_VISION", "perhaps", "must be true or false"),
    (
        "OPENAI_BASE_URL",
        "ftp://hush.example",
        "must be an http or https address",
    ),
    ("SETTINGS_TOKEN", "short-hush", "at least 16 characters"),
    (
        "SETTINGS_TOKEN",
        "please-change-me-hush",
        "looks like a placeholder",
    ),
    (
        "SETTINGS_TOKEN",
        "hhhhhhhhhhhhhhhhhhhh",
        "looks like a placeholder",
    ),
    ("ACCESS_PASSWORD", "hush", "must have at least 8 characters"),
    (
        "ACCESS_PASSWORD",
        "hush hush",
        "must have at least 8 characters",
    ),
    ("ACCESS_PASSWORD", "changeme", "is a placeholder"),
    ("REVEAL", "hush", "must be where, hint, explanation or fix"),
    ("REVEAL_AFTER", "tomorrow", "REVEAL_AFTER must be a time"),
    (
        "DAILY_TOKEN_BUDGET",
        "-1",
        "must be a whole number from 0 to 1000000000000",
    ),
    ("SECRET_KEYS", "aHVzaA==", "must be keys of 32 bytes"),
    (
        "DATABASE_URL",
        "mysql://u:hush@h/d",
        "DATABASE_URL must be an address such as postgres://",
    ),
    (
        "REDIS_URL",
        "http://hush",
        "REDIS_URL must be an address such as redis://",
    ),
    ("LOG_FORMAT", "hush", "must be json or text"),
    ("CODE_CHECKER_ROLE", "hush", "must be all, web or worker"),
    (
        "DB_MAX_CONNECTIONS",
        "-7",
        "must be a whole number from 2 to 1000",
    ),
    (
        "TRUSTED_PROXIES",
        "10.0.0.1, hush",
        "must be addresses or networks, separated by commas",
    ),
    ("LOG_LEVEL", "hush=hush=hush", "LOG_LEVEL must be"),
    ("LOG_LEVEL", "hush", "LOG_LEVEL must be"),
];

#[test]
fn a_bad_value_is_named_with_what_it_may_be_and_never_repeated() {
    for &(name, value, says) in BAD_VALUES {
        let message = message(&[(name, value)]);
        assert!(
            message.starts_with(name) && message.contains(says),
            "{name}: {message}"
        );
        assert!(
            !message.contains(value),
            "{name} repeats its value: {message}"
        );
    }
}

#[test]
fn a_placeholder_is_no_password_and_no_key() {
    let refused = |name, value| {
        let host = ("DB_HOST", "h");
        read(&[host, (name, value)])
            .err()
            .map(|error| error.to_string())
    };
    for value in [
        "change-me",
        "CHANGEME",
        "your-password",
        "your_api_key",
        "<password>",
        "password",
        "Secret",
        "sk-...",
        "sk-your-key",
        "sk-xxxxxxxx",
        "xxxx",
        "${DB_PASSWORD}",
        "sk-…",
        "…",
    ] {
        for name in ["DB_PASSWORD", "OPENAI_API_KEY"] {
            let message = format!("{name} is a placeholder: set the real one");
            assert_eq!(refused(name, value), Some(message), "{value}");
        }
    }
    for value in [
        "9f8e7d6c5b",
        "x<password>y",
        "<k8!pQ",
        "changing-tides",
        "...k8!pQ",
        "none",
        "ollama",
        "lm-studio",
        "sk-1234",
    ] {
        for name in ["DB_PASSWORD", "OPENAI_API_KEY"] {
            assert_eq!(refused(name, value), None, "{name} {value}");
        }
    }
}

#[test]
fn proxies_are_addresses_and_networks() {
    let proxies = |text| {
        read(&[("TRUSTED_PROXIES", text)])
            .unwrap()
            .http
            .trusted_proxies
    };
    assert!(proxies("").is_empty());
    let all = proxies("10.0.0.7, 172.16.0.0/12 fd00::/8,::1");
    let all: Vec<_> = all.iter().map(ToString::to_string).collect();
    assert_eq!(all, ["10.0.0.7/32", "172.16.0.0/12", "fd00::/8", "::1/128"]);
}

#[test]
fn a_base_url_is_tidied() {
    for (given, kept) in [
        (" http://localhost:11434/v1/ ", "http://localhost:11434/v1"),
        (
            "https://h.example/v1/chat/completions",
            "https://h.example/v1",
        ),
        (
            "https://h.example/openai/v1?api-version=1",
            "https://h.example/openai/v1?api-version=1",
        ),
    ] {
        assert_eq!(
            read(&[("OPENAI_BASE_URL", given)])
                .unwrap()
                .model
                .base_url
                .as_str(),
            kept
        );
    }
}

#[test]
fn a_model_is_set_up_by_a_key_or_by_another_address() {
    let is_set_up = |vars| read(vars).unwrap().model.is_set_up();
    assert!(!is_set_up(&[]));
    assert!(!is_set_up(&[("OPENAI_MODEL", "gpt-5")]));
    let written = [("OPENAI_BASE_URL", "https://API.openai.com/v1/")];
    assert!(!is_set_up(&written));
    assert!(is_set_up(&[("OPENAI_API_KEY", "sk-hush1")]));
    assert!(is_set_up(&[(
        "OPENAI_BASE_URL",
        "http://localhost:11434/v1"
    )]));
}

#[test]
fn a_secret_can_come_from_a_file_but_not_from_two_places() {
    let path = std::env::temp_dir().join(format!("code-checker-secret-{}", uuid::Uuid::new_v4()));
    std::fs::write(&path, "k3y-from-file\n").unwrap();
    let file = path.to_str().unwrap();
    let config = read(&[("OPENAI_API_KEY_FILE", file)]).unwrap();
    assert_eq!(
        config.model.api_key.unwrap().expose_secret(),
        "k3y-from-file"
    );
    assert_eq!(
        message(&[("OPENAI_API_KEY_FILE", file), ("OPENAI_API_KEY", "k")]),
        "OPENAI_API_KEY and OPENAI_API_KEY_FILE are both set: keep one of them"
    );
    std::fs::remove_file(&path).unwrap();
    assert!(
        message(&[("OPENAI_API_KEY_FILE", file)]).starts_with("OPENAI_API_KEY_FILE names a file")
    );
}

#[test]
fn secrets_can_come_together_in_one_json_object() {
    let held =
        r#"{"SETTINGS_TOKEN": "k3yb0ard-s0litude", "OPENAI_API_KEY": "sk-1", "REDIS_URL": ""}"#;
    let config = read(&[("SECRETS_JSON", held)]).unwrap();
    assert!(config.secrets.settings_token.is_some());
    assert!(config.model.api_key.is_some() && config.is_set(&table::OPENAI_API_KEY));
    assert!(config.redis.is_none());

    assert_eq!(
        message(&[("SECRETS_JSON", held), ("OPENAI_API_KEY", "sk-2")]),
        "SECRETS_JSON holds OPENAI_API_KEY, which is also set on its own: keep one of them"
    );
    for wrong in [
        "sk-1",
        r#"["sk-1"]"#,
        r#"{"PORT": "80"}"#,
        r#"{"OPENAI_API_KEY": 7}"#,
        r#"{"SECRETS_JSON": "{}"}"#,
    ] {
        let message = message(&[("SECRETS_JSON", wrong)]);
        assert!(
            message.starts_with(
                "SECRETS_JSON must be a JSON object of strings named OPENAI_API_KEY, "
            ),
            "{message}"
        );
        assert!(!message.contains("sk-1"), "{message}");
    }
}

#[test]
fn the_debug_form_shows_no_secret() {
    let config = read(&[
        ("OPENAI_API_KEY", "sk-hush"),
        ("OPENAI_BASE_URL", "https://me:hush@h/v1?key=hush"),
        ("SETTINGS_TOKEN", "hush-hush-hush-hush-1"),
        ("DATABASE_URL", "postgres://u:hush@db.internal/d"),
        ("REDIS_URL", "redis://:hush@h:6379"),
        (
            "SECRET_KEYS",
            "aHVzaGh1c2hodXNoaHVzaGh1c2hodXNoaHVzaGh1c2g=",
        ),
    ])
    .unwrap();
    let text = format!("{config:?}");
    assert!(!text.contains("hush") && !text.contains("aHVz"), "{text}");
}

#[test]
fn the_model_is_asked_in_its_own_way_only_where_somebody_says_so() {
    let model = read(&[]).unwrap().model;
    assert_eq!((model.json_mode, model.stream), (None, None));
    assert_eq!((model.temperature, model.max_output_tokens), (None, None));
    // Three analyses, and each asks for the statement and the program at once.
    assert_eq!(model.max_concurrency, 6);
    let more = read(&[("MAX_CONCURRENT_ANALYSIS_TASKS", "64")]).unwrap();
    assert_eq!(more.model.max_concurrency, 128);
    assert!(model.extra_body.is_empty());
    let model = read(&[
        ("OPENAI_JSON_MODE", "json_object"),
        ("OPENAI_STREAM", "off"),
        ("OPENAI_TEMPERATURE", "0.2"),
        ("OPENAI_MAX_OUTPUT_TOKENS", "8000"),
        ("OPENAI_CONTEXT_TOKENS", "32768"),
        ("OPENAI_REASONING_EFFORT", "low"),
        ("OPENAI_EXTRA_BODY", r#"{"thinking": null}"#),
        ("LLM_MAX_CONCURRENCY", "1"),
        ("PRICE_INPUT_PER_MTOK", "2.5"),
        ("PRICE_OUTPUT_PER_MTOK", "10"),
    ])
    .unwrap()
    .model;
    assert_eq!(model.json_mode, Some(domain::JsonMode::Object));
    assert_eq!((model.stream, model.temperature), (Some(false), Some(0.2)));
    assert_eq!(model.max_output_tokens, Some(8000));
    assert_eq!(model.context_tokens, Some(32768));
    assert_eq!(model.reasoning_effort.as_deref(), Some("low"));
    assert!(model.extra_body["thinking"].is_null());
    assert_eq!(model.prices.output, Some(10.0));
    for auto in ["OPENAI_JSON_MODE", "OPENAI_STREAM"] {
        assert!(read(&[(auto, "auto")]).is_ok());
    }
}

#[test]
fn a_way_to_ask_that_cannot_be_is_named() {
    for (name, value, says) in [
        (
            "OPENAI_JSON_MODE",
            "xml",
            "must be auto, json_schema, json_object or text",
        ),
        ("OPENAI_STREAM", "yes", "must be auto, on or off"),
        ("OPENAI_TEMPERATURE", "NaN", "must be a number from 0 to 2"),
        ("OPENAI_TEMPERATURE", "3", "must be a number from 0 to 2"),
        (
            "OPENAI_MAX_OUTPUT_TOKENS",
            "0",
            "must be a whole number from 16",
        ),
        (
            "OPENAI_CONTEXT_TOKENS",
            "4k",
            "must be a whole number from 1024",
        ),
        ("OPENAI_EXTRA_BODY", "[1]", "must be a JSON object"),
        (
            "OPENAI_EXTRA_BODY",
            r#"{"messages": []}"#,
            "must not hold \"messages\"",
        ),
        (
            "LLM_MAX_CONCURRENCY",
            "0",
            "must be a whole number from 1 to 128",
        ),
        ("PRICE_INPUT_PER_MTOK", "-1", "must be a number from 0"),
    ] {
        let message = message(&[(name, value)]);
        assert!(
            message.starts_with(name) && message.contains(says),
            "{message}"
        );
    }
}

#[test]
fn quotes_around_a_value_are_no_part_of_it() {
    let file = std::env::temp_dir().join(format!("quoted-{}", uuid::Uuid::new_v4()));
    std::fs::write(&file, "'hush'\n").unwrap();
    let named = format!("\"{}\"", file.display());
    let config = read(&[
        ("OPENAI_API_KEY", "\"sk-abc\""),
        ("OPENAI_MODEL", "'a model' "),
        ("OPENAI_EXTRA_BODY", "'{\"a\": 1}'"),
        ("PORT", "\"4000\""),
        ("LOG_LEVEL", "'debug'"),
        ("REDIS_HOST", "'redis'"),
        ("REDIS_PASSWORD", "it's\""),
        ("DB_HOST", "db"),
        ("DB_PASSWORD_FILE", &named),
        ("SETTINGS_TOKEN", "\"\""),
    ])
    .unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(config.model.api_key.unwrap().expose_secret(), "sk-abc");
    assert_eq!(config.model.model, "a model");
    assert_eq!(config.model.extra_body["a"], 1);
    assert_eq!(config.http.port, 4000);
    assert_eq!(config.log.level, "debug");
    let redis = config.redis.unwrap();
    assert_eq!(redis.expose_url(), "redis://:it%27s%22@redis:6379");
    let password = config.database.unwrap().password.unwrap();
    assert_eq!(password.expose_secret(), "hush");
    assert!(config.secrets.settings_token.is_none());
    for odd in ["\"", "\"a'", "a\""] {
        assert_eq!(unquoted(odd), None, "{odd}");
    }
}

#[test]
fn names_of_hosts_are_read_as_people_paste_them() {
    let names = "check.example, https://WWW.check.example:8443/x 例え.jp";
    let config = read(&[("ALLOWED_HOSTS", names)]).unwrap();
    let expected = ["check.example", "www.check.example", "xn--r8jz45g.jp"];
    assert_eq!(config.http.allowed_hosts, expected);
    assert!(read(&[]).unwrap().http.allowed_hosts.is_empty());
    for wrong in ["*.check.example", "://", "a b c d:e"] {
        assert!(message(&[("ALLOWED_HOSTS", wrong)]).contains("names of hosts"));
    }
}

#[test]
fn origins_are_read_as_browsers_send_them() {
    let origins = |text| {
        read(&[("CORS_ALLOWED_ORIGINS", text)]).map(|config| config.http.cors_allowed_origins)
    };
    assert_eq!(
        origins("https://Club.example, http://localhost:5173/").unwrap(),
        ["https://club.example", "http://localhost:5173"]
    );
    assert_eq!(origins("*").unwrap(), ["*"]);
    for wrong in [
        "club.example",
        "https://club.example/path",
        "https://",
        "null",
        "ftp://club.example",
    ] {
        assert!(
            message(&[("CORS_ALLOWED_ORIGINS", wrong)]).contains("must be origins"),
            "{wrong}"
        );
    }
}

#[test]
fn a_judge_is_an_address_a_socket_or_off() {
    let judge = |value| read(&[("JUDGE_URL", value)]).unwrap().judge;
    assert_eq!(judge(""), None);
    assert_eq!(judge("off"), Some(JudgeConfig::Off));
    assert_eq!(
        judge("unix:///run/j"),
        Some(JudgeConfig::Socket("/run/j".into()))
    );
    assert!(matches!(
        judge("http://judge:3000"),
        Some(JudgeConfig::Http(_))
    ));
    for wrong in [
        "judge",
        "ftp://judge",
        "unix://",
        "unix://run/j",
        "unix:///",
        "http://",
        "http://me:hush@judge",
    ] {
        let message = message(&[("JUDGE_URL", wrong)]);
        assert!(
            message.starts_with("JUDGE_URL must be the address of a judge")
                && !message.contains("hush"),
            "{message}"
        );
    }
}
