//! The templates of the pages.

use crate::support::root;

/// A browser drops the line end that `<pre>` or `<textarea>` begins with: without one of its own it drops one of the text.
#[test]
fn every_preformatted_text_begins_after_a_line_end_of_the_template() {
    let mut seen = 0;
    for folder in [
        "functions/pages/templates",
        "functions/admin-pages/templates",
        "shared/site/templates",
    ] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let template = std::fs::read_to_string(&path).unwrap();
            for name in ["<pre", "<textarea"] {
                for (at, _) in template.match_indices(name) {
                    let text = after_tag(&template[at..]);
                    assert!(text.starts_with('\n'), "{path:?}: {name} {text:.40}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

/// The text behind a tag, in which askama's own tags may have any sign.
fn after_tag(mut rest: &str) -> &str {
    loop {
        let end = rest.find('>').unwrap();
        match rest.find(['{', '}']).filter(|open| *open < end) {
            Some(open) => {
                let close = if rest[open..].starts_with("{{") {
                    "}}"
                } else {
                    "%}"
                };
                let close = open + rest[open..].find(close).unwrap();
                rest = &rest[close + 2..];
            }
            None => return &rest[end + 1..],
        }
    }
}
