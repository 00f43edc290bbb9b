use serde_json::json;

use super::{budget::Size, conversation::Conversation, reply::Reply, *};
use config::Config;

/// An endpoint by these settings.
pub(super) fn endpoint(settings: &[(&str, &str)]) -> ModelConfig {
    let vars = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_vars(vars).unwrap().model
}

/// A question without pictures.
pub(super) fn question() -> Question {
    let schema = Box::leak(Box::new(json!({ "type": "object" })));
    Question::new("sum", schema, "Add.".to_owned(), "1 2".to_owned())
}

fn read(words: usize, context: &[(&str, &str)], usage: &Value) -> Result<(), Error> {
    let question = Question {
        user: "word ".repeat(words),
        ..question()
    };
    let conversation = Conversation::new(&question);
    let mut reply = Reply::default();
    reply.take(&json!({ "usage": usage })).unwrap();
    Size::of(&conversation, 0).was_read(&endpoint(context), &reply)
}

#[test]
fn a_question_that_was_cut_in_silence_is_noticed() {
    let cut = |words, context: &[(&str, &str)], usage| read(words, context, &usage).is_err();
    assert!(cut(5000, &[], json!({"prompt_tokens": 4096})));
    assert!(cut(9000, &[], json!({"prompt_tokens": 6000})));
    assert!(cut(
        4000,
        &[],
        json!({"prompt_tokens": 3100, "total_tokens": 4096})
    ));
    assert!(!cut(5000, &[], json!({"prompt_tokens": 5100})));
    // Such a number by chance.
    assert!(!cut(3500, &[], json!({"prompt_tokens": 4096})));
    assert!(!cut(10, &[], json!({"prompt_tokens": 40})));
    // Vendors that count what was cached beside the rest.
    let beside = json!({"prompt_tokens": 300, "prompt_tokens_details": {"cached_tokens": 4900}});
    assert!(!cut(5000, &[], beside));
    assert!(!cut(5000, &[], json!({"prompt_tokens": 100})));
    // The operator knows better, except where the context is full.
    let known = [("OPENAI_CONTEXT_TOKENS", "32768")];
    assert!(!cut(9000, &known, json!({"prompt_tokens": 6000})));
    assert!(cut(5000, &known, json!({"prompt_tokens": 4096})));
    // An estimate that is not the server's says nothing.
    assert!(!cut(5000, &[], json!({})));
}

#[test]
fn the_model_that_was_meant_comes_first() {
    let models = ["llama3.2:3b", "qwen2.5-coder:7b", "gemma3"].map(str::to_owned);
    assert_eq!(
        most_alike("qwen2.5-coder", models.to_vec()),
        ["qwen2.5-coder:7b", "llama3.2:3b", "gemma3"]
    );
}

#[test]
fn a_question_is_known_by_its_data() {
    let ask = |user: &str| {
        Question {
            user: user.to_owned(),
            ..question()
        }
        .fingerprint()
    };
    assert_eq!(
        ask("<data-1a name=\"x\">\nint x;"),
        ask("<data-2b name=\"x\">\nint x;")
    );
    assert_ne!(ask("int x;"), ask("int y;"));
}
