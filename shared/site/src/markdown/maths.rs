//! Formulas: the ways in which judges and models write them, and MathML for those that may be rendered.

use std::{collections::HashMap, sync::LazyLock};

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

/// Longest formula to read; a longer one appears as its source.
const FORMULA_BYTES: usize = 2000;
/// Most commands and groups of one: its reader calls itself for those that nest.
const FORMULA_PARTS: usize = 100;
/// Deepest nesting of the elements made of one: the next reader compares each with all around it.
const ELEMENT_DEPTH: usize = 40;

static MATHS: LazyLock<Option<LatexToMathML>> =
    LazyLock::new(|| LatexToMathML::new(MathCoreConfig::default()).ok());

/// Formulas that a page may still render.
#[derive(Debug)]
pub(super) struct Allowance {
    pub(super) formulas: usize,
    pub(super) bytes: usize,
}

/// The MathML of a formula, if it can be read and may be.
pub(super) fn mathml(
    source: &str,
    display: MathDisplay,
    allowance: &mut Allowance,
) -> Option<String> {
    let starts_command = |pair: &&[u8]| pair[0] == b'\\' && pair[1].is_ascii_alphabetic();
    let commands = source.as_bytes().windows(2).filter(starts_command).count();
    let parts = commands + source.matches('{').count();
    if source.len() > FORMULA_BYTES || parts > FORMULA_PARTS {
        return None;
    }
    allowance.formulas = allowance.formulas.checked_sub(1)?;
    allowance.bytes = allowance.bytes.checked_sub(source.len())?;
    let made = MATHS
        .as_ref()?
        .convert_with_local_state(source, display)
        .ok()?
        .mathml;
    (depth(&made) <= ELEMENT_DEPTH).then_some(made)
}

fn depth(mathml: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in mathml.split('<').skip(1) {
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !tag.contains("/>") {
            depth += 1;
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The text with each formula as `$…$` or `$$…$$`, the only ways that the Markdown reader knows.
///
/// Others are `\(…\)`, `\[…\]`, `$ … $` with blanks, and Codeforces' `$$$…$$$`. Code stays as it is.
pub(super) fn with_dollars(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let (mut from, mut at) = (0, 0);
    let mut fence: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let bare = line.trim_start_matches([' ', '\t', '>']).trim_end();
        let run = |sign| &bare[..bare.len() - bare.trim_start_matches(sign).len()];
        match fence {
            Some(open) => {
                out.push_str(line);
                from = end;
                if bare.len() >= open.len() && run(&open[..1]) == bare {
                    fence = None;
                }
            }
            None => {
                let opens = [run("`"), run("~")].into_iter().find(|run| {
                    run.len() >= 3 && !(run.starts_with('`') && bare[run.len()..].contains('`'))
                });
                if opens.is_some() || bare.is_empty() {
                    paragraph(&text[from..at], &mut out);
                    out.push_str(line);
                    from = end;
                    fence = opens;
                }
            }
        }
        at = end;
    }
    paragraph(&text[from..], &mut out);
    out
}

fn paragraph(text: &str, out: &mut String) {
    if !text.contains(['\\', '$']) {
        out.push_str(text);
        return;
    }
    let last_runs = last_runs(text);
    let mut rest = text;
    while let Some(skipped) = rest.find(['\\', '$', '`']) {
        out.push_str(&rest[..skipped]);
        rest = &rest[skipped..];
        let here = text.len() - rest.len();
        let taken = match rest.as_bytes()[0] {
            b'`' => code(rest, here, &last_runs),
            b'\\' => bracketed(rest, out),
            _ => dollars(rest, text[..here].chars().next_back(), out),
        };
        match taken {
            Taken::AsItIs(bytes) => {
                let bytes = rest.ceil_char_boundary(bytes);
                out.push_str(&rest[..bytes]);
                rest = &rest[bytes..];
            }
            Taken::Formula(bytes) => {
                rest = &rest[bytes..];
                // Two signs that meet would be one other.
                if rest.starts_with(['$', '\\']) {
                    out.push(' ');
                }
            }
        }
    }
    out.push_str(rest);
}

/// Bytes of the text that are dealt with.
enum Taken {
    AsItIs(usize),
    Formula(usize),
}

/// Where the last run of each number of backticks begins, so that none is searched for that is not there.
fn last_runs(text: &str) -> HashMap<usize, usize> {
    let mut runs = HashMap::new();
    let mut at = 0;
    while let Some(skipped) = text[at..].find('`') {
        at += skipped;
        let length = run_length(&text[at..], b'`');
        runs.insert(length, at);
        at += length;
    }
    runs
}

fn run_length(text: &str, sign: u8) -> usize {
    text.bytes().take_while(|byte| *byte == sign).count()
}

/// A span of code.
fn code(rest: &str, here: usize, last_runs: &HashMap<usize, usize>) -> Taken {
    let length = run_length(rest, b'`');
    if last_runs.get(&length).is_none_or(|last| *last <= here) {
        return Taken::AsItIs(length);
    }
    let mut at = length;
    while let Some(skipped) = rest[at..].find('`') {
        let run = run_length(&rest[at + skipped..], b'`');
        at += skipped + run;
        if run == length {
            break;
        }
    }
    Taken::AsItIs(at)
}

/// `\(…\)` and `\[…\]`.
fn bracketed(rest: &str, out: &mut String) -> Taken {
    let (close, sign) = match rest.as_bytes().get(1) {
        Some(b'(') => ("\\)", "$"),
        Some(b'[') => ("\\]", "$$"),
        _ => return Taken::AsItIs(2.min(rest.len())),
    };
    let within = window(&rest[2..]);
    let source = within.match_indices(close).map(|(at, _)| &within[..at]);
    let even = |source: &&str| source.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 0;
    match source.into_iter().find(even) {
        Some(source) if is_formula(source) => {
            write(source, sign, out);
            Taken::Formula(source.len() + 4)
        }
        _ => Taken::AsItIs(2),
    }
}

/// Formulas between dollars.
fn dollars(rest: &str, before: Option<char>, out: &mut String) -> Taken {
    let length = run_length(rest, b'$');
    let (signs, after) = rest.split_at(length);
    let within = window(after);
    let sign = match length {
        1 | 3 => "$",
        2 | 6 => "$$",
        _ => return Taken::AsItIs(length),
    };
    let Some(source) = within.find(signs).map(|at| &within[..at]) else {
        return Taken::AsItIs(length);
    };
    let whole = source.len() + 2 * length;
    let follows = rest[whole..].chars().next();
    let is_meant = match length {
        1 if source.ends_with('\\') => return Taken::AsItIs(length),
        1 if source.trim() == source => return Taken::AsItIs(whole),
        1 => is_spaced_formula(source, before, follows),
        _ => is_formula(source),
    };
    if is_meant {
        write(source, sign, out);
        Taken::Formula(whole)
    } else {
        Taken::AsItIs(length)
    }
}

/// As much as a formula may have, and its end.
fn window(text: &str) -> &str {
    &text[..text.floor_char_boundary(FORMULA_BYTES + 6)]
}

fn is_formula(source: &str) -> bool {
    !source.trim().is_empty() && !source.contains('$') && !source.trim_end().ends_with('\\')
}

/// Whether what stands between dollars and blanks is a formula, and not words between two prices.
fn is_spaced_formula(source: &str, before: Option<char>, follows: Option<char>) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = source.trim();
    let one_sided =
        source.starts_with(char::is_whitespace) != source.ends_with(char::is_whitespace);
    let is_word = |piece: &str| piece.len() > 1 && piece.bytes().all(|b| b.is_ascii_alphabetic());
    let pieces: Vec<&str> = inner.split_whitespace().collect();
    let in_words = pieces.windows(2).any(|pair| {
        is_word(pair[1]) && (is_word(pair[0]) || pair[0].bytes().all(|b| b.is_ascii_digit()))
    });
    let is_price = inner.ends_with([',', '.', ';', ':', '-'])
        || (one_sided && inner.starts_with(|c: char| c.is_ascii_digit()));
    let is_within = joins(before) || joins(follows);
    is_formula(source) && !(in_words || is_price || is_within)
}

/// Lines are joined: one that begins with `=` or `-` would be a heading or a list.
fn write(source: &str, sign: &str, out: &mut String) {
    if out.ends_with('$') {
        out.push(' ');
    }
    out.push_str(sign);
    out.push_str(&source.trim().replace(['\r', '\n'], " "));
    out.push_str(sign);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_formula_is_known() {
        for (written, read) in [
            ("let \\(n\\) be", "let $n$ be"),
            ("\\[ x\n= y \\]", "$$x = y$$"),
            ("$ n $ and $m$", "$n$ and $m$"),
            ("($ a_i $)", "($a_i$)"),
            ("$$$1 \\le n$$$, $$$m$$$", "$1 \\le n$, $m$"),
            ("$$$$$$x$$$$$$", "$$x$$"),
            ("$$\na\n= b\n$$", "$$a = b$$"),
            ("\\(a\\)\\(b\\)$c$", "$a$ $b$ $c$"),
            ("整数\\(n\\)和$ m $。", "整数$n$和$m$。"),
            ("\\(f(x) = \\left(a\\right)\\)", "$f(x) = \\left(a\\right)$"),
        ] {
            assert_eq!(with_dollars(written), read, "{written}");
        }
    }

    #[test]
    fn prices_code_and_escapes_are_no_formulas() {
        for text in [
            "costs $ 5 and then $ 6",
            "costs $5 and $6",
            "$ 5, $ 6, $ 7",
            "from $5 - $10",
            "echo $HOME $PATH",
            "`\\(n\\)` and `` $ n ` $ ``",
            "```\n\\(n\\)\n\n$ n $\n```\n",
            "~~~ c\n\\[x\\]\n~~~",
            "> ```\n> $$$n$$$\n> ```",
            "\\\\(n\\\\)",
            "\\(n",
            "$$$",
            "$",
            "\\",
            "\\é",
            "`",
        ] {
            assert_eq!(with_dollars(text), text);
        }
    }
}
