//! The rules of dependencies between crates.

use std::{fs, path::Path};

use cargo_metadata::MetadataCommand;

use crate::support::root;

/// The crates under `shared/` and the members that each may use.
const SHARED: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("diff", &["domain"]),
    ("ask", &["diff", "domain"]),
    ("config", &["domain"]),
    ("db", &["domain", "config"]),
    ("job-queue", &["domain", "config"]),
    ("telemetry", &["domain"]),
    ("webhook", &["domain", "config"]),
    ("judge-api", &["domain", "config"]),
    ("llm", &["domain", "diff", "config", "telemetry"]),
    (
        "web",
        &[
            "domain",
            "config",
            "db",
            "job-queue",
            "judge-api",
            "telemetry",
            "webhook",
        ],
    ),
    ("site", &["domain", "web"]),
    (
        "actions",
        &[
            "domain",
            "diff",
            "config",
            "db",
            "job-queue",
            "judge-api",
            "webhook",
            "web",
        ],
    ),
    ("connection-test", &["domain", "config", "db", "llm", "web"]),
    (
        "runtime",
        &["domain", "config", "db", "job-queue", "telemetry", "web"],
    ),
];

fn members() -> cargo_metadata::Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

#[test]
fn functions_depend_on_shared_crates_only_and_those_in_one_direction() {
    let metadata = members();
    let packages = metadata.workspace_packages();
    let is_member = |name: &str| packages.iter().any(|package| package.name == name);
    let is_shared = |name: &str| SHARED.iter().any(|(shared, _)| *shared == name);
    let mut wrong = Vec::new();
    for package in &packages {
        let manifest = &package.manifest_path;
        let folder = manifest.strip_prefix(&metadata.workspace_root).unwrap();
        let may_use = SHARED.iter().find(|(name, _)| package.name == *name);
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let allowed = match may_use {
                _ if !is_member(name) => true,
                Some((_, others)) => others.contains(&name),
                None if folder.starts_with("functions") => is_shared(name),
                None => true,
            };
            if !allowed {
                wrong.push(format!("{} -> {name}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "forbidden dependencies: {wrong:?}");
    assert!(
        SHARED.iter().all(|(name, _)| is_member(name)),
        "the members were not read"
    );
}

#[test]
fn sql_redis_http_clients_and_the_environment_stay_in_shared() {
    const CRATES: [&str; 4] = ["sqlx", "redis", "bullmq-official", "reqwest"];
    let metadata = members();
    let mut wrong = Vec::new();
    for package in metadata.workspace_packages() {
        let is_shared = SHARED.iter().any(|(name, _)| package.name == *name);
        if is_shared || package.name == "e2e" {
            continue;
        }
        for dependency in package
            .dependencies
            .iter()
            .filter(|d| CRATES.contains(&d.name.as_str()))
        {
            wrong.push(format!("{} -> {}", package.name, dependency.name));
        }
    }
    for folder in ["functions", "local-runtime"] {
        sources(&root().join(folder), &mut |path, text| {
            // Cargo speaks to build scripts through it.
            let is_built_in = !path.ends_with("build.rs");
            if is_built_in && (text.contains("std::env") || text.contains("env::var")) {
                wrong.push(format!("{}: std::env", path.display()));
            }
        });
    }
    assert!(wrong.is_empty(), "belongs in shared: {wrong:#?}");
}

#[test]
fn sql_stays_in_the_database_crate() {
    let (database, mut found, mut wrong) = (root().join("shared/db"), false, Vec::new());
    sources(&root().join("shared"), &mut |path, text| {
        if text.contains("sqlx::query") {
            found |= path.starts_with(&database);
            if !path.starts_with(&database) {
                wrong.push(path.display().to_string());
            }
        }
    });
    assert!(found, "no query was found at all");
    assert!(wrong.is_empty(), "SQL outside shared/db: {wrong:?}");
}

fn sources(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
