use super::*;

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[serde(default)]
    images: Vec<String>,
}

fn errors(body: &[u8]) -> Vec<(String, String)> {
    match parse_json::<Sample>(body).unwrap_err() {
        ApiError::Invalid(errors) => errors.into_iter().map(|e| (e.pointer, e.detail)).collect(),
        ApiError::Unreadable(detail) => vec![("unreadable".to_owned(), detail)],
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wrong_type_is_pointed_at() {
    assert_eq!(
        errors(br#"{"images": ["a", 5]}"#),
        [(
            "/images/1".to_owned(),
            "invalid type: integer `5`, expected a string".to_owned()
        )]
    );
    assert_eq!(errors(br#"{"imags": []}"#)[0].0, "/imags");
    assert!(
        errors(br#"{"imags": []}"#)[0]
            .1
            .starts_with("unknown field `imags`, expected `images`")
    );
}

#[test]
fn what_is_no_json_is_unreadable() {
    for body in [
        &b"{"[..],
        b"",
        b"{} x",
        b"{\"images\": [\"\xff\"]}",
        br#"{"images": ["\ud800"]}"#,
    ] {
        assert_eq!(errors(body)[0].0, "unreadable", "{body:?}");
    }
    for body in [
        &br#"{"images": ["a"]}"#[..],
        b"\xef\xbb\xbf {\"images\": [\"a\"]}\n",
    ] {
        assert_eq!(parse_json::<Sample>(body).unwrap().images, ["a"]);
    }
}
