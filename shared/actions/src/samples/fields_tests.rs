use judge_api::Capability;

use super::*;

fn draft() -> Draft {
    Draft {
        code: "print(1)".to_owned(),
        language: "Python".to_owned(),
        samples: vec![Sample {
            input: String::new(),
            output: None,
        }],
        ..Draft::default()
    }
}

fn pointers(draft: Draft) -> Vec<String> {
    match checked(draft) {
        Ok(_) => Vec::new(),
        Err(ApiError::Invalid(errors)) => errors.into_iter().map(|error| error.pointer).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn every_field_that_is_wrong_is_named() {
    assert!(pointers(draft()).is_empty());
    let long = "x".repeat(limits::SAMPLE_BYTES + 1);
    let sample = |input: &str, output: &str| Sample {
        input: input.to_owned(),
        output: Some(output.to_owned()),
    };
    let draft = Draft {
        code: "x".repeat(limits::CODE_BYTES + 1),
        language: "x".repeat(41),
        samples: vec![sample("\0", ""), sample("", &long)],
        samples_sent: 2,
        time_limit_ms: Some(0),
        memory_limit_mb: Some(-1),
        hunt: HuntDraft {
            reference_code: Some("\0".to_owned()),
            reference_language: Some("x".repeat(41)),
            generator: Some("x".repeat(HELPER_BYTES + 1)),
            validator: Some("\0".to_owned()),
            checker: Some("x".repeat(HELPER_BYTES + 1)),
        },
    };
    let wrong = [
        "/code",
        "/language",
        "/samples/0/input",
        "/samples/1/output",
        "/time_limit_ms",
        "/memory_limit_mb",
        "/reference_code",
        "/generator",
        "/validator",
        "/checker",
        "/reference_language",
    ];
    assert_eq!(pointers(draft), wrong);
}

#[test]
fn there_are_samples_and_not_too_many() {
    for sent in [0, limits::GIVEN_SAMPLES + 1, 1_000_000] {
        let draft = Draft {
            samples: Vec::new(),
            samples_sent: sent,
            ..draft()
        };
        assert_eq!(pointers(draft), ["/samples"], "{sent}");
    }
    let samples = vec![Sample::default(); limits::GIVEN_SAMPLES];
    assert!(pointers(Draft { samples, ..draft() }).is_empty());
}

#[test]
fn limits_are_those_of_a_judge() {
    let found = checked(Draft {
        time_limit_ms: Some(100),
        memory_limit_mb: Some(1024),
        ..draft()
    });
    let limits = found.unwrap().limits;
    assert_eq!((limits.time_ms, limits.memory_mb), (100, 1024));
    assert_eq!(checked(draft()).unwrap().limits, RunLimits::default());
}

fn hunting(hunt: HuntDraft, samples: Vec<Sample>) -> Draft {
    Draft {
        hunt,
        samples,
        ..draft()
    }
}

#[test]
fn a_hunt_needs_something_that_tells_what_is_right_and_something_to_make_inputs_from() {
    let text = || Some("text".to_owned());
    let reference = || HuntDraft {
        reference_code: text(),
        ..HuntDraft::default()
    };
    let one = || vec![Sample::default()];
    let none: [&str; 0] = [];
    assert_eq!(pointers(hunting(reference(), one())), none);
    assert_eq!(pointers(hunting(reference(), Vec::new())), ["/samples"]);
    let generated = HuntDraft {
        generator: text(),
        ..reference()
    };
    assert_eq!(pointers(hunting(generated, Vec::new())), none);
    let checked = HuntDraft {
        generator: text(),
        checker: text(),
        ..HuntDraft::default()
    };
    let answered = Sample {
        output: Some(String::new()),
        ..Sample::default()
    };
    let pointers_of = |samples| pointers(hunting(checked.clone(), samples));
    assert_eq!(pointers_of(vec![Sample::default(), answered]), none);
    assert_eq!(pointers_of(one()), ["/checker"]);
    assert_eq!(pointers_of(Vec::new()), ["/checker"]);
    let alone = HuntDraft {
        generator: text(),
        validator: text(),
        reference_language: text(),
        ..HuntDraft::default()
    };
    assert_eq!(
        pointers(hunting(alone, one())),
        ["/reference_language", "/generator", "/validator"]
    );
    let blank = HuntDraft {
        reference_code: Some(" \n".to_owned()),
        generator: Some(String::new()),
        ..HuntDraft::default()
    };
    assert_eq!(pointers(hunting(blank, one())), none);
}

#[test]
fn both_languages_are_named_if_both_are_wrong() {
    let known = Capabilities {
        languages: vec![Capability {
            language: Language::Python3,
            title: "Python 3".to_owned(),
        }],
    };
    let of = |program: &str, reference: Option<&str>| {
        let hunt = HuntDraft {
            reference_code: Some("print(1)".to_owned()),
            reference_language: reference.map(str::to_owned),
            ..HuntDraft::default()
        };
        let draft = Draft {
            language: program.to_owned(),
            ..hunting(hunt, vec![Sample::default()])
        };
        languages(&checked(draft).unwrap(), &known)
    };
    let found = of("PyPy 3", None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.reference, Language::Python3);
    let Err(ApiError::Invalid(errors)) = of("Befunge", Some("C++")) else {
        panic!("they are taken");
    };
    let pointers: Vec<_> = errors.iter().map(|error| &*error.pointer).collect();
    assert_eq!(pointers, ["/language", "/reference_language"]);
}

#[test]
fn a_language_that_is_not_there_is_answered_with_those_that_are() {
    let title = "Python 3 (Python 3.11.2)".to_owned();
    let known = Capabilities {
        languages: vec![Capability {
            language: Language::Python3,
            title,
        }],
    };
    assert_eq!(
        language("/language", "py", &known).unwrap().0,
        Language::Python3
    );
    for (name, known, detail) in [
        (
            "",
            &known,
            "is missing: name the language of the program; it runs Python 3 (Python 3.11.2)",
        ),
        (
            "C++",
            &known,
            "is not a language that the judge runs; it runs Python 3 (Python 3.11.2)",
        ),
        (
            "Python",
            &Capabilities::default(),
            "is not a language that the judge runs; it runs no language at the moment",
        ),
    ] {
        let error = language("/language", name, known).unwrap_err();
        assert_eq!(error, FieldError::new("/language", detail));
    }
}
