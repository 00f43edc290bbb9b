//! For answers that are files: the entity tag a client already has, and the name to save under.

use axum::http::{HeaderMap, HeaderValue};
use axum_extra::headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// `attr-char` of RFC 8187: the characters that stand for themselves in `filename*`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// Whether `If-None-Match` names this entity tag, so that the client has the answer already.
#[must_use]
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.typed_get::<IfNoneMatch>();
    known.is_some_and(|known| {
        let etag = etag.parse::<ETag>();
        etag.is_ok_and(|etag| !known.precondition_passes(&etag))
    })
}

/// The `Content-Disposition` of a file to save under this name, whatever characters it has.
#[must_use]
pub fn attachment(name: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '%' => '_',
            ' '..='~' => c,
            _ => '_',
        })
        .collect();
    let mut value = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        value.push_str(&format!(
            "; filename*=UTF-8''{}",
            utf8_percent_encode(name, ENCODED)
        ));
    }
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_of_any_script_reaches_the_client() {
        assert_eq!(
            attachment("my solution.cpp.patch"),
            "attachment; filename=\"my solution.cpp.patch\""
        );
        assert_eq!(
            attachment("解.py"),
            "attachment; filename=\"_.py\"; filename*=UTF-8''%E8%A7%A3.py"
        );
        assert_eq!(
            attachment("a\"; x=\"\r\nb%41"),
            "attachment; filename=\"a_; x=___b_41\"; filename*=UTF-8''a%22%3B%20x%3D%22%0D%0Ab%2541"
        );
    }

    #[test]
    fn an_entity_tag_is_known_weak_or_in_a_list() {
        for (tags, known) in [
            ("\"7\"", true),
            ("\"x\", W/\"7\"", true),
            ("*", true),
            ("\"77\"", false),
        ] {
            let headers = HeaderMap::from_iter([(
                axum::http::header::IF_NONE_MATCH,
                HeaderValue::from_str(tags).unwrap(),
            )]);
            assert_eq!(is_known(&headers, "\"7\""), known, "{tags}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"7\""));
    }
}
