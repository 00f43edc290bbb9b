use super::*;

fn errors(draft: Draft) -> Vec<(String, String)> {
    match check(draft, true) {
        Err(ApiError::Invalid(errors)) => {
            errors.into_iter().map(|e| (e.pointer, e.detail)).collect()
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => Vec::new(),
    }
}

fn text(text: &str) -> Draft {
    Draft {
        text: Some(text.to_owned()),
        ..Draft::default()
    }
}

#[test]
fn something_must_be_sent() {
    assert_eq!(errors(Draft::default())[0].0, "");
    assert_eq!(errors(text(" \n\t"))[0].0, "");
    assert!(errors(text("a + b")).is_empty());
    assert!(
        errors(Draft {
            code: Some("x".to_owned()),
            ..Draft::default()
        })
        .is_empty()
    );
}

#[test]
fn every_wrong_field_is_named_at_once_with_what_it_may_be() {
    let draft = Draft {
        callback_url: None,
        text: Some("a\0b".to_owned()),
        code: Some("x".repeat(limits::CODE_BYTES + 1)),
        language: Some("l".repeat(41)),
        verdict: Some("maybe".to_owned()),
        failing_input: Some("1\0".to_owned()),
        answer_language: Some("fr".to_owned()),
        images: vec![
            DraftImage::from_text("http://h.example/a.png"),
            DraftImage::from_text("data:image/png;base64,%%%"),
            DraftImage::from_text("data:image/png;base64,PHN2Zy8+"),
        ],
        images_sent: 3,
    };
    let errors = errors(draft);
    let pointers: Vec<_> = errors.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/text",
            "/code",
            "/failing_input",
            "/language",
            "/verdict",
            "/answer_language",
            "/images/0",
            "/images/1",
            "/images/2"
        ]
    );
    assert_eq!(
        errors[4].1,
        "must be WA, TLE, MLE, RE, CE or PE, or be left out"
    );
    assert_eq!(errors[5].1, "must be en, zh or de");
    assert!(
        errors[8].1.starts_with("is not an image that can be read"),
        "{errors:?}"
    );
}

#[test]
fn a_limit_counts_bytes_and_allows_exactly_its_number() {
    assert!(errors(text(&"a".repeat(limits::TEXT_BYTES))).is_empty());
    assert_eq!(
        errors(text(&"a".repeat(limits::TEXT_BYTES + 1)))[0].0,
        "/text"
    );
    assert_eq!(
        errors(text(&"题".repeat(limits::TEXT_BYTES / 3 + 1)))[0].0,
        "/text"
    );
}

#[test]
fn images_are_refused_when_the_model_does_not_read_them() {
    let draft = Draft {
        images: vec![DraftImage::from_text("")],
        ..text("a")
    };
    assert!(
        matches!(check(draft, false), Err(ApiError::Invalid(errors)) if errors[0].pointer == "/images")
    );
}

#[test]
fn what_is_kept_is_kept_byte_for_byte() {
    let checked = check(text("  int main()\r\n"), true).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(checked.text, "  int main()\r\n");
}
