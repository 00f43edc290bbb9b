//! The documents and the code agree on the configuration.

use std::{collections::BTreeSet, fs};

use config::{
    presets::{PRESETS, Preset},
    table::{Scope, TABLE, Variable},
};

use crate::support::root;

fn configurable() -> BTreeSet<String> {
    TABLE
        .iter()
        .filter(|row| row.scope != Scope::System)
        .map(|row| row.name.to_owned())
        .collect()
}

#[test]
fn the_example_lists_every_variable_once_and_no_other() {
    let example = fs::read_to_string(root().join(".env.example")).unwrap();
    let mut listed = BTreeSet::new();
    for line in example.lines() {
        let Some((name, _)) = line
            .trim_start_matches("# ")
            .trim_start_matches('#')
            .split_once('=')
        else {
            continue;
        };
        if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') && !name.is_empty() {
            assert!(listed.insert(name.to_owned()), "{name} is there twice");
        }
    }
    let of_compose = crate::compose::variables();
    let all: BTreeSet<_> = configurable().union(&of_compose).cloned().collect();
    assert_eq!(listed, all);
}

#[test]
fn the_readme_names_every_variable() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let missing: Vec<_> = configurable()
        .into_iter()
        .filter(|name| !readme.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "README.md does not name {missing:?}");
}

/// The names and values between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn row(name: &str) -> Option<&'static Variable> {
    TABLE.iter().find(|row| row.name == name)
}

/// The limits in "from 1 to 64".
fn limits(text: &str) -> Vec<(u64, u64)> {
    let words: Vec<_> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .collect();
    words
        .windows(4)
        .filter_map(|words| match words {
            ["from", min, "to", max] => Some((min.parse().ok()?, max.parse().ok()?)),
            _ => None,
        })
        .collect()
}

#[test]
fn the_example_has_the_defaults() {
    let example = fs::read_to_string(root().join(".env.example")).unwrap();
    let mut compared = 0;
    for (name, value) in example.lines().filter_map(|line| line.split_once('=')) {
        let Some(row) = row(name) else { continue };
        assert_eq!(value, row.default.unwrap_or_default(), "{name}");
        compared += 1;
    }
    assert_eq!(compared, configurable().len());
}

#[test]
fn the_limits_in_the_example_are_those_of_the_table() {
    let example = fs::read_to_string(root().join(".env.example")).unwrap();
    let mut stated = Vec::new();
    let mut compared = 0;
    for line in example.lines() {
        match line.split_once('=') {
            Some((name, _)) if !line.starts_with('#') => {
                for limits in stated.drain(..) {
                    assert_eq!(row(name).and_then(Variable::limits), Some(limits), "{name}");
                    compared += 1;
                }
            }
            _ => stated.extend(limits(line)),
        }
    }
    assert!(compared > 0, "no limits were read");
}

#[test]
fn the_readme_has_the_defaults_and_limits() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut documented = BTreeSet::new();
    for line in readme.lines() {
        let cells: Vec<_> = line.split(" | ").collect();
        let [names, default, meaning] = cells[..] else {
            continue;
        };
        let rows: Vec<_> = quoted(names).into_iter().filter_map(row).collect();
        if !line.starts_with("| `") || rows.is_empty() {
            continue;
        }
        // One default for all of the line, or one for each.
        let defaults: Vec<_> = match default.split(", ").collect::<Vec<_>>()[..] {
            [one] => vec![one; rows.len()],
            ref each => each.to_vec(),
        };
        assert_eq!(defaults.len(), rows.len(), "{line}");
        for (row, text) in rows.iter().zip(defaults) {
            assert_eq!(quoted(text).first().copied(), row.default, "{}", row.name);
        }
        let expected: BTreeSet<_> = rows.iter().filter_map(|row| row.limits()).collect();
        let stated: BTreeSet<_> = limits(meaning).into_iter().collect();
        assert_eq!(stated, expected, "{names}");
        documented.extend(rows.iter().map(|row| row.name));
    }
    let missing: Vec<_> = TABLE
        .iter()
        .filter(|row| row.is_live() && !documented.contains(row.name))
        .map(|row| row.name)
        .collect();
    assert!(missing.is_empty(), "no line of the table has {missing:?}");
}

#[test]
fn the_example_is_a_valid_configuration_that_holds_no_secret() {
    let example = fs::read_to_string(root().join(".env.example")).unwrap();
    let vars = example
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='));
    for (name, value) in vars.clone() {
        assert!(
            !row(name).is_some_and(Variable::takes_file) || value.is_empty(),
            "{name} has a value"
        );
    }
    config::Config::from_vars(vars.map(|(name, value)| (name.to_owned(), value.to_owned())))
        .unwrap();
}

/// The preset that a row of the README's table of endpoints describes.
fn described(cells: &[&str]) -> Option<(String, Vec<String>)> {
    let [name, address, model, others] = cells else {
        return None;
    };
    let [address] = quoted(address)[..] else {
        return None;
    };
    let model = quoted(model).first().copied().unwrap_or_default();
    let settings = quoted(others)
        .into_iter()
        .filter(|text| {
            text.split_once('=')
                .is_some_and(|(name, _)| row(name).is_some())
        })
        .map(str::to_owned);
    Some((format!("{name} {address} {model}"), settings.collect()))
}

#[test]
fn the_readme_lists_the_presets_with_their_settings() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let table = readme
        .split("\n### Models\n")
        .nth(1)
        .and_then(|rest| rest.split("\n### ").next())
        .unwrap();
    let rows: Vec<_> = table
        .lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'))
        .filter_map(|line| described(&line.split('|').map(str::trim).collect::<Vec<_>>()))
        .collect();
    let of_code = |preset: &Preset| {
        let model = preset.model.unwrap_or_default();
        let others = preset.others.iter();
        (
            format!("{} {} {model}", preset.name, preset.base_url),
            others
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        )
    };
    let expected: Vec<(String, Vec<String>)> = PRESETS.iter().map(of_code).collect();
    assert_eq!(rows, expected);
}
