//! What the documents say of the configuration is what the code reads.

use std::{collections::BTreeSet, fs};

use config::{SECRETS, SYSTEM_VARIABLES, VARIABLES};

use crate::support::root;

fn configurable() -> BTreeSet<String> {
    VARIABLES
        .iter()
        .filter(|name| !SYSTEM_VARIABLES.contains(name))
        .map(|name| (*name).to_owned())
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

#[test]
fn every_secret_is_a_variable() {
    assert!(SECRETS.iter().all(|name| VARIABLES.contains(name)));
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
            !SECRETS.contains(&name) || value.is_empty(),
            "{name} has a value"
        );
    }
    config::Config::from_vars(vars.map(|(name, value)| (name.to_owned(), value.to_owned())))
        .unwrap();
}
