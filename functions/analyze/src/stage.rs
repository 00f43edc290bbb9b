//! Running the stages: a stored result is not asked for again, and a new one is stored at once.

use config::ModelConfig;
use db::{
    stages::{self, Ending, Stage},
    submissions::{Lease, Submission},
};
use domain::{CodeSource, Problem, Program, StageName, StageState, Usage, detected};
use futures::future::join;
use llm::{Picture, Question};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::Instant;
use web::{
    prompts::{self, Prompt},
    state::AppState,
};

use crate::{
    code,
    failure::{Failure, both, detail},
    measure,
    meter::StageMeter,
    persist::{change, persist, without_nul},
    pictures, problem,
    verification::Statement,
};

/// The submission that the stages work on, with all that they need.
pub(crate) struct Work<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) lease: Lease,
    pub(crate) model: &'a ModelConfig,
    /// When the job ends, done or not.
    pub(crate) deadline: Instant,
    pub(crate) attempt: u32,
    stored: Vec<Stage>,
    prompts: Vec<Prompt>,
    /// The submission.
    pub(crate) submission: Submission,
    /// Its images, if the model reads any and there is still something to read from them.
    pub(crate) pictures: Vec<Picture>,
}

/// Runs every stage that is not completed.
pub(crate) async fn run_all(
    state: &AppState,
    lease: Lease,
    mut submission: Submission,
    model: &ModelConfig,
    deadline: Instant,
    attempt: u32,
) -> Result<(), Failure> {
    let stored = std::mem::take(&mut submission.stages.0);
    let mut pictures = Vec::new();
    let is_read = stored.iter().all(|stage| {
        matches!(
            stage.stage,
            StageName::Hunt | StageName::Analysis | StageName::Verification
        ) || matches!(stage.state, StageState::Completed | StageState::Skipped)
    });
    if submission.image_count > 0 && model.supports_vision && !is_read {
        pictures = pictures::load(state, lease).await?;
    }
    let prompts = persist(|| prompts::load(&state.db)).await?;
    let work = Work {
        state,
        lease,
        model,
        deadline,
        attempt,
        stored,
        prompts,
        submission,
        pictures,
    };

    let statement = Statement::new();
    let problem = async {
        let problem = work.problem().await;
        statement.arrives(problem.as_ref().ok().cloned().flatten());
        problem
    };
    if work.submission.image_count > 0 {
        // The images may hold the statement.
        let (problem, program) = join(problem, work.code()).await;
        let (problem, program) = both(problem, program)?;
        return Box::pin(work.analysed(problem.as_ref(), &program, &statement)).await;
    }
    // The analysis has the text, and waits for the parts of its statement only for samples to run the program on. They are found to the
    // end even when it fails, so that they need not be paid for again.
    let analysed = async {
        let program = work.code().await?;
        Box::pin(work.analysed(None, &program, &statement)).await
    };
    let (problem, analysed) = join(problem, analysed).await;
    both(problem, analysed)?;
    Ok(())
}

impl Work<'_> {
    /// The statement in its parts. They are for the page: without them the analysis goes on, and so its own trouble with the
    /// model decides what becomes of the submission.
    async fn problem(&self) -> Result<Option<Problem>, Failure> {
        match self.statement().await {
            Err(Failure::Model(error)) if !matches!(error, llm::Error::Stopped(_)) => {
                tracing::info!(submission.id = %self.lease.id, error.code = error.code().as_str(), "it goes on without the statement's parts");
                Ok(None)
            }
            outcome => outcome,
        }
    }

    async fn statement(&self) -> Result<Option<Problem>, Failure> {
        let Submission {
            text, image_count, ..
        } = &self.submission;
        if text.is_empty() && *image_count == 0 {
            if self
                .stored(StageName::Problem)
                .is_none_or(|stage| stage.state != StageState::Skipped)
            {
                self.finish(StageName::Problem, &Usage::default(), || Ending::Skipped)
                    .await?;
            }
            return Ok(None);
        }
        if let Err(failure) = self.requires_vision() {
            let (code, detail) = (failure.code(), failure.detail());
            self.finish(StageName::Problem, &Usage::default(), || Ending::Failed {
                code,
                detail: &detail,
                raw_answer: None,
                result: None,
            })
            .await?;
            return Ok(None);
        }
        let found: Problem = self
            .run(
                StageName::Problem,
                || {
                    problem::question(
                        self.task(StageName::Problem),
                        &self.submission,
                        &self.pictures,
                    )
                },
                {
                    let text = self.submission.text.clone();
                    let has_pictures = !self.pictures.is_empty();
                    move |answer, last| problem::check(answer, last, &text, has_pictures)
                },
            )
            .await?;
        Ok(Some(found))
    }

    async fn code(&self) -> Result<Program, Failure> {
        if let Some(own) = &self.submission.code {
            return self.given(own).await;
        }
        self.requires_vision()?;
        let has_pictures = !self.pictures.is_empty();
        let found: Result<Option<Program>, Failure> = self
            .run(
                StageName::Code,
                || code::question(self.task(StageName::Code), &self.submission, &self.pictures),
                {
                    let submission = self.submission.clone();
                    move |answer, last| code::check(answer, last, &submission, has_pictures)
                },
            )
            .await;
        match found {
            Ok(Some(program)) => Ok(program),
            Ok(None) => Err(Failure::NoCode),
            // The model is of no help in finding it, which is no reason that it should not find the bug.
            Err(Failure::Model(error)) if error.is_about_the_answer() => {
                match code::likely(&self.submission, "") {
                    Some(program) => {
                        let stages =
                            persist(|| stages::list(&self.state.db, self.lease.id)).await?;
                        let spent = stages.iter().find(|stage| stage.stage == StageName::Code);
                        self.without_asking(program, spent).await
                    }
                    None => Err(error.into()),
                }
            }
            Err(failure) => Err(failure),
        }
    }

    /// The program of the code field, byte for byte: there is nothing to ask.
    async fn given(&self, own: &str) -> Result<Program, Failure> {
        let stored = self.stored(StageName::Code);
        if let Some(program) = stored.and_then(Stage::completed) {
            return Ok(program);
        }
        let program = Program {
            language: match &self.submission.language {
                Some(language) => language.clone(),
                None => detected(own).to_owned(),
            },
            code: own.to_owned(),
            source: CodeSource::Code,
            span: None,
            verified: true,
        };
        self.without_asking(program, stored).await
    }

    /// Completes the stage with a program that no model has found; `spent` is the stage with what was used in vain.
    async fn without_asking(
        &self,
        program: Program,
        spent: Option<&Stage>,
    ) -> Result<Program, Failure> {
        let result = serde_json::to_value(&program).unwrap_or_default();
        let usage = spent.and_then(|stage| stage.usage).map(|usage| usage.0);
        self.finish(StageName::Code, &usage.unwrap_or_default(), || {
            Ending::Completed {
                model: None,
                result: &result,
            }
        })
        .await?;
        Ok(program)
    }

    /// Refuses work that is in images only when the model does not read them.
    fn requires_vision(&self) -> Result<(), Failure> {
        let sees = self.model.supports_vision && self.submission.image_count > 0;
        if self.submission.text.is_empty() && !sees {
            return Err(llm::Error::NoVision("MODEL_SUPPORTS_VISION is false.".to_owned()).into());
        }
        Ok(())
    }

    /// The prompt of a stage.
    pub(crate) fn task(&self, name: StageName) -> &str {
        self.prompts
            .iter()
            .find(|prompt| prompt.stage == name)
            .map_or_else(|| prompts::built_in(name), Prompt::text)
    }

    pub(crate) fn stored(&self, name: StageName) -> Option<&Stage> {
        self.stored.iter().find(|stage| stage.stage == name)
    }

    pub(crate) async fn finish<'a>(
        &self,
        name: StageName,
        usage: &Usage,
        ending: impl Fn() -> Ending<'a>,
    ) -> Result<(), db::Error> {
        let write = || stages::finish(&self.state.db, self.lease, name, usage, None, ending());
        change(self.state, self.lease, write).await
    }

    /// Finishes a stage and adds what it used to the tokens of the day.
    async fn finish_metered<'a>(
        &self,
        name: StageName,
        meter: &StageMeter<'_>,
        ending: impl Fn() -> Ending<'a>,
    ) -> Result<(), db::Error> {
        let (usage, spent) = (meter.total(), meter.take_unspent());
        let finished = change(self.state, self.lease, || {
            let spent = spent.as_ref();
            stages::finish(&self.state.db, self.lease, name, &usage, spent, ending())
        })
        .await;
        // Where the lease is lost the tokens were counted all the same.
        if !matches!(finished, Ok(()) | Err(db::Error::LeaseLost)) {
            meter.put_back(spent.unwrap_or_default());
        }
        finished
    }

    /// Runs one stage, unless its result is stored already.
    pub(crate) async fn run<T: Serialize + DeserializeOwned + Send + 'static>(
        &self,
        name: StageName,
        question: impl FnOnce() -> Question,
        check: impl Fn(Value, bool) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<T, Failure> {
        let stored = self.stored(name);
        if let Some(result) = stored.and_then(Stage::completed) {
            return Ok(result);
        }
        let usage = stored
            .and_then(|stage| stage.usage)
            .map(|usage| usage.0)
            .unwrap_or_default();
        let calls = change(self.state, self.lease, || {
            stages::start(&self.state.db, self.lease, name, 1)
        })
        .await?;
        let meter = StageMeter::of_stage(self.state, self.lease, name, usage, calls);
        tracing::info!(submission.id = %self.lease.id, stage = %name, "stage started");

        let question = question();
        // Postgres has no place for NUL.
        let check = move |answer, last| check(without_nul(answer), last);
        let asked = llm::client().ask(self.model, &question, self.deadline, &meter, check);
        let asked = measure::stage(name, self.lease.id, self.attempt, asked).await;
        match asked {
            Ok(answer) => {
                let result = serde_json::to_value(&answer.value).unwrap_or_default();
                if result.is_null() {
                    // Nothing was found: the stage has no result to keep.
                    let failure = Failure::NoCode;
                    let (code, detail) = (failure.code(), failure.detail());
                    self.finish_metered(name, &meter, || Ending::Failed {
                        code,
                        detail: &detail,
                        raw_answer: None,
                        result: None,
                    })
                    .await?;
                } else {
                    self.finish_metered(name, &meter, || Ending::Completed {
                        model: Some(&answer.model),
                        result: &result,
                    })
                    .await?;
                }
                Ok(answer.value)
            }
            Err(llm::Error::Stopped(error)) => Err(match error.downcast::<db::Error>() {
                Ok(error) => Failure::Database(*error),
                Err(error) => Failure::Model(llm::Error::Stopped(error)),
            }),
            Err(error) => {
                if meter.was_not_called() {
                    persist(|| stages::uncount_call(&self.state.db, self.lease, name)).await?;
                }
                self.fail(name, &meter, &error).await?;
                Err(error.into())
            }
        }
    }

    /// Stores why a stage has no result.
    async fn fail(
        &self,
        name: StageName,
        meter: &StageMeter<'_>,
        error: &llm::Error,
    ) -> Result<(), db::Error> {
        let (code, detail) = (error.code(), detail(error));
        let raw = error.raw_answer().map(|raw| raw.replace('\0', ""));
        // Nobody comes back to a statement alone: its stage is no reason to run again.
        let comes_back = error.is_transient() && (name != StageName::Problem || error.is_away());
        self.finish_metered(name, meter, || {
            if comes_back {
                Ending::Interrupted {
                    code,
                    detail: &detail,
                }
            } else {
                Ending::Failed {
                    code,
                    detail: &detail,
                    raw_answer: raw.as_deref(),
                    result: None,
                }
            }
        })
        .await
    }
}
