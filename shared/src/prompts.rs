//! The prompts of the stages: the built-in ones, and those saved in their place.

use serde::Serialize;
use sqlx::PgPool;

use crate::{
    db::{self, prompts},
    domain::StageName,
};

/// The built-in prompt of a stage.
#[must_use]
pub const fn built_in(stage: StageName) -> &'static str {
    match stage {
        StageName::Problem => include_str!("../../functions/analyze/prompts/problem.md"),
        StageName::Code => include_str!("../../functions/analyze/prompts/code.md"),
        StageName::Analysis => include_str!("../../functions/analyze/prompts/analysis.md"),
    }
}

/// A stage's prompts.
#[derive(Clone, Debug, Serialize)]
pub struct Prompt {
    /// The stage.
    pub stage: StageName,
    /// The built-in prompt.
    pub default: &'static str,
    /// The one that is used in its place, if one is saved.
    pub r#override: Option<String>,
    /// When that was saved.
    pub updated_at: Option<chrono::DateTime<chrono::Utc>>,
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
            let (text, updated_at) = own.map(|own| (own.template, own.updated_at)).unzip();
            Prompt {
                stage: *stage,
                default: built_in(*stage),
                r#override: text,
                updated_at,
            }
        })
        .collect())
}
