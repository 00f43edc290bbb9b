//! Examples of requests and answers.

use serde_json::{Value, json};

const ID: &str = "019a3b5e-7c1d-7f00-8000-000000000000";
const PROGRAM: &str = "#include <iostream>\n\nint main() {\n    long long a, b;\n    std::cin >> a >> b;\n    std::cout << a - b << \"\\n\";\n}\n";

/// Gives an operation its examples.
pub(super) fn add(id: &str, operation: &mut Value) {
    match id {
        "createSubmission" => {
            operation["requestBody"]["content"]["application/json"]["example"] = json!({
                "text": "A + B\nPrint the sum of two integers.", "code": PROGRAM, "language": "C++", "verdict": "WA",
                "failing_input": "1 2\n", "samples": [{ "input": "1 2\n", "output": "3\n" }], "time_limit_ms": 1000,
                "answer_language": "en"
            });
            operation["responses"]["202"]["content"]["application/json"]["example"] = json!({
                "id": ID, "status": "QUEUED", "run": 1, "version": 1, "owner_token": "b3duZXI", "links": links()
            });
        }
        "getSubmission" => {
            operation["responses"]["200"]["content"]["application/json"]["example"] = submission();
        }
        "check" => {
            body(
                operation,
                json!({ "code": PROGRAM, "language": "C++", "samples": [{ "input": "1 2\n", "output": "3\n" }] }),
            );
            operation["responses"]["200"]["content"]["application/json"]["example"] = json!({
                "language": "C++17 (g++ 14.2.0)", "limits": { "time_ms": 2000, "memory_mb": 256 }, "compiled": true, "compiler": "",
                "tests": [{
                    "input": "1 2\n", "expected": "3\n",
                    "outcome": {
                        "verdict": "WA", "cpu_ms": 1, "memory_kb": 3480, "exit_code": 0, "signal": null, "output": "-1\n",
                        "output_cut": false, "errors": "", "difference": { "expected": [0, 1], "actual": [0, 2] },
                        "near_limit": false, "white_space_differs": false
                    }
                }]
            });
        }
        "pruneSubmissions" => body(operation, json!({ "amount": 30, "unit": "days" })),
        "replacePrompt" => body(operation, json!({ "template": "Find the bug." })),
        "changeSettings" => body(
            operation,
            json!({ "OPENAI_MODEL": "gpt-4o", "OPENAI_TEMPERATURE": null }),
        ),
        "testSettings" => body(operation, json!({ "OPENAI_MODEL": "gpt-4o" })),
        "logIn" => body(operation, json!({ "token": "SETTINGS_TOKEN" })),
        _ => {}
    }
}

fn body(operation: &mut Value, example: Value) {
    operation["requestBody"]["content"]["application/json"]["example"] = example;
}

fn links() -> Value {
    let this = format!("/api/v1/submissions/{ID}");
    json!({ "self": this, "page": format!("/submissions/{ID}"), "patch": format!("{this}/patch"), "report": format!("{this}/report") })
}

fn submission() -> Value {
    let at = |second: u32| format!("2026-01-01T12:00:{second:02}Z");
    let stage = |result: Value| {
        json!({
            "state": "COMPLETED", "started_at": at(1), "finished_at": at(5), "model": "gpt-4o",
            "usage": { "prompt_tokens": 900, "completion_tokens": 150, "cached_tokens": 0, "reasoning_tokens": 0, "estimated": false },
            "calls": 1, "error": null, "result": result
        })
    };
    json!({
        "id": ID, "status": "COMPLETED", "run": 1, "version": 9, "title": "A + B",
        "text": "A + B\nPrint the sum of two integers.", "code": PROGRAM, "language": "C++", "verdict": "WA",
        "failing_input": "1 2\n", "samples": [{ "input": "1 2\n", "output": "3\n" }], "time_limit_ms": 1000,
        "memory_limit_mb": null, "reference_code": null, "answer_language": "en", "images": [], "callback": null, "error": null,
        "stages": {
            "problem": stage(json!({
                "title": "A + B", "time_limit": "", "memory_limit": "", "description": "Print the sum of two integers.",
                "input_format": "", "output_format": "", "samples": [], "notes": "",
                "any_answer": false, "interactive": false
            })),
            "code": stage(json!({ "language": "C++", "code": PROGRAM, "source": "code", "verified": true })),
            "analysis": stage(json!({
                "bug_found": true, "summary": "The program prints the difference instead of the sum.",
                "fixes": [{
                    "category": "wrong operator", "severity": "critical", "hint": "What does it print for 1 2?",
                    "explanation": "`a - b` is the difference.", "original_snippet": "    std::cout << a - b << \"\\n\";",
                    "modified_snippet": "    std::cout << a + b << \"\\n\";", "lines": { "start": 6, "end": 6 }
                }],
                "modified_code": PROGRAM.replace("a - b", "a + b"), "lines_added": 1, "lines_removed": 1
            }))
        },
        "created_at": at(0), "updated_at": at(5), "queued_at": at(0), "started_at": at(1), "finished_at": at(5), "links": links()
    })
}
