//! The questions of the hunt, and their answers.

use std::borrow::Cow;

use db::submissions::Submission;
use domain::{
    Helpers, Problem, Program,
    hunt::{HELPER_BYTES, VALIDATORS},
};
use llm::{Data, Question, Turn, schema_of};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    analysis::{beside_the_program, statement},
    answer::typed,
    source::unfence,
};

/// The task of a second reference, behind the whole one.
const AGAIN: &str = "This time only `reference` is wanted. Somebody else has written one already, and it is not yet certain which \
    outputs are right: yours is there to tell. Read the statement anew, and reach the output in another way than the one that comes \
    to mind first.";

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Answer {
    /// Python that defines `case(g)`.
    generator: String,
    /// Python texts that each define `valid(text)`, written anew.
    #[schemars(length(max = 3))]
    validators: Vec<String>,
    /// Python that defines `solve(text)`.
    reference: String,
    /// Python that defines `check(input, output, answer)`; empty if each input has one right output.
    checker: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Second {
    /// Python that defines `solve(text)`.
    reference: String,
}

/// The statement, from which the helpers are written: its parts, or else the text as submitted. None where there is no text that is
/// known to hold no program; images may hold it too.
pub(super) fn material<'a>(
    submission: &'a Submission,
    problem: Option<&Problem>,
    program: &Program,
) -> Option<Cow<'a, str>> {
    let is_whole =
        |problem: &&Problem| !problem.description.is_empty() || !problem.input_format.is_empty();
    if let Some(problem) = problem.filter(is_whole) {
        return Some(Cow::Owned(statement(problem)));
    }
    let text = beside_the_program(submission, program);
    let is_alone = submission.code.is_some() || program.span.is_some();
    let is_there = is_alone && !text.trim().is_empty() && !text.contains(program.code.trim());
    is_there.then_some(text)
}

pub(super) fn question(task: &str, statement: &str) -> Question {
    let data = Data::new().part("statement", statement);
    let examples = examples(&data);
    let (system, user) = data.into_messages(task);
    Question {
        examples,
        ..Question::new("hunt", schema_of::<Answer>(), system, user)
    }
}

/// Asks for a second reference, which is written without the first.
pub(super) fn second_question(task: &str, statement: &str) -> Question {
    let task = format!("{}\n\n{AGAIN}", task.trim_end());
    let (system, user) = Data::new()
        .part("statement", statement)
        .into_messages(&task);
    Question::new("hunt", schema_of::<Second>(), system, user)
}

/// The helpers of an answer. A second time only validators that are none are left out: without any, nothing would tell which inputs
/// are allowed.
pub(super) fn check(mut answer: Value, last: bool) -> Result<Helpers, String> {
    if let Some(members) = answer.as_object_mut() {
        let list = members
            .remove("validators")
            .filter(|list| !list.is_null())
            .or_else(|| members.remove("validator"));
        let list = match list {
            Some(Value::String(one)) => json!([one]),
            Some(list) => list,
            None => json!([]),
        };
        members.insert("validators".to_owned(), list);
    }
    let answer: Answer = typed(answer).map_err(without_quotes)?;
    let generator = module(&answer.generator, "generator", "case")?;
    let reference = module(&answer.reference, "reference", "solve")?;
    let checker = match answer.checker.trim() {
        "" => String::new(),
        _ => module(&answer.checker, "checker", "check")?,
    };
    let validators = answer
        .validators
        .iter()
        .take(VALIDATORS)
        .map(|text| module(text, "each of validators", "valid"));
    let validators: Vec<String> = if last {
        validators.flatten().collect()
    } else {
        validators.collect::<Result<_, _>>()?
    };
    if validators.is_empty() {
        return Err("it needs validators, one to three texts that define valid(text).".to_owned());
    }
    Ok(Helpers {
        generator,
        validators,
        references: vec![reference],
        checker,
    })
}

/// The reference of an answer to the second question.
pub(super) fn check_second(answer: Value) -> Result<String, String> {
    let answer: Second = typed(answer).map_err(without_quotes)?;
    module(&answer.reference, "reference", "solve")
}

/// Words about an answer may be shown, and a helper may not.
fn without_quotes(_: String) -> String {
    "it does not match the schema.".to_owned()
}

/// A helper without its fence.
fn module(text: &str, name: &str, function: &str) -> Result<String, String> {
    let text = unfence(text).trim_end();
    if text.len() > HELPER_BYTES {
        return Err(format!(
            "{name} has {} bytes, it may have {HELPER_BYTES}.",
            text.len()
        ));
    }
    let defines = |line: &str| {
        let rest = line.strip_prefix("def ").map(str::trim_start);
        rest.and_then(|rest| rest.strip_prefix(function))
            .is_some_and(|rest| rest.trim_start().starts_with('('))
    };
    let is_assigned = |line: &str| {
        let rest = line.strip_prefix(function).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with('=') && !rest.starts_with("=="))
    };
    if !text.lines().any(|line| defines(line) || is_assigned(line)) {
        return Err(format!(
            "{name} does not define the function {function} in Python."
        ));
    }
    Ok(format!("{text}\n"))
}

const EXAMPLE_STATEMENT: &str = "## Description\n\nThere are $t$ test cases. In each you are given $n$ different integers $a_1, \\ldots, a_n$. Choose two of them, $i < j$, so that $a_j - a_i$ is as large as possible, and print that difference.\n\n## Input\n\nThe first line has $t$ ($1 \\le t \\le 1000$). Each test case has two lines: $n$ ($2 \\le n \\le 10^5$), and the $n$ integers ($-10^9 \\le a_i \\le 10^9$). The sum of $n$ over all test cases is at most $2 \\cdot 10^5$.\n\n## Output\n\nFor each test case, one integer.\n\n## Sample 1: input\n\n2\n3\n5 2 4\n2\n9 1\n\n## Sample 1: output\n\n2\n-8\n";
const EXAMPLE_GENERATOR: &str = "def one(g):
    n = g.size(2, 100000)
    a = g.nums(n, -10**9, 10**9, distinct=True)
    return f\"{n}\\n{' '.join(map(str, a))}\\n\"

def case(g):
    # Two test cases of the largest size still keep the sum.
    return g.cases(one, most=2)
";
const EXAMPLE_VALIDATOR: &str = "def valid(text):
    lines = text.split('\\n')
    if lines and lines[-1] == '':
        lines.pop()
    t = int(lines[0])
    if not 1 <= t <= 1000 or len(lines) != 1 + 2 * t:
        return False
    total = 0
    for k in range(t):
        n = int(lines[1 + 2 * k])
        a = [int(x) for x in lines[2 + 2 * k].split()]
        total += n
        if not 2 <= n <= 10**5 or len(a) != n or len(set(a)) != n:
            return False
        if any(abs(x) > 10**9 for x in a):
            return False
    return total <= 2 * 10**5
";
const EXAMPLE_REFERENCE: &str = "def solve(text):
    lines = text.split('\\n')
    out = []
    for k in range(int(lines[0])):
        a = [int(x) for x in lines[2 + 2 * k].split()]
        n = len(a)
        out.append(max(a[j] - a[i] for i in range(n) for j in range(i + 1, n)))
    return '\\n'.join(map(str, out))
";

fn examples(data: &Data) -> Vec<Turn> {
    vec![Turn {
        user: data.beside("statement", EXAMPLE_STATEMENT),
        assistant: json!({
            "generator": EXAMPLE_GENERATOR, "validators": [EXAMPLE_VALIDATOR], "reference": EXAMPLE_REFERENCE, "checker": ""
        }),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::sample::submission;
    use domain::CodeSource;

    fn answer() -> Value {
        examples(&Data::new()).remove(0).assistant
    }

    #[test]
    fn the_example_is_right() {
        let helpers = check(answer(), false).unwrap();
        assert_eq!((helpers.validators.len(), helpers.references.len()), (1, 1));
        assert!(helpers.checker.is_empty());
        check_second(answer()).unwrap();
    }

    #[test]
    fn fences_go_and_a_single_validator_is_a_list() {
        let mut fenced = answer();
        fenced["generator"] = json!(format!("```python\n{EXAMPLE_GENERATOR}```"));
        fenced["validators"] = json!(EXAMPLE_VALIDATOR);
        assert_eq!(check(fenced, false), check(answer(), false));
        let mut other = answer();
        let validator = other.as_object_mut().unwrap().remove("validators").unwrap();
        other["validator"] = validator;
        assert_eq!(check(other, false), check(answer(), false));
    }

    #[test]
    fn an_answer_without_its_functions_is_sent_back_in_words_that_quote_nothing() {
        for (member, text, words) in [
            ("generator", json!("print(1)"), "generator does not define"),
            ("reference", json!(null), "the function solve"),
            ("reference", json!("int solve() {}"), "the function solve"),
            ("checker", json!("I cannot."), "checker does not define"),
            ("validators", json!([]), "it needs validators"),
            ("validators", json!(["secret"]), "each of validators"),
            ("generator", json!("x".repeat(HELPER_BYTES + 1)), "bytes"),
            ("validators", json!(7), "does not match"),
        ] {
            let mut broken = answer();
            broken[member] = text;
            let error = check(broken, false).unwrap_err();
            assert!(
                error.contains(words) && !error.contains("secret"),
                "{error}"
            );
        }
        let mut without = answer();
        let own = without["validators"][0].clone();
        without["validators"] = json!(["secret", own]);
        assert!(check(without.clone(), false).is_err());
        assert_eq!(check(without.clone(), true).unwrap().validators.len(), 1);
        without["validators"] = json!(["secret"]);
        assert!(check(without, true).is_err());
        assert!(check(json!({}), true).is_err());
    }

    #[test]
    fn the_program_is_never_in_the_question() {
        let program = |span| Program {
            language: String::new(),
            code: "int main() {}".to_owned(),
            source: CodeSource::Code,
            span,
            verified: true,
        };
        let mut submission = submission("Add them.\nint main() {}\nPlease!");
        let problem = Problem {
            description: "Add them.".to_owned(),
            ..Problem::default()
        };
        let shown = |submission: &Submission, problem, program: &Program| {
            material(submission, problem, program).map(Cow::into_owned)
        };
        let parts = shown(&submission, Some(&problem), &program(None)).unwrap();
        assert!(parts.contains("Add them.") && !parts.contains("main"));
        // Nobody knows where the program stands.
        assert_eq!(shown(&submission, None, &program(None)), None);
        let rest = shown(&submission, None, &program(Some((10, 23)))).unwrap();
        assert!(rest.contains("Please!") && !rest.contains("main"), "{rest}");
        submission.code = Some("int main() {}".to_owned());
        assert_eq!(shown(&submission, None, &program(None)), None);
        submission.text = "Add them.".to_owned();
        assert!(shown(&submission, None, &program(None)).is_some());
        submission.text.clear();
        assert_eq!(
            shown(&submission, Some(&Problem::default()), &program(None)),
            None
        );
    }
}
