//! Programs in colours: each line in pieces with a class.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    ops::Range,
    sync::LazyLock,
    time::Duration,
};

use domain::language::language;
use rustix::time::{ClockId, clock_gettime};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// Lines that are longer have one colour: grammars take the square of their length.
const LINE_BYTES: usize = 300;
/// Bytes that are parsed of all versions of a program; the rest of a version has one colour. In C++ the most expensive text takes 1.4
/// times as long as ordinary lines of as many bytes, so that these are the bound.
const BYTES: usize = 24 * 1024;
/// Processor time after which the same happens, for texts that were made to keep the expressions of a grammar busy: several times what
/// ordinary ones take, so that their colours do not depend on the machine or on how busy it is.
const TIME: Duration = if cfg!(debug_assertions) {
    Duration::from_secs(20)
} else {
    Duration::from_millis(600)
};
/// Pieces of a version of a program that have a colour: each is an element of the page, in up to two places.
const PIECES: usize = 40_000;
/// States of the grammar that are kept, and bytes of the longest one when written out, which is about as long as it takes in memory.
const STATES: usize = 200;
const STATE_BYTES: usize = 16 * 1024;

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

/// Where the grammar is between two lines.
#[derive(Clone, PartialEq)]
struct State {
    parser: ParseState,
    scopes: ScopeStack,
}

/// The place in a version of a program: a state that is kept, or one that is too large for that.
enum Place {
    Kept(usize),
    Passing(State),
}

/// Takes so many bytes and no more.
struct Room(usize);

impl fmt::Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}

impl State {
    /// Whether it may be kept: the grammar's stack holds lines of the program, and has no other measure.
    fn is_small(&self) -> bool {
        write!(Room(STATE_BYTES), "{:?}{:?}", self.parser, self.scopes).is_ok()
    }
}

/// Puts the versions of a program into colours. A line that was seen before, with the grammar in the same state, is not parsed
/// again: of a second version only the changes are.
pub(crate) struct Highlighter<'a> {
    syntax: Option<&'static SyntaxReference>,
    states: Vec<State>,
    /// Those that have the same scopes.
    by_scopes: HashMap<Vec<Scope>, Vec<usize>>,
    /// The pieces of a line that begins in a state, and the state that follows.
    parsed: HashMap<(usize, &'a str), (Vec<Piece>, usize)>,
    /// Bytes that may still be parsed.
    bytes: usize,
    /// Processor time that may still be taken.
    time: Duration,
}

impl<'a> Highlighter<'a> {
    /// For a program in a language by any of its names.
    pub(crate) fn of(name: &str) -> Self {
        Self {
            syntax: syntax(name),
            states: Vec::new(),
            by_scopes: HashMap::new(),
            parsed: HashMap::new(),
            bytes: BYTES,
            time: TIME,
        }
    }

    /// The pieces of each line of a version; text outside of them has no class.
    pub(crate) fn pieces(&mut self, lines: &[&'a str]) -> Vec<Vec<Piece>> {
        let Some(syntax) = self.syntax else {
            return vec![Vec::new(); lines.len()];
        };
        let mut place = self.place(State {
            parser: ParseState::new(syntax),
            scopes: ScopeStack::new(),
        });
        let (mut left, mut was_empty, mut is_over) = (PIECES, false, false);
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
                if text.len() > LINE_BYTES || left == 0 || is_over {
                    return Vec::new();
                }
                let Some(pieces) = self.line(&mut place, text) else {
                    // Without this line the grammar is in no state for the next ones.
                    is_over = true;
                    return Vec::new();
                };
                left = left.saturating_sub(pieces.len());
                pieces
            })
            .collect()
    }

    /// The pieces of the line at this place, which moves behind it; `None` where nothing more may be parsed.
    fn line(&mut self, place: &mut Place, text: &'a str) -> Option<Vec<Piece>> {
        let before = match place {
            Place::Kept(at) => Some(*at),
            Place::Passing(_) => None,
        };
        if let Some((pieces, after)) = before.and_then(|at| self.parsed.get(&(at, text))) {
            *place = Place::Kept(*after);
            return Some(pieces.clone());
        }
        // An empty line takes as long as a short one.
        self.bytes = self.bytes.checked_sub(text.len() + 1)?;
        let began = processor_time();
        let mut state = match std::mem::replace(place, Place::Kept(0)) {
            Place::Kept(at) => self.states[at].clone(),
            Place::Passing(state) => state,
        };
        let pieces = parse(&mut state, text);
        self.time = self.time.checked_sub(processor_time() - began)?;
        *place = self.place(state);
        if let (Some(before), Place::Kept(after)) = (before, &*place) {
            self.parsed.insert((before, text), (pieces.clone(), *after));
        }
        Some(pieces)
    }

    /// The place of a state, which is kept if it may be.
    fn place(&mut self, state: State) -> Place {
        let scopes = &state.scopes.scopes;
        let alike = self.by_scopes.get(scopes);
        let known = alike.and_then(|alike| alike.iter().find(|at| self.states[**at] == state));
        if let Some(at) = known {
            return Place::Kept(*at);
        }
        if self.states.len() >= STATES || !state.is_small() {
            return Place::Passing(state);
        }
        let at = self.states.len();
        self.by_scopes.entry(scopes.clone()).or_default().push(at);
        self.states.push(state);
        Place::Kept(at)
    }
}

/// Processor time of this thread so far.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// The pieces of a line, which moves the state behind it.
fn parse(state: &mut State, text: &str) -> Vec<Piece> {
    // The grammars expect a line end, which the last line may not have.
    let whole = format!("{text}\n");
    let Ok(parsed) = state.parser.parse_line(&whole, &SYNTAXES) else {
        return Vec::new();
    };
    let end = text.len();
    let (mut pieces, mut from): (Vec<Piece>, usize) = (Vec::new(), 0);
    let changes = parsed.into_iter().map(|(at, op)| (at, Some(op)));
    for (at, op) in changes.chain([(end, None)]) {
        let at = at.min(end);
        if at > from {
            push(&mut pieces, from..at, class(&state.scopes));
            from = at;
        }
        if op.is_some_and(|op| state.scopes.apply(&op).is_err()) {
            break;
        }
    }
    pieces
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
    // The grammars are not read for a text of no language.
    let extension = (!known.tag.is_empty()).then_some(known.extension)?;
    SYNTAXES.find_syntax_by_extension(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn highlight(lines: &[&str], name: &str) -> Vec<Vec<Piece>> {
        Highlighter::of(name).pieces(lines)
    }

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
        let coloured = |lines: &[&str]| {
            let lines = highlight(lines, "Python");
            lines.iter().filter(|line| !line.is_empty()).count()
        };
        // A line that was seen before costs nothing but its pieces.
        let same = vec!["1 2 3 4 5 6 7 8\n"; PIECES];
        assert_eq!(coloured(&same), PIECES / 8);
        let others: Vec<_> = (0..3000).map(|n| format!("x = {n:05}\n")).collect();
        let others: Vec<_> = others.iter().map(String::as_str).collect();
        assert_eq!(coloured(&others), BYTES / 10);
    }

    #[test]
    fn of_another_version_only_what_changed_is_parsed() {
        let of = |n: usize| format!("int f{n}(int a) {{ /* {n} */ return a + {n}; }}\n");
        let old: Vec<_> = (0..400).map(of).collect();
        let mut new = old.clone();
        new[200] = "int x = 1; /* open\n".to_owned();
        new[201] = "closed */ int y;\n".to_owned();
        let [old, new] = [&old, &new].map(|version| version.iter().map(String::as_str).collect());
        let (old, new): (Vec<_>, Vec<_>) = (old, new);
        let mut highlighter = Highlighter::of("C++");
        assert_eq!(highlighter.pieces(&old), highlight(&old, "C++"));
        let parsed = highlighter.parsed.len();
        let again = highlighter.pieces(&new);
        assert_eq!(highlighter.parsed.len(), parsed + 2);
        assert_eq!(again, highlight(&new, "C++"));
    }

    #[test]
    fn no_state_that_is_kept_is_large_however_deep_the_program_is() {
        let lines = vec!["((((((((((((((((((((((((((((((((((((((((\n"; 500];
        let mut highlighter = Highlighter::of("C++");
        let pieces = highlighter.pieces(&lines);
        assert_eq!(pieces, highlight(&lines, "C++"));
        assert!(highlighter.states.len() < STATES);
        assert!(highlighter.states.iter().all(State::is_small));
    }

    #[test]
    fn empty_lines_after_an_empty_line_are_not_parsed() {
        let mut lines = vec!["\n"; BYTES / 2];
        lines.extend(["/*\n", "\n", "\r\n", "1 */\n"]);
        let pieces = highlight(&lines, "C++");
        assert_eq!(pieces.last().unwrap()[..], [(0..4, "c")]);
    }

    #[test]
    fn an_unknown_language_and_a_long_line_have_one_colour() {
        assert_eq!(highlight(&["int x;"], "Brainwave"), [vec![]]);
        let long = format!("int x = \"{}\";", "a".repeat(5000));
        assert!(highlight(&[&long], "C++")[0].is_empty());
    }
}
