//! Smaller tapes: the internal reduction of property-based testing (MacIver and Donaldson, "Test-Case Reduction via Test-Case
//! Generation: Insights from the Hypothesis Reducer", ECOOP 2020).

use super::{
    harness::{Choice, Kind},
    measure::{distance, simplest},
};

/// Tapes of one round at most.
const MOST: usize = 160;
/// Places of a tape that are tried one by one.
const PLACES: usize = 64;

/// Tapes that may make a smaller input, the boldest first.
pub(super) fn candidates(tape: &[Choice]) -> Vec<Vec<i64>> {
    let mut made = Vec::new();
    smaller_sizes(tape, &mut made);
    without_blocks(tape, &mut made);
    simpler_values(tape, &mut made);
    moved_together(tape, &mut made);
    in_order(tape, &mut made);
    let own = values(tape);
    let mut known = std::collections::HashSet::new();
    made.retain(|other| *other != own && known.insert(other.clone()));
    made.truncate(MOST);
    made
}

fn values(tape: &[Choice]) -> Vec<i64> {
    tape.iter().map(|choice| choice.value).collect()
}

const fn is_count(choice: &Choice) -> bool {
    matches!(choice.kind, Kind::Size | Kind::Cases)
}

/// Each number of things lowered, with those that are left over at the end.
fn smaller_sizes(tape: &[Choice], made: &mut Vec<Vec<i64>>) {
    let counts =
        (0..tape.len()).filter(|at| is_count(&tape[*at]) && tape[*at].value > tape[*at].low);
    for at in counts.take(PLACES) {
        let Choice { value, low, .. } = tape[at];
        let one = low.max(1).min(value - 1);
        let half = i128::midpoint(low.into(), value.into());
        let half = i64::try_from(half).unwrap_or(low);
        for next in [low, one, half, value - 1] {
            let mut other = values(tape);
            other[at] = next;
            made.push(other);
        }
    }
}

/// The tape without what was drawn for one thing or for several, and with as many less in a number of things before it.
fn without_blocks(tape: &[Choice], made: &mut Vec<Vec<i64>>) {
    let counts: Vec<usize> = (0..tape.len())
        .filter(|at| is_count(&tape[*at]) && tape[*at].value > tape[*at].low)
        .collect();
    for start in (0..tape.len()).take(PLACES) {
        let Some(length) = block(tape, start) else {
            continue;
        };
        for count in counts.iter().rev().filter(|count| **count < start).take(3) {
            let room = tape[*count].value.abs_diff(tape[*count].low);
            for blocks in [4, 2, 1] {
                let end = start + blocks * length;
                if blocks as u64 > room || end > tape.len() {
                    continue;
                }
                let mut other = values(tape);
                other[*count] -= blocks as i64;
                other.drain(start..end);
                made.push(other);
            }
        }
    }
}

/// The choices from one place to the next time that the generator comes to it; for the last time, as many as before.
fn block(tape: &[Choice], start: usize) -> Option<usize> {
    let same =
        |at: &usize| tape[*at].site == tape[start].site && tape[*at].kind == tape[start].kind;
    let next = (start + 1..tape.len()).find(same).map(|next| next - start);
    let before = || (0..start).rev().find(same).map(|before| start - before);
    let length = next.or_else(before).unwrap_or(1);
    (start + length <= tape.len()).then_some(length)
}

/// Values moved to the simplest, alone and with all of the same place or of the same value.
fn simpler_values(tape: &[Choice], made: &mut Vec<Vec<i64>>) {
    let far: Vec<usize> = (0..tape.len())
        .filter(|at| distance(&tape[*at]) > 0)
        .collect();
    let set = |is: &dyn Fn(&Choice) -> bool, to: &dyn Fn(&Choice) -> i64| {
        let all = tape.iter();
        all.map(|choice| if is(choice) { to(choice) } else { choice.value })
            .collect::<Vec<i64>>()
    };
    if far.len() > 1 {
        made.push(set(&|choice| !is_count(choice), &simplest));
        let mut sites: Vec<u64> = far.iter().map(|at| tape[*at].site).collect();
        sites.sort_unstable();
        sites.dedup();
        for site in sites.into_iter().take(PLACES) {
            made.push(set(
                &|choice| choice.site == site && !is_count(choice),
                &simplest,
            ));
        }
    }
    for at in far
        .iter()
        .copied()
        .filter(|at| !is_count(&tape[*at]))
        .take(PLACES)
    {
        let choice = &tape[at];
        for next in nearer(choice) {
            let mut other = values(tape);
            other[at] = next;
            made.push(other);
        }
        // All that are equal, as they may have to stay so.
        let equals = tape
            .iter()
            .filter(|other| other.value == choice.value && !is_count(other));
        if equals.count() > 1 {
            for next in nearer(choice) {
                made.push(set(
                    &|other| other.value == choice.value && !is_count(other),
                    &|_| next,
                ));
            }
        }
    }
}

/// Numbers between a choice's value and the simplest one.
fn nearer(choice: &Choice) -> Vec<i64> {
    let (value, goal) = (choice.value, simplest(choice));
    let part = |eighths: i128| {
        let way = i128::from(value) - i128::from(goal);
        i64::try_from(i128::from(goal) + way * eighths / 8).unwrap_or(goal)
    };
    let step = if value > goal { value - 1 } else { value + 1 };
    let mut all = vec![goal, goal.saturating_add(1).min(choice.high)];
    // The same on the other side of 0.
    if value < 0 && choice.high >= value.saturating_neg() {
        all.push(value.saturating_neg());
    }
    all.extend([part(2), part(4), part(6), part(7), step]);
    let mut known = std::collections::HashSet::new();
    all.retain(|next| *next != value && known.insert(*next));
    all
}

/// Two neighbours moved by the same step: their difference may have to stay.
fn moved_together(tape: &[Choice], made: &mut Vec<Vec<i64>>) {
    let places: Vec<usize> = (0..tape.len())
        .filter(|at| !is_count(&tape[*at]) && distance(&tape[*at]) > 0)
        .take(PLACES)
        .collect();
    for pair in places.windows(2) {
        let (one, other) = (&tape[pair[0]], &tape[pair[1]]);
        let way = |choice: &Choice| i128::from(choice.value) - i128::from(simplest(choice));
        if way(one).signum() != way(other).signum() {
            continue;
        }
        let most = way(one).abs().min(way(other).abs()) * way(one).signum();
        for step in [most, most / 2, way(one).signum()] {
            let mut moved = values(tape);
            for at in pair {
                let value = i128::from(tape[*at].value) - step;
                moved[*at] = i64::try_from(value).unwrap_or(tape[*at].value);
            }
            made.push(moved);
        }
    }
}

/// Neighbours of the same place that are out of order, swapped.
fn in_order(tape: &[Choice], made: &mut Vec<Vec<i64>>) {
    for at in (1..tape.len()).take(PLACES) {
        let (one, other) = (&tape[at - 1], &tape[at]);
        if one.site == other.site && distance(one) > distance(other) && !is_count(one) {
            let mut swapped = values(tape);
            swapped.swap(at - 1, at);
            made.push(swapped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(kind: Kind, value: i64, site: u64) -> Choice {
        Choice {
            value,
            low: if kind == Kind::Size { 1 } else { -100 },
            high: 100,
            kind,
            site,
        }
    }

    /// A list of numbers, as a generator makes it.
    fn list(numbers: &[i64]) -> Vec<Choice> {
        let size = i64::try_from(numbers.len()).unwrap();
        let mut tape = vec![choice(Kind::Size, size, 1)];
        tape.extend(numbers.iter().map(|value| choice(Kind::Num, *value, 2)));
        tape
    }

    #[test]
    fn an_element_in_the_middle_goes_with_its_count() {
        let made = candidates(&list(&[7, -3, 9]));
        assert!(made.contains(&vec![2, 7, 9]));
        assert!(made.contains(&vec![2, 7, -3]));
        assert!(made.contains(&vec![1, 9]));
        assert!(made.contains(&vec![3, 0, 0, 0]));
        assert!(made.contains(&vec![3, 7, 3, 9]));
    }

    #[test]
    fn things_of_several_choices_go_whole() {
        let mut tape = vec![choice(Kind::Size, 3, 1)];
        for number in 1..=3 {
            tape.push(choice(Kind::Num, number, 2));
            tape.push(choice(Kind::Num, 10 * number, 3));
        }
        let made = candidates(&tape);
        assert!(made.contains(&vec![2, 1, 10, 3, 30]));
        assert!(made.contains(&vec![2, 1, 10, 2, 20]));
    }

    #[test]
    fn values_that_belong_together_move_together() {
        let made = candidates(&list(&[50, 50]));
        assert!(made.contains(&vec![2, 25, 25]));
        let made = candidates(&list(&[50, 57]));
        assert!(made.contains(&vec![2, 0, 7]));
    }

    #[test]
    fn the_simplest_tape_has_nothing_simpler() {
        assert!(candidates(&list(&[0])).is_empty());
        assert!(candidates(&[]).is_empty());
    }

    #[test]
    fn numbers_at_the_ends_do_not_overflow() {
        let end = |value| Choice {
            value,
            low: i64::MIN,
            high: i64::MAX,
            kind: Kind::Num,
            site: 1,
        };
        assert!(!candidates(&[end(i64::MIN), end(i64::MAX), end(i64::MIN)]).is_empty());
    }
}
