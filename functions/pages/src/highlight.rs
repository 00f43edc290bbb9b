//! Programs in colours: each line in pieces with a class.

use std::{
    collections::BTreeSet,
    ops::Range,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use domain::language::language;
use rustix::time::{ClockId, clock_gettime};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// Lines that are longer have one colour: grammars take the square of their length.
const LINE_BYTES: usize = 300;
/// Bytes of a program that have colours; the rest has one colour.
const BYTES: usize = 24 * 1024;
/// Processor time after which the rest of a program has one colour. Only what was made to take long takes it, so that the same
/// program has the same colours each time, however busy the machine is. The grammar of a language is compiled as its parts are needed,
/// which the first program in it pays for.
const TIME: Duration = Duration::from_millis(200);
const FIRST_TIME: Duration = Duration::from_secs(2);
/// Pieces of a program that have a colour: each is an element of the page, in up to four places.
const PIECES: usize = 40_000;

/// Read when the first program is shown; the grammars are in the binary.
static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Beginnings of scopes and the class of what is in them, the most telling first.
static CLASSES: LazyLock<Vec<(Scope, &'static str)>> = LazyLock::new(|| {
    [
        ("comment", "c"),
        ("string", "s"),
        ("constant.character", "s"),
        ("constant", "n"),
        ("keyword.operator", ""),
        ("keyword", "k"),
        ("storage", "k"),
        ("meta.preprocessor", "p"),
        ("entity.name.function", "f"),
        ("support.function", "f"),
        ("variable.function", "f"),
        ("entity.name", "t"),
        ("support.type", "t"),
        ("support.class", "t"),
    ]
    .into_iter()
    .filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, class)))
    .collect()
});

/// A piece of a line and its class.
pub(crate) type Piece = (Range<usize>, &'static str);

/// The pieces of each line; text outside of them has no class.
pub(crate) fn highlight(lines: &[&str], name: &str) -> Vec<Vec<Piece>> {
    static SEEN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_first = seen.insert(language(name).tag);
    drop(seen);
    within(
        lines,
        name,
        PIECES,
        if is_first { FIRST_TIME } else { TIME },
    )
}

/// Processor time of this thread so far.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

fn within(lines: &[&str], name: &str, pieces: usize, time: Duration) -> Vec<Vec<Piece>> {
    let Some(syntax) = syntax(name) else {
        return vec![Vec::new(); lines.len()];
    };
    let deadline = processor_time() + time;
    let (mut left, mut bytes) = (pieces, 0);
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut was_empty = false;
    lines
        .iter()
        .map(|line| {
            let text = line.trim_end_matches(['\n', '\r']);
            // The first empty line may end something; those after it tell the grammar nothing new and take as long as others.
            let is_empty_again = was_empty && text.is_empty();
            was_empty = text.is_empty();
            if is_empty_again {
                return Vec::new();
            }
            bytes += line.len();
            let is_late = bytes > BYTES || processor_time() > deadline;
            if line.len() > LINE_BYTES || left == 0 || is_late {
                return Vec::new();
            }
            // The grammars expect a line end, which the last line may not have.
            let whole = format!("{text}\n");
            let Ok(parsed) = state.parse_line(&whole, &SYNTAXES) else {
                return Vec::new();
            };
            let end = whole.len() - 1;
            let (mut pieces, mut from): (Vec<Piece>, usize) = (Vec::new(), 0);
            let changes = parsed.into_iter().map(|(at, op)| (at, Some(op)));
            for (at, op) in changes.chain([(end, None)]) {
                let at = at.min(end);
                if at > from {
                    push(&mut pieces, from..at, class(&stack));
                    from = at;
                }
                if op.is_some_and(|op| stack.apply(&op).is_err()) {
                    break;
                }
            }
            left = left.saturating_sub(pieces.len());
            pieces
        })
        .collect()
}

fn push(pieces: &mut Vec<Piece>, range: Range<usize>, class: &'static str) {
    if class.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some((last, of)) if last.end == range.start && *of == class => last.end = range.end,
        _ => pieces.push((range, class)),
    }
}

fn class(stack: &ScopeStack) -> &'static str {
    stack
        .scopes
        .iter()
        .rev()
        .find_map(|scope| {
            CLASSES
                .iter()
                .find(|(prefix, _)| prefix.is_prefix_of(*scope))
        })
        .map_or("", |(_, class)| class)
}

fn syntax(name: &str) -> Option<&'static SyntaxReference> {
    let known = language(name);
    SYNTAXES
        .find_syntax_by_extension(known.extension)
        .filter(|_| !known.tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_coloured_in_its_own_language() {
        let lines = ["int main() { return 42; } // x"];
        let pieces = &highlight(&lines, "GNU C++17")[0];
        let classes: Vec<_> = pieces
            .iter()
            .map(|(range, class)| (&lines[0][range.clone()], *class))
            .collect();
        for expected in [("int", "k"), ("main", "f"), ("42", "n"), ("// x", "c")] {
            assert!(
                classes
                    .iter()
                    .any(|(text, class)| text.trim() == expected.0 && *class == expected.1),
                "{classes:?}"
            );
        }
        for name in [
            "Python",
            "Java",
            "Rust",
            "Kotlin",
            "Pascal",
            "Haskell",
            "TypeScript",
            "Go",
        ] {
            assert!(syntax(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_first_program_is_coloured_to_its_end() {
        let function = "std::map<int, char> f(const std::string& s, double x = 1e9) { return {{x > 2 ? 1 : 0, '\\n'}}; } // f\n";
        let lines = vec![function; 30];
        assert!(highlight(&lines, "C++").iter().all(|line| !line.is_empty()));
    }

    #[test]
    fn so_many_pieces_and_so_many_bytes_have_a_colour() {
        let lines = vec!["1 2 3 4 5 6 7 8 9 0\n"; 2 * BYTES / 20];
        let coloured = |pieces, time| {
            let lines = within(&lines, "Python", pieces, time);
            lines.iter().filter(|line| !line.is_empty()).count()
        };
        assert_eq!(coloured(95, Duration::from_secs(60)), 10);
        assert_eq!(coloured(usize::MAX, Duration::from_secs(60)), BYTES / 20);
        assert_eq!(coloured(usize::MAX, Duration::ZERO), 0);
    }

    #[test]
    fn empty_lines_after_an_empty_line_are_not_parsed() {
        let mut lines = vec!["\n"; BYTES / 2];
        lines.extend(["/*\n", "\n", "\r\n", "1 */\n"]);
        let pieces = within(&lines, "C++", usize::MAX, Duration::from_secs(60));
        assert_eq!(pieces.last().unwrap()[..], [(0..4, "c")]);
    }

    #[test]
    fn an_unknown_language_and_a_long_line_have_one_colour() {
        assert_eq!(highlight(&["int x;"], "Brainwave"), [vec![]]);
        let long = format!("int x = \"{}\";", "a".repeat(5000));
        assert!(highlight(&[&long], "C++")[0].is_empty());
    }
}
