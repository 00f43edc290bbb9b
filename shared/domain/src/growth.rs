//! How the time of a program grows with the size of its input.

use super::{GrowthRun, GrowthStep, RunVerdict, text_enum};

/// Processor time below which starting the program decides, in milliseconds.
const LEAST_MS: u64 = 20;
/// Bytes of an input so small that every program ends on it in time.
const SMALL_BYTES: usize = 64;
/// How many times the smallest size the largest is, at least, for their times to tell anything.
const APART: u64 = 4;

text_enum! {
    /// How the time of a program grows with the size of its input.
    Growth {
        /// It does not end on a small input already: an endless loop, or input that it waits for in vain.
        Endless = "endless",
        /// Hardly at all.
        Constant = "constant",
        /// Like the size, perhaps times its logarithm.
        Linear = "linear",
        /// Like the square of the size.
        Quadratic = "quadratic",
        /// Like its third power.
        Cubic = "cubic",
        /// Faster than any of these.
        Exponential = "exponential",
    }
}

impl Growth {
    /// The growth of the submitted program; none where too little of it is known.
    #[must_use]
    pub fn of(steps: &[GrowthStep]) -> Option<Self> {
        Self::of_runs(steps, |step| step.before)
    }

    /// The growth of the runs that `run` chooses of the steps, whose sizes rise.
    #[must_use]
    pub fn of_runs(
        steps: &[GrowthStep],
        run: impl Fn(&GrowthStep) -> Option<GrowthRun>,
    ) -> Option<Self> {
        let is_late = |run: GrowthRun| run.verdict == RunVerdict::TimeLimit;
        let is_small = |step: &&GrowthStep| step.bytes <= SMALL_BYTES;
        let first = steps.first().filter(is_small).and_then(&run);
        if first.is_some_and(is_late) {
            return Some(Self::Endless);
        }
        let runs: Vec<(u64, u64)> = steps
            .iter()
            .filter_map(|step| Some((step.size.max(1), run(step)?)))
            .filter(|(_, run)| run.verdict == RunVerdict::Accepted || is_late(*run))
            .map(|(size, run)| (size, run.cpu_ms))
            .collect();
        let sizes = || runs.iter().map(|(size, _)| *size);
        if sizes().max()? < sizes().min()?.saturating_mul(APART) {
            return None;
        }
        let mut measured = runs.iter().filter(|(_, cpu_ms)| *cpu_ms >= LEAST_MS);
        let (first, last) = (measured.next()?, measured.next_back()?);
        (first.0 < last.0).then(|| {
            let (size, time) = (ratio(last.0, first.0), ratio(last.1, first.1));
            Self::of_exponent(time.ln() / size.ln())
        })
    }

    fn of_exponent(exponent: f64) -> Self {
        match exponent {
            exponent if exponent < 0.5 => Self::Constant,
            exponent if exponent < 1.5 => Self::Linear,
            exponent if exponent < 2.5 => Self::Quadratic,
            exponent if exponent < 4.0 => Self::Cubic,
            _ => Self::Exponential,
        }
    }

    /// The growth in words, as a model is told it.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Endless => {
                "it does not end even on the smallest input: an endless loop, or it waits for input that does not come"
            }
            Self::Constant => "its time hardly grows with the input",
            Self::Linear => "its time grows about like the size of the input",
            Self::Quadratic => "its time grows about like the square of the size",
            Self::Cubic => "its time grows about like the third power of the size",
            Self::Exponential => "its time grows faster than the third power of the size",
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio need not be exact")]
fn ratio(one: u64, other: u64) -> f64 {
    one.max(1) as f64 / other.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes and milliseconds; 2000 and more is too slow.
    fn growth(runs: &[(u64, u64)]) -> Option<Growth> {
        let step = |(size, cpu_ms): &(u64, u64)| GrowthStep {
            size: *size,
            bytes: 0,
            before: Some(GrowthRun {
                verdict: if *cpu_ms >= 2000 {
                    RunVerdict::TimeLimit
                } else {
                    RunVerdict::Accepted
                },
                cpu_ms: *cpu_ms,
            }),
            after: None,
        };
        let steps: Vec<GrowthStep> = runs.iter().map(step).collect();
        Growth::of(&steps)
    }

    #[test]
    fn times_tell_how_a_program_grows() {
        for (runs, expected) in [
            (&[(1, 2000), (1000, 2000)][..], Some(Growth::Endless)),
            (&[(1, 3000)], Some(Growth::Endless)),
            (&[(1, 1), (1000, 2), (2000, 2)], None),
            (
                &[(1, 300), (1000, 310), (2000, 320)],
                Some(Growth::Constant),
            ),
            (
                &[
                    (1, 1),
                    (25_000, 30),
                    (50_000, 62),
                    (100_000, 130),
                    (200_000, 270),
                ],
                Some(Growth::Linear),
            ),
            (
                &[(1, 1), (1000, 25), (2000, 100), (4000, 390), (8000, 1600)],
                Some(Growth::Quadratic),
            ),
            (
                &[(1, 1), (100, 30), (200, 230), (400, 1900)],
                Some(Growth::Cubic),
            ),
            (&[(1, 1), (10, 40), (20, 2000)], Some(Growth::Exponential)),
            // One run that can be measured tells nothing.
            (&[(1, 1), (10, 2), (20, 2000)], None),
            // Neither do inputs of about the same size.
            (&[(500, 30), (1000, 60), (1500, 90)], None),
            (&[(7, 1), (40, 30), (40, 60)], None),
            (&[(1, 1)], None),
            (&[], None),
        ] {
            assert_eq!(growth(runs), expected, "{runs:?}");
        }
    }

    #[test]
    fn only_a_small_input_shows_an_endless_loop() {
        for (bytes, expected) in [(64, Some(Growth::Endless)), (65, None)] {
            let step = GrowthStep {
                size: 1,
                bytes,
                before: Some(GrowthRun {
                    verdict: RunVerdict::TimeLimit,
                    cpu_ms: 2000,
                }),
                after: None,
            };
            assert_eq!(Growth::of(&[step]), expected);
        }
    }

    #[test]
    fn runs_that_were_not_made_or_crashed_tell_nothing() {
        let step = |size, verdict| GrowthStep {
            size,
            bytes: 0,
            before: Some(GrowthRun {
                verdict,
                cpu_ms: 900,
            }),
            after: None,
        };
        let crashed = [
            step(1, RunVerdict::RuntimeError),
            step(2, RunVerdict::RuntimeError),
        ];
        assert_eq!(Growth::of(&crashed), None);
        assert_eq!(Growth::of_runs(&crashed, |step| step.after), None);
    }
}
