use super::Family;

/// How the closing mark of a literal is kept from closing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    /// By a backslash before it; also in Python's raw strings.
    Backslash,
    /// By doubling it.
    Doubled,
}

/// A literal's opening: everything needed to find its end.
#[derive(Debug)]
struct Open {
    /// Bytes of the prefix and the opening mark.
    length: usize,
    close: Vec<u8>,
    escape: Escape,
    /// What opens an embedded expression, or nothing; its last byte is the bracket.
    field: &'static str,
    /// Whether it can span lines.
    lines: bool,
}

impl Open {
    fn new(length: usize, close: &str) -> Self {
        let close = close.as_bytes().to_vec();
        Self {
            length,
            close,
            escape: Escape::Backslash,
            field: "",
            lines: false,
        }
    }

    fn lines(self) -> Self {
        Self {
            lines: true,
            ..self
        }
    }

    fn escape(self, escape: Escape) -> Self {
        Self { escape, ..self }
    }

    fn field(self, field: &'static str) -> Self {
        Self { field, ..self }
    }
}

/// The end (a byte offset) of the string or character literal that begins at `at`, if one does.
pub(super) fn literal_end(family: Family, text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    if family == Family::Pascal {
        return pascal_end(bytes, at);
    }
    let open = opening(family, &bytes[at..])?;
    let start = at + open.length;
    let mut end = end(family, bytes, start, open);
    // `"x"_kilometres` is one token where literals have suffixes.
    if matches!(family, Family::Cpp | Family::CSharp | Family::Rust) {
        end += word_length(&bytes[end..]);
    }
    Some(end)
}

/// The number of bytes of names and numbers at the front.
pub(super) fn word_length(rest: &[u8]) -> usize {
    rest.iter().take_while(|&&byte| is_word_byte(byte)).count()
}

/// Whether a byte belongs to a name or a number: all of every non-ASCII character does.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn opening(family: Family, rest: &[u8]) -> Option<Open> {
    let prefix_length = rest
        .iter()
        .take(4)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    let (prefix, tail) = rest.split_at(prefix_length);
    let quote = *tail.first()?;
    if quote.is_ascii_alphanumeric() || quote >= 0x80 {
        return None;
    }
    let prefix = std::str::from_utf8(prefix).ok()?;
    let triple = [quote; 3];
    let is_triple = tail.starts_with(&triple);
    let single = Open::new(prefix_length + 1, if quote == b'\'' { "'" } else { "\"" });
    let tripled = Open::new(
        prefix_length + 3,
        if quote == b'\'' { "'''" } else { "\"\"\"" },
    )
    .lines();
    let backtick = Open::new(1, "`");
    let bare = prefix.is_empty();
    match (family, quote) {
        (Family::C | Family::Cpp, b'"' | b'\'')
            if matches!(prefix, "" | "u8" | "u" | "U" | "L") =>
        {
            Some(single)
        }
        (Family::Cpp, b'"') if matches!(prefix, "R" | "u8R" | "uR" | "UR" | "LR") => {
            cpp_raw(prefix_length, tail)
        }
        (Family::Rust, b'"') if matches!(prefix, "" | "b" | "c") => Some(single.lines()),
        (Family::Rust, b'"' | b'#') if matches!(prefix, "r" | "br" | "cr") => {
            hashed(prefix_length, tail, "\"")
        }
        (Family::Rust, b'\'') if prefix == "b" || bare && is_character(tail) => Some(single),
        (Family::Python, b'"' | b'\'') if prefix.bytes().all(|b| b"rRbBuUfFtT".contains(&b)) => {
            let open = if is_triple { tripled } else { single };
            let formatted = prefix.contains(['f', 'F', 't', 'T']);
            Some(open.field(if formatted { "{" } else { "" }))
        }
        (Family::JavaScript, b'"' | b'\'') if bare => Some(single),
        (Family::JavaScript, b'`') if bare => Some(backtick.lines().field("${")),
        (Family::Java, b'"') if bare && is_triple => Some(tripled),
        (Family::Java, b'"' | b'\'') if bare => Some(single),
        (Family::Kotlin, b'"') if bare && is_triple => {
            Some(tripled.escape(Escape::None).field("${"))
        }
        (Family::Kotlin, b'"') if bare => Some(single.field("${")),
        (Family::Kotlin, b'\'') if bare => Some(single),
        (Family::Kotlin | Family::Scala, b'`') if bare => Some(backtick.escape(Escape::None)),
        (Family::Scala, b'"') => {
            let open = if is_triple {
                tripled.escape(Escape::None)
            } else {
                single
            };
            Some(open.field(if bare { "" } else { "${" }))
        }
        (Family::Swift, b'"' | b'#') if bare => swift(tail),
        // Not Swift, but a text between quotes is kept wherever it can be.
        (Family::Swift, b'\'') if bare => Some(single),
        (Family::CSharp, b'"' | b'@' | b'$') if bare => c_sharp(tail),
        (Family::CSharp, b'\'') if bare => Some(single),
        (Family::Go, b'"' | b'\'') if bare => Some(single),
        (Family::Go, b'`') if bare => Some(backtick.lines().escape(Escape::None)),
        // String gaps span lines.
        (Family::Haskell, b'"') if bare => Some(single.lines()),
        (Family::Haskell | Family::Scala, b'\'') if bare && is_character(tail) => Some(single),
        (Family::Lua, b'"' | b'\'') if bare => Some(single),
        (Family::Lua, b'[') if bare => lua_long(tail),
        (Family::Sql, b'"' | b'\'') if prefix_length <= 1 => {
            Some(single.lines().escape(Escape::Doubled))
        }
        (Family::Sql, b'`') if bare => Some(backtick.escape(Escape::Doubled)),
        (Family::Ruby, b'"') if bare => Some(single.lines().field("#{")),
        (Family::Shell, b'"') if bare => Some(single.lines().field("$(")),
        (Family::Shell, b'\'') if bare => Some(single.lines().escape(Escape::None)),
        (Family::Perl | Family::Php, b'"') if bare => Some(single.lines()),
        (Family::Ruby | Family::Perl | Family::Php, b'\'') if bare => Some(single.lines()),
        (Family::Ruby, b'%') if bare => percent(tail),
        (Family::Perl, _) if matches!(prefix, "q" | "qq" | "qw") => delimited(prefix_length, tail),
        (Family::Unknown, b'"') if bare => Some(single.lines()),
        _ => None,
    }
}

/// A character literal rather than a lifetime, a symbol or a promoted name.
fn is_character(tail: &[u8]) -> bool {
    match tail {
        [_, b'\\', ..] => true,
        [_, first, rest @ ..] if *first != b'\n' => {
            let continued = rest.iter().take_while(|&&byte| byte & 0xC0 == 0x80).count();
            rest.get(continued) == Some(&b'\'')
        }
        _ => false,
    }
}

fn cpp_raw(prefix_length: usize, tail: &[u8]) -> Option<Open> {
    // The standard allows delimiters of up to 16 characters.
    let length = tail
        .iter()
        .skip(1)
        .take(17)
        .position(|&byte| byte == b'(')?;
    let delimiter = std::str::from_utf8(tail.get(1..=length)?).ok()?;
    let close = format!("){delimiter}\"");
    Some(
        Open::new(prefix_length + length + 2, &close)
            .lines()
            .escape(Escape::None),
    )
}

/// A literal between quotes outside of which stands any number of `#`.
fn hashed(prefix_length: usize, tail: &[u8], quote: &str) -> Option<Open> {
    let hashes = tail.iter().take_while(|&&byte| byte == b'#').count();
    if !tail[hashes..].starts_with(quote.as_bytes()) {
        return None;
    }
    let close = format!("{quote}{}", "#".repeat(hashes));
    Some(
        Open::new(prefix_length + hashes + quote.len(), &close)
            .lines()
            .escape(Escape::None),
    )
}

fn swift(tail: &[u8]) -> Option<Open> {
    let triple = "\"\"\"";
    match tail {
        [b'#', ..] => hashed(0, tail, triple).or_else(|| hashed(0, tail, "\"")),
        [b'"', b'"', b'"', ..] => Some(Open::new(3, triple).lines().field("\\(")),
        _ => Some(Open::new(1, "\"").field("\\(")),
    }
}

fn c_sharp(tail: &[u8]) -> Option<Open> {
    // Nobody writes more marks; without a limit, a long run of them would be counted again from each.
    let marks = tail
        .iter()
        .take(8)
        .take_while(|&&byte| matches!(byte, b'@' | b'$'))
        .count();
    let quotes = tail[marks..]
        .iter()
        .take_while(|&&byte| byte == b'"')
        .count();
    let field = if tail[..marks].contains(&b'$') {
        "{"
    } else {
        ""
    };
    match quotes {
        0 => None,
        _ if tail[..marks].contains(&b'@') => Some(
            Open::new(marks + 1, "\"")
                .lines()
                .escape(Escape::Doubled)
                .field(field),
        ),
        1 | 2 => Some(Open::new(marks + 1, "\"").field(field)),
        // Quotes in the fields of a raw string are fewer than those around it, so fields need no care.
        _ => Some(
            Open::new(marks + quotes, &"\"".repeat(quotes))
                .lines()
                .escape(Escape::None),
        ),
    }
}

fn lua_long(tail: &[u8]) -> Option<Open> {
    let level = tail
        .iter()
        .skip(1)
        .take_while(|&&byte| byte == b'=')
        .count();
    let close = format!("]{}]", "=".repeat(level));
    (tail.get(level + 1) == Some(&b'['))
        .then(|| Open::new(level + 2, &close).lines().escape(Escape::None))
}

/// Ruby's `%w[…]`, `%q(…)`, `%(…)` and the like; `a %(b)` is one more literal to keep, which is harmless.
fn percent(tail: &[u8]) -> Option<Open> {
    let kind = tail.get(1).is_some_and(|byte| b"qQwWiIrsx".contains(byte));
    let length = 1 + usize::from(kind);
    delimited(length, &tail[length..])
}

fn delimited(prefix_length: usize, tail: &[u8]) -> Option<Open> {
    let close = match tail.first()? {
        b'(' => ")",
        b'[' => "]",
        b'{' => "}",
        b'<' => ">",
        b'|' => "|",
        b'!' => "!",
        b'/' => "/",
        _ => return None,
    };
    Some(Open::new(prefix_length + 1, close).lines())
}

enum Frame {
    Literal(Open),
    /// An embedded expression: how deep its brackets are nested, and its kind of bracket.
    Field(usize, u8, u8),
}

/// The end of a literal whose content begins at `at`. A stack, because embedded expressions hold literals.
fn end(family: Family, bytes: &[u8], mut at: usize, open: Open) -> usize {
    let mut stack = vec![Frame::Literal(open)];
    while let (Some(&byte), Some(frame)) = (bytes.get(at), stack.last_mut()) {
        let rest = &bytes[at..];
        match frame {
            Frame::Literal(open)
                if !open.field.is_empty() && rest.starts_with(open.field.as_bytes()) =>
            {
                let field = open.field.as_bytes();
                if field == b"{" && rest.starts_with(b"{{") {
                    at += 2;
                    continue;
                }
                at += field.len();
                let parenthesis = field.ends_with(b"(");
                let (opens, closes) = if parenthesis {
                    (b'(', b')')
                } else {
                    (b'{', b'}')
                };
                stack.push(Frame::Field(1, opens, closes));
            }
            Frame::Literal(open) if rest.starts_with(&open.close) => {
                let length = open.close.len();
                at += length;
                if open.escape == Escape::Doubled && bytes[at..].starts_with(&open.close) {
                    at += length;
                    continue;
                }
                stack.pop();
                if stack.is_empty() {
                    return at;
                }
            }
            Frame::Literal(open) if byte == b'\\' && open.escape == Escape::Backslash => {
                let before_field =
                    !open.field.is_empty() && rest[1..].starts_with(open.field.as_bytes());
                at += if before_field && open.field == "{" {
                    1
                } else {
                    2
                };
            }
            Frame::Literal(open) if byte == b'\n' && !open.lines => {
                stack.pop();
                if stack.is_empty() {
                    return at;
                }
            }
            Frame::Literal(_) => at += 1,
            Frame::Field(depth, opens, closes) => {
                if byte == *opens {
                    *depth += 1;
                } else if byte == *closes {
                    *depth -= 1;
                }
                if *depth == 0 {
                    stack.pop();
                    at += 1;
                } else if let Some(inner) = opening(family, rest) {
                    at += inner.length;
                    stack.push(Frame::Literal(inner));
                } else {
                    at += 1;
                }
            }
        }
    }
    // An escape as the last character would step beyond the end.
    at.min(bytes.len())
}

/// Quoted parts and character codes (`'it''s'#13#10'x'`) that follow each other are one literal.
fn pascal_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        let rest = &bytes[end..];
        match rest {
            [b'\'', content @ ..] => {
                let length = content
                    .iter()
                    .take_while(|&&byte| byte != b'\'' && byte != b'\n')
                    .count();
                let closed = content.get(length) == Some(&b'\'');
                end += 1 + length + usize::from(closed);
                if !closed {
                    return Some(end);
                }
            }
            [b'#', b'$' | b'0'..=b'9', code @ ..] => end += 2 + word_length(code),
            _ => return (end > at).then_some(end),
        }
    }
}
