//! Times of the program and of its fix on larger and larger inputs, as lines drawn into the page and as a table.

use domain::{GrowthRun, GrowthStep, RunVerdict};
use site::{Words, grouped, hunted};

/// Height and width of the chart in its own units.
const SIDE: f64 = 1000.0;
/// Times that differ by more than this are drawn on a logarithmic scale.
const WIDE: f64 = 20.0;
/// Steps that are shown.
const STEPS: usize = 12;

/// The chart, and what it says.
pub(crate) struct GrowthView {
    pub(crate) said: String,
    /// The time at the upper edge.
    pub(crate) most: String,
    pub(crate) is_log: bool,
    /// Heights of the lines of a logarithmic scale.
    pub(crate) grid: Vec<i32>,
    pub(crate) lines: Vec<Line>,
    pub(crate) rows: Vec<Row>,
}

/// The times of one program. The origin is the upper left.
pub(crate) struct Line {
    pub(crate) class: &'static str,
    /// Key of the program's name.
    pub(crate) name: &'static str,
    pub(crate) points: Vec<Point>,
}

pub(crate) struct Point {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) is_stopped: bool,
    pub(crate) says: String,
}

/// The times at one size, in words.
pub(crate) struct Row {
    pub(crate) size: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

impl Line {
    /// Whether a run was stopped.
    pub(crate) fn has_stopped(&self) -> bool {
        self.points.iter().any(|point| point.is_stopped)
    }

    /// The corners as the attribute `points`.
    pub(crate) fn corners(&self) -> String {
        let corners = self.points.iter();
        let corners: Vec<_> = corners
            .map(|point| format!("{},{}", point.x, point.y))
            .collect();
        corners.join(" ")
    }
}

/// The times that are drawn: from the lower to the upper edge.
struct Scale {
    least: f64,
    most: f64,
    is_log: bool,
}

impl Scale {
    fn of(runs: impl Iterator<Item = GrowthRun>) -> Option<Self> {
        let times: Vec<f64> = runs.map(milliseconds).collect();
        let most = times.iter().copied().reduce(f64::max)?;
        let least = times.iter().copied().reduce(f64::min)?;
        if most / least <= WIDE {
            return Some(Self {
                least: 0.0,
                most,
                is_log: false,
            });
        }
        Some(Self {
            least: 10_f64.powf(least.log10().floor()),
            most: 10_f64.powf(most.log10().ceil()),
            is_log: true,
        })
    }

    fn y(&self, time: f64) -> i32 {
        let share = if self.is_log {
            (time / self.least).ln() / (self.most / self.least).ln()
        } else {
            time / self.most
        };
        whole(SIDE * (1.0 - share))
    }

    /// Heights of the powers of ten within.
    fn grid(&self) -> Vec<i32> {
        if !self.is_log {
            return Vec::new();
        }
        let decades = (self.most / self.least).log10().round();
        (1..whole(decades))
            .map(|at| whole(SIDE * (1.0 - f64::from(at) / decades)))
            .collect()
    }
}

impl GrowthView {
    /// Whether a run of either was stopped, so that its point needs a key.
    pub(crate) fn has_stopped(&self) -> bool {
        self.lines.iter().any(Line::has_stopped)
    }

    /// The times, if there are any to compare.
    pub(crate) fn of(steps: &[GrowthStep], words: Words) -> Option<Self> {
        let steps = &steps[..steps.len().min(STEPS)];
        let said = hunted::growth(words, steps)?;
        let runs = steps.iter().flat_map(|step| [step.before, step.after]);
        let scale = Scale::of(runs.flatten())?;
        let line = |class, name, run: fn(&GrowthStep) -> Option<GrowthRun>| Line {
            class,
            name,
            points: points(steps, run, &scale, words),
        };
        let lines = [
            line("before", "runs.yours", |step| step.before),
            line("after", "runs.fix", |step| step.after),
        ];
        let time =
            |run: Option<GrowthRun>| run.map_or_else(String::new, |run| hunted::time(words, run));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time that was a whole number of milliseconds"
        )]
        let most = scale.most.round() as u64;
        Some(Self {
            said,
            most: words.fill("runs.ms", grouped(words, most)),
            is_log: scale.is_log,
            grid: scale.grid(),
            lines: lines
                .into_iter()
                .filter(|line| !line.points.is_empty())
                .collect(),
            rows: steps
                .iter()
                .map(|step| Row {
                    size: grouped(words, step.size),
                    before: time(step.before),
                    after: time(step.after),
                })
                .collect(),
        })
    }

    /// About as many bytes as it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        let rows = self.rows.iter();
        let rows = rows.map(|row| size_of::<Row>() + row.before.len() + row.after.len());
        let lines = self.lines.iter();
        let lines = lines.map(|line| line.points.len() * (size_of::<Point>() + 40));
        self.said.len() + rows.chain(lines).sum::<usize>()
    }
}

fn points(
    steps: &[GrowthStep],
    run: fn(&GrowthStep) -> Option<GrowthRun>,
    scale: &Scale,
    words: Words,
) -> Vec<Point> {
    let count = f64::from(u32::try_from(steps.len()).unwrap_or(u32::MAX));
    let points = (0_u32..).zip(steps).filter_map(|(at, step)| {
        let run = run(step)?;
        let said = hunted::time(words, run);
        Some(Point {
            x: whole(SIDE * (f64::from(at) + 0.5) / count),
            y: scale.y(milliseconds(run)),
            is_stopped: run.verdict != RunVerdict::Accepted,
            says: format!("{}: {said}", grouped(words, step.size)),
        })
    });
    points.collect()
}

/// At least one: nothing has a logarithm of 0.
fn milliseconds(run: GrowthRun) -> f64 {
    f64::from(u32::try_from(run.cpu_ms).unwrap_or(u32::MAX)).max(1.0)
}

#[expect(clippy::cast_possible_truncation, reason = "within the chart")]
fn whole(number: f64) -> i32 {
    number.round() as i32
}

#[cfg(test)]
mod tests {
    use domain::AnswerLanguage;

    use super::*;

    const ENGLISH: Words = Words(AnswerLanguage::English);

    fn step(size: u64, before: Option<u64>, after: Option<u64>) -> GrowthStep {
        let run = |cpu_ms: u64| GrowthRun {
            verdict: if cpu_ms >= 4000 {
                RunVerdict::TimeLimit
            } else {
                RunVerdict::Accepted
            },
            cpu_ms,
        };
        GrowthStep {
            size,
            bytes: 10,
            before: before.map(run),
            after: after.map(run),
        }
    }

    #[test]
    fn a_wide_range_is_drawn_on_a_logarithmic_scale() {
        let steps = [
            step(1, Some(1), Some(1)),
            step(1000, Some(100), Some(2)),
            step(2000, Some(1000), Some(4)),
            step(4000, Some(4000), None),
        ];
        let view = GrowthView::of(&steps, ENGLISH).unwrap();
        assert!(view.is_log);
        assert_eq!(view.most, "10,000 ms");
        assert_eq!(view.grid, [750, 500, 250]);
        assert_eq!(view.lines[0].corners(), "125,1000 375,500 625,250 875,99");
        assert_eq!(view.lines[1].points.len(), 3);
        assert!(view.lines[0].points[3].is_stopped && view.has_stopped());
        assert_eq!(view.rows[3].before, "stopped after 4,000 ms");
        assert_eq!(view.rows[3].after, "");
        assert_eq!(view.lines[0].points[1].says, "1,000: 100 ms");
    }

    #[test]
    fn a_narrow_one_on_a_plain_one_and_nothing_on_none() {
        let steps = [
            step(1, Some(60), None),
            step(10, Some(100), None),
            step(20, Some(200), None),
        ];
        let view = GrowthView::of(&steps, ENGLISH).unwrap();
        assert!(!view.is_log && view.grid.is_empty() && !view.has_stopped());
        assert_eq!(view.lines.len(), 1);
        assert_eq!(view.lines[0].corners(), "167,700 500,500 833,0");
        assert!(GrowthView::of(&[], ENGLISH).is_none());
        assert!(GrowthView::of(&[step(1, None, None)], ENGLISH).is_none());
        let endless = GrowthView::of(&[step(1, Some(4000), None)], ENGLISH).unwrap();
        assert!(endless.said.contains("does not end even on the smallest"));
    }
}
