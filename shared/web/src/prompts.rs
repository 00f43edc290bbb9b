//! The prompts of the stages: the built-in ones, and those saved in their place.

use serde::Serialize;
use sqlx::PgPool;

use crate::error::ApiError;
use config::crypto::sha256;
use db::prompts;
use domain::StageName;

/// Longest prompt in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The built-in prompt of a stage.
#[must_use]
pub const fn built_in(stage: StageName) -> &'static str {
    match stage {
        StageName::Problem => include_str!("../prompts/problem.md"),
        StageName::Code => include_str!("../prompts/code.md"),
        StageName::Hunt => include_str!("../prompts/hunt.md"),
        StageName::Analysis => include_str!("../prompts/analysis.md"),
        StageName::Verification => include_str!("../prompts/verification.md"),
    }
}

/// A stage's prompts.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Prompt {
    /// The stage.
    pub stage: StageName,
    /// The built-in prompt.
    pub default: &'static str,
    /// The one that is used in its place, if one is saved.
    pub r#override: Option<String>,
    /// When that was saved.
    pub updated_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Whether the built-in prompt is another one than when that was saved.
    pub outdated: bool,
}

impl Prompt {
    /// The prompt in use.
    #[must_use]
    pub fn text(&self) -> &str {
        self.r#override.as_deref().unwrap_or(self.default)
    }
}

/// The prompts of all stages, in their order.
///
/// # Errors
/// [`db::Error`].
pub async fn load(pool: &PgPool) -> db::Result<Vec<Prompt>> {
    let mut saved = prompts::list(pool).await?;
    Ok(StageName::ALL
        .iter()
        .map(|stage| {
            let own = saved
                .iter()
                .position(|saved| saved.stage == *stage)
                .map(|at| saved.swap_remove(at));
            let default = built_in(*stage);
            let outdated = own
                .as_ref()
                .and_then(|own| own.replaced.as_deref())
                .is_some_and(|replaced| replaced != sha256(default.as_bytes()));
            let (text, updated_at) = own.map(|own| (own.template, own.updated_at)).unzip();
            Prompt {
                stage: *stage,
                default,
                outdated,
                r#override: text,
                updated_at,
            }
        })
        .collect())
}

/// Whether a text can be a prompt.
///
/// # Errors
/// [`ApiError::Invalid`] for one that is empty or too long.
pub fn check(template: &str) -> Result<(), ApiError> {
    if template.trim().is_empty() {
        return Err(ApiError::field(
            "/template",
            "is empty; DELETE this prompt to go back to the built-in one",
        ));
    }
    if template.len() > MAX_BYTES || template.contains('\0') {
        return Err(ApiError::field(
            "/template",
            format!("must be text of at most {MAX_BYTES} bytes without NUL"),
        ));
    }
    Ok(())
}

/// Replaces the prompt of a stage.
///
/// # Errors
/// Those of [`check`] and of the database.
pub async fn save(pool: &PgPool, stage: StageName, template: &str) -> Result<(), ApiError> {
    check(template)?;
    let replaced = sha256(built_in(stage).as_bytes());
    Ok(prompts::put(pool, stage, template, &replaced).await?)
}

/// Goes back to the built-in prompt of a stage.
///
/// # Errors
/// [`db::Error`].
pub async fn reset(pool: &PgPool, stage: StageName) -> db::Result<()> {
    prompts::delete(pool, stage).await?;
    Ok(())
}
