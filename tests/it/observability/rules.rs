//! The alert rules and the dashboard speak of what there is.

use std::{collections::BTreeSet, fs, process::Command};

use sqlx::PgPool;

use super::metrics;
use crate::support::{model::Model, root};

const FOLDER: &str = "local-runtime/observability";

/// The metrics that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (start, _) in text.match_indices("code_checker_") {
        let is_of_name = |c: &char| c.is_ascii_lowercase() || *c == '_';
        let name: String = text[start..].chars().take_while(is_of_name).collect();
        let name = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|part| name.strip_suffix(part))
            .unwrap_or(&name);
        names.insert(name.to_owned());
    }
    names
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn every_metric_of_the_rules_and_the_dashboard_and_the_readme_exists(pool: PgPool) {
    let model = Model::start().await;
    let app = metrics::busy_app(&pool, &model).await;
    let text = metrics::text(&app).await;
    app.stop().await;
    let there: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .map(str::to_owned)
        .collect();
    for file in [
        "local-runtime/observability/alerts.yml",
        "local-runtime/observability/alerts-test.yml",
        "local-runtime/observability/grafana/dashboards/code-checker.json",
        "README.md",
    ] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        // The generated client's package is no metric.
        let names = named(&text.replace("code_checker_client", ""));
        assert!(names.len() > 5, "{file} was not read");
        let unknown: Vec<_> = names.difference(&there).collect();
        assert!(unknown.is_empty(), "{file} names {unknown:?}");
    }
    // The README lists them all: some without what they have in common.
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for name in &there {
        let short = name.trim_start_matches("code_checker");
        let is_listed =
            readme.contains(&format!("`{name}`")) || readme.contains(&format!("`…{short}`"));
        assert!(is_listed, "README.md does not list {name}");
    }
}

#[test]
fn prometheus_own_checker_takes_the_rules() {
    let folder = root().join(FOLDER);
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts-test.yml"],
    ] {
        let checked = Command::new("promtool")
            .args(arguments)
            .current_dir(&folder)
            .output();
        let Ok(output) = checked else {
            eprintln!("skipped: there is no promtool (Debian: prometheus)");
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {told}{said}");
    }
}

#[test]
fn the_dashboard_is_a_document_that_grafana_is_given() {
    let dashboards = root().join(FOLDER).join("grafana/dashboards");
    let text = fs::read_to_string(dashboards.join("code-checker.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let sources = fs::read_to_string(
        root()
            .join(FOLDER)
            .join("grafana/datasources/prometheus.yml"),
    );
    let sources: serde_norway::Value = serde_norway::from_str(&sources.unwrap()).unwrap();
    let source = sources["datasources"][0]["uid"].as_str().unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()));
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert_eq!(target["datasource"]["uid"], source);
        }
    }
    assert!(panels.len() > 10);
}
