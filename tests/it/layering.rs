//! The rules of who may depend on whom.

use std::{fs, path::Path};

use cargo_metadata::MetadataCommand;

use crate::support::root;

#[test]
fn functions_depend_on_shared_only_and_shared_on_no_member() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let members: Vec<_> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let mut wrong = Vec::new();
    for package in metadata.workspace_packages() {
        let is_function = package.manifest_path.as_str().contains("/functions/");
        for dependency in &package.dependencies {
            let allowed = match package.name.as_str() {
                _ if !members.contains(&dependency.name) => true,
                "e2e" | "local-runtime" => true,
                _ if is_function => dependency.name == "shared",
                _ => false,
            };
            if !allowed {
                wrong.push(format!("{} -> {}", package.name, dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "forbidden dependencies: {wrong:?}");
    assert!(members.len() > 6, "the members were not read: {members:?}");
}

#[test]
fn sql_redis_http_clients_and_the_environment_stay_in_shared() {
    const CRATES: [&str; 5] = ["sqlx", "redis", "bullmq-official", "reqwest", "envy"];
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let mut wrong = Vec::new();
    for package in metadata.workspace_packages() {
        if matches!(package.name.as_str(), "e2e" | "shared") {
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
            if text.contains("std::env") || text.contains("env::var") {
                wrong.push(format!("{}: std::env", path.display()));
            }
        });
    }
    assert!(wrong.is_empty(), "belongs in shared: {wrong:#?}");
}

#[test]
fn sql_stays_in_the_database_modules() {
    let mut wrong = Vec::new();
    sources(&root().join("shared/src"), &mut |path, text| {
        if !path.components().any(|part| part.as_os_str() == "db") && text.contains("sqlx::query") {
            wrong.push(path.display().to_string());
        }
    });
    assert!(wrong.is_empty(), "SQL outside shared/src/db: {wrong:?}");
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
