//! The elements and attributes that HTML made of a stranger's text may hold.

/// Names of elements that load, run, submit or cover.
const NEVER: &[&str] = &[
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "img",
    "svg",
    "form",
    "input",
    "button",
    "link",
    "meta",
    "base",
    "video",
    "audio",
    "template",
    "maction",
    "semantics",
    "annotation-xml",
];

/// Panics at what is no text, no end of an element and no beginning of one that can do nothing.
pub(super) fn assert_harmless(html: &str) {
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(end) = rest.strip_prefix('/') {
            let name = name(end);
            assert!(
                !name.is_empty() && end[name.len()..].starts_with('>'),
                "{html}"
            );
            continue;
        }
        let element = name(rest);
        assert!(
            !element.is_empty() && !NEVER.contains(&element),
            "<{element} in {html}"
        );
        rest = &rest[element.len()..];
        loop {
            let inner = rest.trim_start();
            if let Some(after) = inner.strip_prefix('>').or_else(|| inner.strip_prefix("/>")) {
                rest = after;
                break;
            }
            let attribute = name(inner);
            let value = inner[attribute.len()..]
                .strip_prefix("=\"")
                .and_then(|value| value.split_once('"'));
            let Some((value, after)) = value else {
                panic!("<{element} {attribute} in {html}");
            };
            assert_attribute(element, attribute, value);
            rest = after;
        }
    }
}

fn name(text: &str) -> &str {
    let is_of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    &text[..text.len() - text.trim_start_matches(is_of_name).len()]
}

fn assert_attribute(element: &str, attribute: &str, value: &str) {
    match attribute {
        "href" => {
            let scheme = value.split(':').next().unwrap_or_default();
            let is_known = ["http", "https"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(scheme));
            assert!(element == "a" && is_known, "{element} leads to {value}");
        }
        // An empty one is left of a class that is not allowed.
        "class" => assert!(
            ["", "formula", "as-written", "together"].contains(&value),
            "class {value}"
        ),
        "rel" => assert_eq!(value, "nofollow noopener noreferrer"),
        "style" | "id" | "name" | "src" | "action" => panic!("{element} has {attribute}"),
        _ => assert!(
            !attribute.is_empty() && !attribute.starts_with("on"),
            "{element} has {attribute}"
        ),
    }
}
