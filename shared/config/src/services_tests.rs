use super::{tests::read, *};

#[test]
fn parts_make_the_same_connection_as_an_address() {
    let config = read(&[
        ("DB_HOST", "postgres"),
        ("DB_PASSWORD", "p@ss"),
        ("REDIS_HOST", "redis"),
        ("REDIS_PASSWORD", "a/b"),
    ])
    .unwrap();
    let database = config.database.unwrap();
    assert_eq!(database.options.get_host(), "postgres");
    assert_eq!(database.options.get_username(), "codechecker");
    assert_eq!(database.password.unwrap().expose_secret(), "p@ss");
    assert_eq!(
        config.redis.unwrap().expose_url(),
        "redis://:a%2Fb@redis:6379"
    );
    let config = read(&[("DATABASE_URL", "postgres://u:p%40ss@h/d")]).unwrap();
    assert_eq!(
        config.database.unwrap().password.unwrap().expose_secret(),
        "p@ss"
    );
}

#[test]
fn a_password_of_redis_is_sent_as_it_was_given() {
    use redis::IntoConnectionInfo as _;
    for password in [
        "a%41b",
        "a/b@c:d",
        "p%",
        "#?[]&= +",
        "pässwort",
        "a\"b",
        "x",
    ] {
        for (name, address) in [
            ("REDIS_HOST", "redis"),
            ("REDIS_URL", "redis://redis:6379"),
            ("REDIS_URL", "rediss://me@redis"),
            ("REDIS_URL", "unix:///run/redis.sock"),
            ("REDIS_URL", "unix:///run/redis.sock?db=2"),
        ] {
            let config = read(&[(name, address), ("REDIS_PASSWORD", password)]).unwrap();
            let redis = config.redis.unwrap();
            let info = redis.expose_url().into_connection_info().unwrap();
            let sent = info.redis_settings().password().map(str::to_owned);
            assert_eq!(sent.as_deref(), Some(password), "{address}");
        }
    }
    for url in ["redis://:own@redis", "unix:///run/redis.sock?pass=own"] {
        let config = read(&[("REDIS_URL", url), ("REDIS_PASSWORD", "other")]).unwrap();
        assert_eq!(config.redis.unwrap().expose_url(), url);
    }
}

/// The password that is sent to Postgres.
fn sent(options: &sqlx::postgres::PgConnectOptions) -> String {
    use sqlx::ConnectOptions as _;
    let url = options.to_url_lossy();
    let password = percent_encoding::percent_decode_str(url.password().unwrap());
    password.decode_utf8().unwrap().into_owned()
}

#[test]
fn a_password_of_the_database_is_taken_as_it_was_given() {
    for password in ["a%41b", "a/b@c:d", "#?[]&= +", "pässwort"] {
        for (name, address) in [("DB_HOST", "db"), ("DATABASE_URL", "postgres://me@db/name")] {
            let config = read(&[(name, address), ("DB_PASSWORD", password)]).unwrap();
            let database = config.database.unwrap();
            assert_eq!(database.password.unwrap().expose_secret(), password);
            assert_eq!(sent(&database.options), password);
        }
    }
    let address = "postgres://me@db/name?password=own%25";
    let config = read(&[("DATABASE_URL", address), ("DB_PASSWORD", "other")]).unwrap();
    let database = config.database.unwrap();
    assert_eq!(database.password.unwrap().expose_secret(), "own%");
    assert_eq!(sent(&database.options), "own%");
}
