//! The order in which inputs are tried.

use domain::InputKind;

use super::harness::{Job, Plan, Shape, Values};

/// Inputs of one kind in one round.
const LADDER: u64 = 120;
const EXTREME: u64 = 72;
const STRUCTURED: u64 = 48;
/// The largest size of the first round, and how much it grows with each.
const SIZES: u64 = 10;

/// The inputs of a round, in their order.
pub(super) fn round(round: u64, seed: u64) -> Vec<(InputKind, Vec<Job>)> {
    let scale = round + 1;
    [
        (InputKind::Ladder, LADDER, ladder as fn(u64, u64) -> Plan),
        (InputKind::Extreme, EXTREME, extreme),
        (InputKind::Structured, STRUCTURED, structured),
    ]
    .into_iter()
    .map(|(kind, count, plan)| {
        let jobs = (0..count).map(|number| {
            let mut plan = plan(number, scale);
            plan.seed = mixed(seed, round * 3 + kind as u64, number);
            Job::Make { plan, solve: true }
        });
        (kind, jobs.collect())
    })
    .collect()
}

/// A large input, whose time alone counts.
pub(super) fn large(size: u64, seed: u64, values: Values) -> Job {
    let plan = Plan {
        seed: mixed(seed, size, 7),
        size,
        exact: true,
        values,
        width: 3,
        cases: 1,
        shape: Shape::Any,
    };
    Job::Make { plan, solve: false }
}

const fn mixed(seed: u64, kind: u64, number: u64) -> u64 {
    seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (kind << 32) ^ number
}

/// Sizes from 1 up, with small values more often than not: the same value then often comes twice.
fn ladder(number: u64, scale: u64) -> Plan {
    Plan {
        seed: 0,
        size: 1 + number * SIZES * scale / LADDER,
        exact: false,
        values: if number % 4 == 3 {
            Values::Mixed
        } else {
            Values::Small
        },
        width: 1 + number % 5 * scale,
        // Several test cases show what is not reset between them.
        cases: 1 + number % 3,
        shape: shape(number),
    }
}

/// Small inputs with the least and the greatest values.
fn extreme(number: u64, scale: u64) -> Plan {
    Plan {
        size: 1 + number * 6 * scale / EXTREME,
        values: match number % 3 {
            0 => Values::Edge,
            1 => Values::Full,
            _ => Values::Mixed,
        },
        cases: 1 + number % 2,
        ..ladder(number, scale)
    }
}

/// Equal and sorted values, paths and stars.
fn structured(number: u64, scale: u64) -> Plan {
    Plan {
        size: 1 + number * SIZES * scale / STRUCTURED,
        values: match number % 3 {
            0 => Values::Equal,
            1 => Values::Rising,
            _ => Values::Falling,
        },
        cases: 1 + number % 2,
        shape: if number.is_multiple_of(2) {
            Shape::Path
        } else {
            Shape::Star
        },
        ..ladder(number, scale)
    }
}

const fn shape(number: u64) -> Shape {
    match number % 5 {
        0 => Shape::Path,
        1 => Shape::Star,
        _ => Shape::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_ones_come_first_and_every_round_has_others() {
        let plans = |number| -> Vec<Plan> {
            let jobs = round(number, 1).into_iter().flat_map(|(_, jobs)| jobs);
            let plans = jobs.map(|job| match job {
                Job::Make { plan, .. } => plan,
                _ => panic!(),
            });
            plans.collect()
        };
        let (first, second) = (plans(0), plans(1));
        assert_eq!((first[0].size, first[119].size), (1, 10));
        assert_eq!(second[119].size, 20);
        let seeds: std::collections::HashSet<u64> =
            first.iter().chain(&second).map(|plan| plan.seed).collect();
        assert_eq!(seeds.len(), first.len() + second.len());
    }
}
