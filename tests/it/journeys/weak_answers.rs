//! Answers of weak models: none is taken for a fix, and each ends in words that help.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, buggy},
    model::{Act, BUGGY, Model, STATEMENT, analysis, problem},
};

/// How an answer ends when the model insists on it.
enum End {
    /// It cannot be used, with these words.
    Unusable(&'static str),
    /// It says that nothing is wrong.
    NoBug,
}

const LINE: &str = "    std::cout << a - b << \"\\n\";";

fn fix(old: &str, new: &str) -> String {
    json!({ "reasoning": "", "summary": "It subtracts the numbers.", "fixes": [{ "old": old, "new": new, "line": 0 }] }).to_string()
}

/// Answers of weak models to the question for the bug, of our own making.
fn answers() -> Vec<(&'static str, String, End)> {
    use End::{NoBug, Unusable};
    let whole = analysis().to_string();
    let fixed = BUGGY.replace("a - b", "a + b");
    let not_there = "does not stand in the program";
    vec![
        ("prose", "The bug is that it subtracts. Use + instead.".to_owned(), Unusable("not a JSON object")),
        ("a blank", " ".to_owned(), Unusable("")),
        ("an empty object", "{}".to_owned(), Unusable("not a JSON object")),
        ("an empty list", "[]".to_owned(), Unusable("not a JSON object")),
        ("null", "null".to_owned(), Unusable("not a JSON object")),
        ("cut in the middle", whole[..whole.len() / 2].to_owned(), Unusable("not a JSON object")),
        ("cut before the last brace", whole[..whole.len() - 1].to_owned(), Unusable("not a JSON object")),
        ("code alone", format!("```cpp\n{fixed}```"), Unusable("not a JSON object")),
        ("a diff", format!("-{LINE}\n+{}", LINE.replace('-', "+")), Unusable("not a JSON object")),
        ("quotes that are not escaped", whole.replace("\\\"", "\""), Unusable("not a JSON object")),
        ("Python's dictionary", whole.replace('"', "'"), Unusable("not a JSON object")),
        ("other members", json!({ "bug": "minus", "fix": "plus" }).to_string(), Unusable("needs the member fixes")),
        ("the whole program", json!({ "summary": "It subtracts.", "modified_code": fixed }).to_string(), Unusable("needs the member fixes")),
        ("the schema", json!({ "type": "object", "properties": { "fixes": { "type": "array" } } }).to_string(), Unusable("fixes")),
        ("fixes that are null", json!({ "summary": "It is right.", "fixes": null }).to_string(), Unusable("needs the member fixes")),
        ("fixes that are words", json!({ "summary": "x", "fixes": "change - to +" }).to_string(), Unusable("does not match the schema")),
        ("fixes that are texts", json!({ "summary": "x", "fixes": ["change - to +"] }).to_string(), Unusable("does not match the schema")),
        ("a fix without lines", json!({ "summary": "It subtracts.", "fixes": [{ "explanation": "Use +." }] }).to_string(), Unusable("fixes[0].old is empty")),
        ("an invented line", fix("    cout << a * b;", "    cout << a + b;"), Unusable(not_there)),
        ("another language", fix("print(a - b)", "print(a + b)"), Unusable(not_there)),
        ("the worked example", fix("    for (int i = 1; i < n; i++) {", "    for (int i = 1; i <= n; i++) {"), Unusable(not_there)),
        ("the description of the member", fix("The lines to change, copied exactly from the program.", "x"), Unusable(not_there)),
        ("another program", fix("int main() { return 0; }", "int main() { return 1; }"), Unusable(not_there)),
        ("words with a line left out", fix("int main() {\n    // ...\n}", "int main() {}"), Unusable(not_there)),
        ("names changed", fix("    std::cout << x - y << \"\\n\";", "    std::cout << x + y;"), Unusable(not_there)),
        ("a part of a word", fix("ain", "an"), Unusable("within longer words")),
        ("a blank line", fix("\n", "x"), Unusable("fixes[0].old is empty")),
        ("a part that stands often", fix("a", "b"), Unusable("fixes[0].old stands")),
        ("a brace in the air", fix("std::cin >> a >> b;\n}", "std::cin >> a >> b;\n"), Unusable(not_there)),
        ("no change", fix(LINE, LINE), Unusable("are the same")),
        ("white space alone", fix(LINE, &format!("{LINE}   ")), Unusable("are the same")),
        ("edits that overlap", json!({ "summary": "It subtracts.", "fixes": [
            { "old": LINE, "new": "    x" }, { "old": "a - b << \"\\n\";\n}", "new": "a + b;\n}" }
        ] }).to_string(), Unusable("overlaps")),
        ("one edit right and one wrong", json!({ "summary": "It subtracts.", "fixes": [
            { "old": LINE, "new": LINE.replace('-', "+") }, { "old": "return 0;", "new": "return 1;" }
        ] }).to_string(), Unusable("fixes[1].old does not stand")),
        ("nothing said", json!({ "summary": "", "fixes": [] }).to_string(), Unusable("neither fixes nor a summary")),
        ("one word", json!({ "summary": "correct", "fixes": [] }).to_string(), Unusable("neither fixes nor a summary")),
        ("right after all", json!({ "summary": "The program is right as it is.", "fixes": [] }).to_string(), NoBug),
        ("right, and reflowed", json!({ "summary": "The program is right as it is.", "fixes": [], "modified_code": BUGGY.replace('\n', " ") }).to_string(), NoBug),
    ]
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn no_answer_that_is_no_located_edit_is_a_fix(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let answers = answers();
    assert!(answers.len() >= 30);
    for (what, answer, end) in answers {
        model.usually("analysis", Act::Text(answer));
        let id = app.submit(&buggy()).await;
        let end = match end {
            End::NoBug => {
                let done = app.reaches(&id, "COMPLETED").await;
                let found = &done["stages"]["analysis"]["result"];
                assert_eq!(
                    (&found["bug_found"], &found["modified_code"]),
                    (&json!(false), &json!(BUGGY)),
                    "{what}"
                );
                // The judge's verdict is held against it once.
                assert_eq!(done["stages"]["analysis"]["calls"], 2, "{what}");
                continue;
            }
            End::Unusable(words) => words,
        };
        let failed = app.reaches(&id, "FAILED").await;
        let detail = failed["error"]["detail"].as_str().unwrap();
        assert!(detail.contains(end), "{what}: {detail}");
        assert!(failed["stages"]["analysis"]["result"].is_null(), "{what}");
        assert!(
            failed["stages"]["analysis"]["calls"].as_u64() <= Some(6),
            "{what}: {failed:#}"
        );
        let page = app
            .get(&format!("/submissions/{id}"))
            .await
            .text()
            .await
            .unwrap();
        assert!(
            page.contains("larger model may do better")
                || page.contains("The model answered nothing"),
            "{what}"
        );
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_could_not_be_used_is_for_the_owner_to_see(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    model.usually(
        "analysis",
        Act::Text("I <b>would</b> rather not.".to_owned()),
    );
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "FAILED").await;
    let path = format!("/submissions/{id}");
    let page = app.get(&path).await.text().await.unwrap();
    assert!(
        page.contains("<details") && page.contains("I &#60;b&#62;would&#60;/b&#62; rather not."),
        "{page}"
    );
    let strangers = reqwest::get(format!("{}{path}", app.url)).await.unwrap();
    assert!(!strangers.text().await.unwrap().contains("rather not"));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_right_edit_is_enough_whatever_else_is_rubbish(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let rubbish = ["", "no", "{\"title\": 4}", "{\"answer\": 42}", "[]"];
    let edit = json!({ "fixes": [{ "old": LINE, "new": LINE.replace('-', "+") }] });
    model.usually("analysis", Act::Say(edit));
    for answer in rubbish {
        model.usually("problem", Act::Text(answer.to_owned()));
        model.usually("code", Act::Text(answer.to_owned()));
        // The program in its field, and among the words of the statement.
        for submitted in [
            buggy(),
            json!({ "text": format!("{STATEMENT}\n\nMy program:\n{BUGGY}\nWhy is it wrong?") }),
        ] {
            let id = app.submit(&submitted).await;
            let done = app.reaches(&id, "COMPLETED").await;
            let found = &done["stages"]["analysis"]["result"];
            assert_eq!(
                found["modified_code"],
                BUGGY.replace("a - b", "a + b"),
                "{answer:?}"
            );
            let patch = app
                .get(&format!("/api/v1/submissions/{id}/patch"))
                .await
                .text()
                .await
                .unwrap();
            assert!(
                patch.contains("+    std::cout << a + b") && patch.matches("\n+").count() == 2,
                "{patch}"
            );
            let page = app
                .get(&format!("/submissions/{id}"))
                .await
                .text()
                .await
                .unwrap();
            assert!(page.contains("Not extracted"), "{answer:?}");
        }
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_extraction_is_checked_against_the_text(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let more = "Both of them are at most 1000 and none of them is negative, as you may assume.";
    let text = format!("{STATEMENT}\n{more}");
    let mut right = problem();
    right["notes"] = json!(more);
    let change = |change: &dyn Fn(&mut Value)| {
        let mut problem = right.clone();
        change(&mut problem);
        problem
    };
    for (wrong, says) in [
        (json!({ "title": "", "samples": [] }), "every part is empty"),
        (
            change(&|problem| problem["samples"][0]["output"] = json!("4")),
            "samples[0].output does not stand",
        ),
        (
            change(&|problem| problem["notes"] = json!("At most 5000.")),
            "the number 5000",
        ),
        (
            change(&|problem| problem["memory_limit"] = json!("64 MB")),
            "the number 64",
        ),
        (
            change(&|problem| {
                problem["description"] = json!(
                    "Gib bitte die Summe der beiden ganzen Zahlen aus, die gelesen werden sollen."
                )
            }),
            "words that do not stand",
        ),
    ] {
        // Once it is mended, and once it stays.
        let asked = model.calls("problem").len();
        model.next(
            "problem",
            [
                Act::Say(wrong.clone()),
                Act::Say(right.clone()),
                Act::Say(wrong.clone()),
                Act::Say(wrong),
            ],
        );
        let id = app.submit(&json!({ "text": text, "code": BUGGY })).await;
        let done = app.laid_out(&id).await;
        assert_eq!(done["stages"]["problem"]["calls"], 2, "{says}");
        let calls = model.calls("problem");
        assert!(
            calls[asked + 1].repair().contains(says),
            "{says}: {}",
            calls[asked + 1].repair()
        );
        app.reaches(&id, "COMPLETED").await;
        let id = app.submit(&json!({ "text": text, "code": BUGGY })).await;
        let done = app.reaches(&id, "COMPLETED").await;
        assert_eq!(done["stages"]["problem"]["state"], "FAILED", "{says}");
    }
    app.stop().await;
}
