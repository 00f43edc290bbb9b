//! `template.yaml` and the router of `cargo lambda watch` name the functions, routes and variables that there are. A linter
//! takes a wrong one for a right one.

use std::{collections::BTreeSet, fs};

use cargo_metadata::{Metadata, MetadataCommand};
use config::table::TABLE;
use serde_norway::Value;

use crate::{routes::table, support::root};

/// A function of the template.
struct Function {
    /// Its name there.
    id: String,
    resource: Value,
}

impl Function {
    fn get(&self, path: &[&str]) -> Option<&Value> {
        path.iter()
            .try_fold(&self.resource, |value, key| value.get(*key))
    }

    fn text(&self, path: &[&str]) -> &str {
        let value = self.get(path).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("{} has no {path:?}", self.id))
    }

    /// The program that it runs.
    fn program(&self) -> &str {
        self.text(&["Metadata", "BuildProperties", "Binary"])
    }

    /// The routes of the HTTP API that lead to it.
    fn http_events(&self) -> Vec<&Value> {
        let events = self.get(&["Properties", "Events"]);
        let events = events.and_then(Value::as_mapping).into_iter().flatten();
        events
            .map(|(_, event)| event)
            .filter(|event| event["Type"].as_str() == Some("HttpApi"))
            .collect()
    }

    fn variables(&self) -> Vec<&str> {
        names(self.get(&["Properties", "Environment", "Variables"]))
    }
}

/// Keys of a mapping.
fn names(mapping: Option<&Value>) -> Vec<&str> {
    let entries = mapping.and_then(Value::as_mapping).into_iter().flatten();
    entries.filter_map(|(key, _)| key.as_str()).collect()
}

fn text() -> String {
    fs::read_to_string(root().join("template.yaml")).unwrap()
}

fn template() -> Value {
    serde_norway::from_str(&text()).unwrap()
}

fn functions() -> Vec<Function> {
    let template = template();
    let functions: Vec<_> = template["Resources"]
        .as_mapping()
        .unwrap()
        .iter()
        .filter(|(_, resource)| resource["Type"].as_str() == Some("AWS::Serverless::Function"))
        .map(|(id, resource)| Function {
            id: id.as_str().unwrap().to_owned(),
            resource: resource.clone(),
        })
        .collect();
    assert!(functions.len() > 15, "the template was not read");
    functions
}

fn workspace() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

/// The folders of `functions/`, each with a package and a program of its name. The judge is not among them: AWS Lambda allows no
/// sandbox.
fn crates() -> BTreeSet<String> {
    let metadata = workspace();
    let packages = metadata.workspace_packages();
    let functions = packages
        .iter()
        .filter(|package| package.manifest_path.as_str().contains("/functions/"))
        .filter(|package| package.name != "judge");
    functions
        .map(|package| {
            let name = package.name.to_string();
            let folder = package
                .manifest_path
                .parent()
                .and_then(|path| path.file_name());
            let programs = package.targets.iter().filter(|target| target.is_bin());
            let programs: Vec<_> = programs.map(|target| target.name.as_str()).collect();
            assert_eq!(folder, Some(name.as_str()));
            assert_eq!(programs, [name.as_str()]);
            name
        })
        .collect()
}

#[test]
fn every_crate_is_a_function_and_is_built_from_its_folder() {
    let functions = functions();
    for function in &functions {
        let program = function.program();
        assert_eq!(
            function.text(&["Metadata", "BuildMethod"]),
            "rust-cargolambda",
            "{}",
            function.id
        );
        assert_eq!(
            function.text(&["Properties", "CodeUri"]),
            format!("functions/{program}"),
            "{}",
            function.id
        );
        let id = function.id.to_lowercase();
        assert!(id.starts_with(&program.replace('-', "")), "{id}: {program}");
    }
    let programs: BTreeSet<_> = functions
        .iter()
        .map(|function| function.program().to_owned())
        .collect();
    assert_eq!(programs, crates());
}

#[test]
fn every_route_is_an_event_of_its_function_once() {
    let mut listed: Vec<_> = table()
        .into_iter()
        .map(|(function, method, path)| (path, method.to_string(), function))
        .collect();
    let mut served = Vec::new();
    let mut rest = Vec::new();
    for function in functions() {
        let program = function.program().to_owned();
        for event in function.http_events() {
            let Some(route) = event.get("Properties") else {
                rest.push(program.clone());
                continue;
            };
            let [path, method] =
                ["Path", "Method"].map(|name| route[name].as_str().unwrap().to_owned());
            served.push((path, method, program.clone()));
        }
    }
    listed.sort();
    served.sort();
    assert_eq!(served, listed);
    assert_eq!(rest, ["pages"], "who answers for unknown addresses");
}

#[test]
fn cargo_lambda_watch_serves_every_route() {
    let metadata = workspace();
    let router = metadata
        .workspace_metadata
        .pointer("/lambda/watch/router")
        .and_then(serde_json::Value::as_object)
        .unwrap();
    let rows = table();
    for (function, method, path) in &rows {
        let served = match router.get(path) {
            Some(serde_json::Value::Array(routes)) => routes
                .iter()
                .find(|route| route["method"].as_str() == Some(method.as_str()))
                .and_then(|route| route["function"].as_str()),
            Some(all) => all.as_str(),
            None => None,
        };
        assert_eq!(served, Some(function.as_str()), "{method} {path}");
    }
    let served: BTreeSet<_> = router.keys().map(String::as_str).collect();
    let mut listed: BTreeSet<_> = rows.iter().map(|row| row.2.as_str()).collect();
    listed.insert("/{*path}");
    assert_eq!(served, listed);
}

#[test]
fn who_queues_work_and_nobody_else_may_ring_the_doorbell() {
    let queues_work = |program: &str| {
        let folder = fs::read_dir(root().join("functions").join(program).join("src")).unwrap();
        let calls = [
            "create::create(",
            "runs::retry",
            "runs::regenerate(",
            "settle::settle(",
        ];
        program == "analyze"
            || folder
                .filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok())
                .any(|source| calls.iter().any(|call| source.contains(call)))
    };
    for function in functions() {
        let program = function.program();
        let policies = function.get(&["Properties", "Policies"]);
        let policies = policies.and_then(Value::as_sequence).into_iter().flatten();
        let policies: Vec<_> = policies.flat_map(|policy| names(Some(policy))).collect();
        let rings = queues_work(program);
        assert_eq!(
            function.variables().contains(&"DOORBELL_URL"),
            rings,
            "{program}"
        );
        let mut allowed = Vec::new();
        if rings {
            allowed.push("SQSSendMessagePolicy");
        }
        if program == "analyze" {
            allowed.push("Statement");
        }
        assert_eq!(policies, allowed, "{program}");
    }
}

#[test]
fn the_variables_are_ours_and_their_secrets_few_enough() {
    let template = template();
    let global = names(template["Globals"]["Function"]["Environment"].get("Variables"));
    let functions = functions();
    let own = functions.iter().flat_map(Function::variables);
    for name in global.into_iter().chain(own) {
        assert!(TABLE.iter().any(|row| row.name == name), "{name}");
    }
    // CloudFormation's limit, which holds for what SAM makes of the template: the common ones once for each function.
    let references = text().matches("{{resolve:").count() * functions.len();
    assert!((1..=60).contains(&references), "{references}");
}

#[test]
fn a_ring_is_hidden_for_six_times_as_long_as_the_consumer_may_run() {
    let template = template();
    let seconds =
        |resource: &str, name: &str| template["Resources"][resource]["Properties"][name].as_u64();
    let timeout = seconds("AnalyzeFunction", "Timeout").unwrap();
    assert_eq!(
        seconds("Doorbell", "VisibilityTimeout").unwrap(),
        6 * timeout
    );
}
