//! The compose files say what the deployment document says, also where no engine can be asked.

use std::{collections::BTreeSet, fs};

use serde_norway::{Mapping, Value};

use crate::support::root;

const BASE: &str = "docker-compose.yml";
const SECRETS: &str = "local-runtime/compose/secrets.yml";
const SCALE: &str = "local-runtime/compose/scale.yml";
const OBSERVABILITY: &str = "local-runtime/observability/compose.yml";

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

fn parse(text: &str) -> Value {
    let mut file: Value = serde_norway::from_str(text).unwrap();
    file.apply_merge().unwrap();
    file
}

fn read(file: &str) -> Value {
    parse(&text(file))
}

fn service(name: &str) -> Value {
    read(BASE)["services"][name].clone()
}

/// Names in a list or in a mapping.
fn names(value: &Value) -> BTreeSet<String> {
    let list = value.as_sequence().into_iter().flatten();
    let keys = value.as_mapping().into_iter().flat_map(Mapping::keys);
    list.chain(keys)
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn memory(service: &Value, kind: &str) -> Option<String> {
    let memory = &service["deploy"]["resources"][kind]["memory"];
    memory.as_str().map(str::to_owned)
}

fn variable<'a>(service: &'a Value, name: &str) -> &'a str {
    service["environment"][name].as_str().unwrap()
}

#[test]
fn the_services_are_those_of_the_document() {
    let file = read(BASE);
    assert_eq!(
        names(&file["services"]),
        set(&["code-checker", "judge", "postgres", "redis"])
    );
    assert_eq!(
        names(&file["volumes"]),
        set(&["postgres_data", "redis_data"])
    );

    let app = service("code-checker");
    assert_eq!(names(&app["ports"]), set(&["${PORT:-3000}:3000"]));
    for needed in ["postgres", "redis"] {
        assert_eq!(app["depends_on"][needed]["condition"], "service_healthy");
    }
    assert_eq!(app["build"], ".");
    assert_eq!(app["image"], "${CODE_CHECKER_IMAGE:-code-checker}");
    assert_eq!(memory(&app, "limits"), None);

    let postgres = service("postgres");
    assert_eq!(postgres["image"], "postgres:16-alpine");
    assert_eq!(memory(&postgres, "limits").as_deref(), Some("200M"));
    assert_eq!(memory(&postgres, "reservations").as_deref(), Some("100M"));
    assert!(names(&postgres["volumes"]).contains("postgres_data:/var/lib/postgresql/data"));
    for name in ["POSTGRES_USER", "POSTGRES_DB"] {
        assert_eq!(variable(&postgres, name), "codechecker");
    }

    let redis = service("redis");
    assert_eq!(redis["image"], "redis:7-alpine");
    assert_eq!(memory(&redis, "limits").as_deref(), Some("100M"));
    assert_eq!(memory(&redis, "reservations").as_deref(), Some("50M"));
    assert_eq!(names(&redis["volumes"]), set(&["redis_data:/data"]));
    let command = redis["command"].as_str().unwrap();
    assert!(command.contains("--appendonly yes") && command.contains("noeviction"));
}

#[test]
fn only_the_application_can_be_reached() {
    let file = read(BASE);
    assert_eq!(file["networks"]["private"]["internal"], true);
    for name in ["postgres", "redis"] {
        let service = service(name);
        assert!(service.get("ports").is_none(), "{name} publishes a port");
        assert_eq!(names(&service["networks"]), set(&["private"]));
    }
    let judge = service("judge");
    assert!(
        judge.get("ports").is_none()
            && judge.get("volumes").is_none()
            && judge.get("environment").is_none()
    );
    assert_eq!(names(&judge["networks"]), set(&["judging"]));
    assert_eq!(file["networks"]["judging"]["internal"], true);
    assert_eq!(
        (
            &judge["profiles"][0],
            &judge["deploy"]["resources"]["limits"]["pids"]
        ),
        (&"judge".into(), &128.into())
    );
    assert_eq!(memory(&judge, "limits").as_deref(), Some("512M"));
    assert_eq!(
        names(&service("code-checker")["networks"]),
        set(&["judging", "public", "private"])
    );
}

#[test]
fn every_container_is_hardened_and_checked() {
    for file in [BASE, SECRETS, SCALE, OBSERVABILITY] {
        for (name, service) in read(file)["services"].as_mapping().unwrap() {
            let name = name.as_str().unwrap();
            if file == SCALE && name != "nginx" {
                // It adds to what the other files say.
                continue;
            }
            assert_eq!(service["read_only"], true, "{name}");
            assert_eq!(names(&service["cap_drop"]), set(&["ALL"]), "{name}");
            assert_eq!(
                names(&service["security_opt"]),
                set(&["no-new-privileges:true"]),
                "{name}"
            );
            assert_eq!(service["restart"], "unless-stopped", "{name}");
            assert_eq!(service["logging"]["options"]["max-size"], "10m", "{name}");
            assert_eq!(service["healthcheck"]["start_interval"], "1s", "{name}");
        }
    }
}

#[test]
fn no_credential_has_a_default() {
    let app = service("code-checker");
    for name in ["OPENAI_API_KEY", "DB_PASSWORD", "SETTINGS_TOKEN"] {
        let value = variable(&app, name);
        assert!(
            value.starts_with(&format!("${{{name}:?set it in .env")),
            "{value}"
        );
    }
    let password = variable(&app, "DB_PASSWORD");
    assert_eq!(
        variable(&service("postgres"), "POSTGRES_PASSWORD"),
        password
    );
    for (name, default) in [
        ("OPENAI_BASE_URL", "https://api.openai.com/v1"),
        ("OPENAI_MODEL", "gpt-4o"),
        ("MAX_CONCURRENT_ANALYSIS_TASKS", "3"),
        ("REQUEST_TIMEOUT_SECONDS", "180"),
    ] {
        assert_eq!(variable(&app, name), format!("${{{name}:-{default}}}"));
    }
}

#[test]
fn prometheus_and_grafana_are_for_this_machine_alone() {
    let file = read(OBSERVABILITY);
    assert_eq!(names(&file["services"]), set(&["prometheus", "grafana"]));
    for (name, service) in file["services"].as_mapping().unwrap() {
        let ports = names(&service["ports"]);
        assert_eq!(ports.len(), 1);
        assert!(ports.iter().all(|port| port.starts_with("127.0.0.1:")));
        assert_eq!(names(&service["secrets"]), set(&["settings_token"]));
        assert!(memory(service, "limits").is_some(), "{name:?}");
    }
}

/// The number behind `before` in a text.
fn number(text: &str, before: &str) -> u32 {
    let (_, rest) = text.split_once(before).unwrap();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn the_connections_of_three_containers_fit() {
    let allowed = number(
        service("postgres")["command"].as_str().unwrap(),
        "max_connections=",
    );
    // The server keeps three for its superuser.
    let free = allowed - 3;
    let of_one = number(
        variable(&service("code-checker"), "DB_MAX_CONNECTIONS"),
        ":-",
    );
    assert!(3 * of_one < free, "{of_one}");
    let scale = &read(SCALE)["services"];
    let of_one = number(variable(&scale["code-checker"], "DB_MAX_CONNECTIONS"), ":-");
    let containers = number(
        scale["code-checker"]["deploy"]["replicas"]
            .as_str()
            .unwrap(),
        ":-",
    ) + number(
        scale["worker"]["deploy"]["replicas"].as_str().unwrap(),
        ":-",
    );
    assert!((containers + 1) * of_one < free, "{of_one}");
}

/// Takes the credentials out of a file, and makes its paths those that the root sees.
fn comparable(file: &str) -> Value {
    let mut text = text(file);
    for (path, root) in [
        ("../../.env", ".env"),
        ("../..", "."),
        ("./local-runtime/compose/", "./"),
    ] {
        text = text.replace(path, root);
    }
    let mut file = parse(&text);
    file.as_mapping_mut().unwrap().remove("secrets");
    let services = file["services"].as_mapping_mut().unwrap();
    for (_, service) in services {
        let service = service.as_mapping_mut().unwrap();
        service.remove("secrets");
        let environment = service
            .get_mut("environment")
            .and_then(Value::as_mapping_mut);
        environment.into_iter().for_each(|environment| {
            environment.retain(|name, _| {
                let name = name.as_str().unwrap();
                let credentials = [
                    "OPENAI_API_KEY",
                    "SETTINGS_TOKEN",
                    "DB_PASSWORD",
                    "POSTGRES_PASSWORD",
                ];
                !credentials.contains(&name.trim_end_matches("_FILE"))
            });
        });
    }
    file
}

#[test]
fn with_secrets_it_is_the_same_stack() {
    assert_eq!(comparable(SECRETS), comparable(BASE));
    let file = read(SECRETS);
    let app = &file["services"]["code-checker"];
    for name in ["OPENAI_API_KEY", "DB_PASSWORD", "SETTINGS_TOKEN"] {
        let secret = name.to_lowercase();
        assert_eq!(variable(app, name), "");
        assert_eq!(
            variable(app, &format!("{name}_FILE")),
            format!("/run/secrets/{secret}")
        );
        assert!(names(&app["secrets"]).contains(&secret));
        assert!(names(&file["secrets"]).contains(&secret));
    }
}

#[test]
fn the_programs_of_the_document_are_mounted_and_can_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    for name in ["pg_stat_activity", "psql"] {
        let file = root().join("local-runtime/compose").join(name);
        assert_eq!(
            fs::metadata(file).unwrap().permissions().mode() & 0o111,
            0o111
        );
        let mount = format!("./local-runtime/compose/{name}:/usr/local/sbin/{name}:ro");
        assert!(names(&service("postgres")["volumes"]).contains(&mount));
    }
}

/// Variables that only the compose files read.
pub(crate) fn variables() -> BTreeSet<String> {
    let files = [BASE, SECRETS, SCALE, OBSERVABILITY].map(text).concat();
    let named = files.split("${").skip(1).map(|rest| {
        let is_of_name = |c: &char| c.is_ascii_uppercase() || *c == '_';
        rest.chars().take_while(is_of_name).collect()
    });
    named
        .chain(["COMPOSE_FILE", "COMPOSE_PROFILES"].map(str::to_owned))
        .collect()
}
