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

fn sample(input: Option<&str>, output: Option<&str>) -> DraftSample {
    DraftSample {
        input: input.map(str::to_owned),
        output: output.map(str::to_owned),
    }
}

#[test]
fn there_may_be_twenty_samples_and_limits_in_their_range() {
    let samples = |count| Draft {
        samples: vec![sample(Some("1"), Some("2")); count],
        ..text("a")
    };
    assert!(errors(samples(limits::GIVEN_SAMPLES)).is_empty());
    assert_eq!(errors(samples(limits::GIVEN_SAMPLES + 1))[0].0, "/samples");
    for (time, right) in [
        ("100", true),
        (" 30000 ", true),
        ("", true),
        ("99", false),
        ("30001", false),
        ("-1", false),
        ("1.5", false),
        ("1e3", false),
        ("99999999999999999999", false),
    ] {
        let draft = Draft {
            time_limit_ms: Some(time.to_owned()),
            ..text("a")
        };
        assert_eq!(errors(draft).is_empty(), right, "{time}");
    }
}

#[test]
fn a_request_without_tests_and_limits_keeps_its_hash() {
    let new = |draft| {
        let checked = check(draft, true).unwrap_or_else(|error| panic!("{error:?}"));
        NewSubmission {
            id: SubmissionId::generate(),
            text: checked.text,
            code: checked.code,
            language: checked.language,
            verdict: checked.verdict,
            failing_input: checked.failing_input,
            samples: checked.samples,
            time_limit_ms: checked.time_limit_ms,
            memory_limit_mb: checked.memory_limit_mb,
            reference_code: checked.reference_code,
            answer_language: checked.answer_language,
            image_count: 0,
            visitor: None,
            owner_token_hash: [0; 32],
            is_unlimited: false,
            request_id: None,
            traceparent: None,
        }
    };
    let hash = |draft| body_hash(&new(draft), None, &[]);
    // Made by a version that knew neither.
    let known = "ac10262228179d8830c8499835b57f949f87278ab100c3fe54039fe3151acace";
    let hex: String = hash(text("a + b"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hex, known);
    let mut hashes = vec![hash(text("a + b"))];
    for draft in [
        Draft {
            samples: vec![sample(Some("1"), Some("2"))],
            ..text("a + b")
        },
        Draft {
            samples: vec![sample(Some("2"), Some("1"))],
            ..text("a + b")
        },
        Draft {
            time_limit_ms: Some("100".to_owned()),
            ..text("a + b")
        },
        Draft {
            memory_limit_mb: Some("100".to_owned()),
            ..text("a + b")
        },
        Draft {
            reference_code: Some("100".to_owned()),
            ..text("a + b")
        },
    ] {
        hashes.push(hash(draft));
    }
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 6);
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
        samples: vec![
            sample(Some("1\0"), Some("2")),
            sample(Some("1 2"), Some(" \n")),
            sample(None, Some(&"3".repeat(limits::SAMPLE_BYTES + 1))),
            sample(None, Some("3")),
        ],
        samples_sent: 4,
        time_limit_ms: Some("0".to_owned()),
        memory_limit_mb: Some("much".to_owned()),
        reference_code: Some("\0".to_owned()),
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
            "/reference_code",
            "/language",
            "/verdict",
            "/answer_language",
            "/samples/0/input",
            "/samples/1/output",
            "/samples/2/output",
            "/time_limit_ms",
            "/memory_limit_mb",
            "/images/0",
            "/images/1",
            "/images/2"
        ]
    );
    assert_eq!(
        errors[5].1,
        "must be WA, TLE, MLE, RE, CE or PE, or be left out"
    );
    assert_eq!(errors[6].1, "must be en, zh or de");
    assert!(errors[8].1.contains("failing_input"), "{errors:?}");
    assert_eq!(
        errors[10].1,
        "must be a whole number from 100 to 30000, or be left out"
    );
    assert!(
        errors[14].1.starts_with("is not an image that can be read"),
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
