//! A page of the history, newest first.
//!
//! A visitor sees their own submissions, the admin all of them; with `PUBLIC_HISTORY` everyone sees all.

use serde::Deserialize;
use utoipa::IntoParams;

use super::reveal;
use db::submissions::{self, Filter, Listed};
use domain::{Status, SubmissionId, Verdict, language, limits};
use web::{
    error::{ApiError, FieldError},
    http::Visitor,
    state::AppState,
};

const DEFAULT_LIMIT: i64 = 20;
const MAX_LIMIT: i64 = 100;

/// The query in an address.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// Only in this status.
    #[param(inline, value_type = Option<Status>)]
    pub status: Option<String>,
    /// Only with this verdict of the judge.
    #[param(inline, value_type = Option<Verdict>)]
    pub verdict: Option<String>,
    /// Only in this language, as anybody names it: `C++`, `cpp` and `GNU C++20` are the same.
    pub language: Option<String>,
    /// Only where title, text or code contains this.
    pub q: Option<String>,
    /// The `next_cursor` of an earlier answer, to read on from there.
    #[param(inline, value_type = Option<SubmissionId>)]
    pub cursor: Option<String>,
    /// How many, from 1 to 100; 20 if left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<String>,
}

/// A page of the history.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its lines.
    pub items: Vec<Listed>,
    /// Give it as `cursor` to read on; `None` at the end.
    pub next_cursor: Option<String>,
}

/// Reads a page of the history that this visitor may see.
///
/// # Errors
/// [`ApiError::Invalid`] with every parameter that is wrong; those of the database.
pub async fn page(
    state: &AppState,
    visitor: Visitor,
    parameters: Parameters,
) -> Result<Page, ApiError> {
    let (mut filter, limit) = parse(parameters)?;
    let sees_all = state.config.http.public_history || visitor.is_admin();
    let mut rows = match visitor.id() {
        _ if sees_all => submissions::list(&state.db, &filter, limit + 1).await?,
        Some(visitor) => {
            filter.visitor = Some(visitor);
            submissions::list(&state.db, &filter, limit + 1).await?
        }
        // Somebody without a cookie has not submitted anything.
        None => Vec::new(),
    };
    // One row more than asked for tells whether there is a next page.
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    reveal::mask_list(state, visitor.into(), &mut rows).await?;
    let next_cursor = rows.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Page {
        items: rows,
        next_cursor,
    })
}

/// The tags of the languages that this visitor can choose from.
///
/// # Errors
/// Those of the database.
pub async fn languages(state: &AppState, visitor: Visitor) -> Result<Vec<String>, ApiError> {
    let sees_all = state.config.http.public_history || visitor.is_admin();
    Ok(match visitor.id() {
        _ if sees_all => submissions::languages(&state.db, None).await?,
        Some(visitor) => submissions::languages(&state.db, Some(visitor)).await?,
        None => Vec::new(),
    })
}

fn present(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.trim().is_empty())
}

/// Reads the parameters that choose one of several values.
fn choices(parameters: &Parameters, filter: &mut Filter, errors: &mut Vec<FieldError>) {
    if let Some(status) = present(parameters.status.clone()) {
        filter.status = Status::parse(status.trim().to_ascii_uppercase().as_str());
        if filter.status.is_none() {
            errors.push(FieldError::new(
                "status",
                format!("must be {}", Status::choices()),
            ));
        }
    }
    if let Some(verdict) = present(parameters.verdict.clone()) {
        filter.verdict = Verdict::parse(verdict.trim().to_ascii_uppercase().as_str());
        if filter.verdict.is_none() {
            errors.push(FieldError::new(
                "verdict",
                format!("must be {}", Verdict::choices()),
            ));
        }
    }
    if let Some(name) = present(parameters.language.clone()) {
        let is_short = name.chars().count() <= limits::LANGUAGE_CHARS;
        let tag = Some(language::language(&name).tag);
        filter.language = tag.filter(|tag| is_short && !tag.is_empty());
        if filter.language.is_none() {
            errors.push(FieldError::new(
                "language",
                "must be a well-known programming language, such as C++ or Python",
            ));
        }
    }
}

fn parse(parameters: Parameters) -> Result<(Filter, i64), ApiError> {
    let mut errors = Vec::new();
    let mut filter = Filter::default();
    choices(&parameters, &mut filter, &mut errors);
    if let Some(search) = present(parameters.q) {
        let search = search.trim().to_owned();
        if search.chars().count() > limits::SEARCH_CHARS || search.contains('\0') {
            let limit = limits::SEARCH_CHARS;
            errors.push(FieldError::new(
                "q",
                format!("must be text of at most {limit} characters without NUL"),
            ));
        }
        filter.search = Some(search);
    }
    if let Some(cursor) = present(parameters.cursor) {
        match cursor.trim().parse() {
            Ok(id) => filter.before = Some(id),
            Err(_) => errors.push(FieldError::new(
                "cursor",
                "must be the next_cursor of an earlier answer",
            )),
        }
    }
    let limit = match present(parameters.limit).map(|limit| limit.trim().parse::<i64>()) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => limit,
        Some(_) => {
            errors.push(FieldError::new(
                "limit",
                format!("must be a whole number from 1 to {MAX_LIMIT}"),
            ));
            DEFAULT_LIMIT
        }
    };
    if errors.is_empty() {
        Ok((filter, limit))
    } else {
        Err(ApiError::Invalid(errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(status: &str, q: &str, cursor: &str, limit: &str) -> Parameters {
        let some = |text: &str| Some(text.to_owned());
        Parameters {
            status: some(status),
            q: some(q),
            cursor: some(cursor),
            limit: some(limit),
            ..Parameters::default()
        }
    }

    #[test]
    fn parameters_that_are_left_empty_count_as_not_sent() {
        let (filter, limit) = parse(parameters("", " ", "", "")).unwrap();
        assert!(filter.status.is_none() && filter.search.is_none() && filter.before.is_none());
        assert_eq!(limit, DEFAULT_LIMIT);
    }

    #[test]
    fn a_language_may_be_named_as_anybody_does() {
        for (name, tag) in [
            ("C++", Some("cpp")),
            ("gnu c++20 (64)", Some("cpp")),
            ("Klingon", None),
        ] {
            let named = Parameters {
                language: Some(name.to_owned()),
                verdict: Some("wa".to_owned()),
                ..Parameters::default()
            };
            match parse(named) {
                Ok((filter, _)) => {
                    assert_eq!(filter.language, tag);
                    assert_eq!(filter.verdict, Some(Verdict::WrongAnswer));
                }
                Err(ApiError::Invalid(errors)) => {
                    assert!(tag.is_none() && errors[0].pointer == "language");
                }
                Err(_) => panic!("{name}"),
            }
        }
    }

    #[test]
    fn every_wrong_parameter_is_named_with_what_it_may_be() {
        let Err(ApiError::Invalid(errors)) =
            parse(parameters("done", &"q".repeat(201), "abc", "0"))
        else {
            panic!("four wrong parameters passed");
        };
        let names: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(names, ["status", "q", "cursor", "limit"]);
        assert_eq!(
            errors[0].detail,
            "must be QUEUED, PROCESSING, COMPLETED, FAILED or CANCELLED"
        );
    }
}
