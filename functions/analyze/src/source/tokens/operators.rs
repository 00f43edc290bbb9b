/// The longest operator of these languages that `rest` begins with, as a length in bytes; at least 1.
///
/// Operators of all languages are known in all, but for the few that would take a usual formatting
/// (`x<-1` as `x < -1`) for a difference: too many only make two texts differ that need not.
pub(super) fn operator_length(rest: &[u8], arrow_left: bool) -> usize {
    let run = rest
        .iter()
        .take(4)
        .take_while(|&&byte| is_operator(byte))
        .count();
    let known = |&length: &usize| {
        let candidate = &rest[..length];
        OPERATORS.contains(&candidate) || arrow_left && candidate == b"<-"
    };
    (2..=run).rev().find(known).unwrap_or(1)
}

/// Whether a byte can be part of an operator of more than one character.
pub(super) fn is_operator(byte: u8) -> bool {
    byte.is_ascii_punctuation()
        && !is_separator(byte)
        && !matches!(byte, b'_' | b'"' | b'\'' | b'`')
}

/// Whether a byte is a token of its own in every language, whatever stands beside it.
pub(super) fn is_separator(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b';')
}

const OPERATORS: [&[u8]; 62] = [
    b">>>=", b"<=>", b"===", b"!==", b">>>", b"<<=", b">>=", b"**=", b"//=", b"&&=", b"||=",
    b"??=", b"&^=", b"...", b"..=", b"..<", b"->*", b"<<<", b"?->", b"++", b"--", b"+=", b"-=",
    b"*=", b"/=", b"%=", b"&=", b"|=", b"^=", b"==", b"!=", b"<=", b">=", b"&&", b"||", b"<<",
    b">>", b"->", b"=>", b"::", b":=", b"..", b".*", b"?.", b"??", b"?:", b"**", b"//", b"&^",
    b"<>", b"~=", b"^^", b"!!", b"##", b"@=", b"%:", b"<:", b":>", b"<%", b"%>", b"|>", b"<|",
];
