//! The fuzzer's targets, over their corpora and changes of them. CONTRIBUTING.md says how to run them longer.

#[path = "../fuzz/lib.rs"]
#[expect(unreachable_pub, reason = "a crate of its own for the fuzzer")]
mod targets;

use std::fs;

use crate::support::root;

/// Changed inputs for each target, unless `FUZZ_CHANGES` is another number.
const CHANGES: usize = 3000;
/// Longest changed input, in bytes.
const LONGEST: usize = 8 * 1024;

/// Xorshift: the same inputs in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap()
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() % end.max(1)
    }

    fn range(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let start = self.below(bytes.len() + 1);
        start..start + self.below(bytes.len() - start + 1)
    }

    /// Changes `input` in one place, mostly with what is in `other`.
    fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let at = self.range(input);
        let piece = other[self.range(other)].to_vec();
        match self.below(6) {
            0 => {
                input.drain(at);
            }
            1 => {
                let piece = input[at.clone()].repeat(1 + self.below(40));
                input.splice(at.start..at.start, piece);
            }
            2 => {
                input.splice(at, piece);
            }
            3 => {
                input.splice(at.start..at.start, piece);
            }
            4 => {
                let byte = u8::try_from(self.below(256)).unwrap();
                input.insert(at.start, byte);
            }
            _ => {
                if let Some(byte) = input.get_mut(at.start) {
                    *byte ^= 1 << self.below(8);
                }
            }
        }
        input.truncate(LONGEST);
    }
}

fn run(name: &str) {
    let (_, target) = targets::TARGETS.iter().find(|(of, _)| *of == name).unwrap();
    let mut files: Vec<_> = fs::read_dir(root().join("tests/fuzz/corpus").join(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(corpus.len() > 5, "{name} has {} files", corpus.len());
    for input in &corpus {
        target(input);
    }
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let changes = std::env::var("FUZZ_CHANGES").map_or(CHANGES, |n| n.parse().unwrap());
    for _ in 0..changes {
        let mut input = corpus[numbers.below(corpus.len())].clone();
        for _ in 0..=numbers.below(4) {
            let other = &corpus[numbers.below(corpus.len())];
            numbers.change(&mut input, other);
        }
        target(&input);
    }
}

#[test]
fn no_answer_of_a_model_breaks_its_reader() {
    run("answer");
}

#[test]
fn no_text_breaks_the_reader_of_images() {
    run("data_url");
}

#[test]
fn no_body_breaks_the_reader_of_forms() {
    run("multipart");
}

#[test]
fn no_query_breaks_the_reader_of_cursors() {
    run("cursor");
}

#[test]
fn no_markdown_becomes_html_that_does_something() {
    run("markdown");
}

#[test]
fn no_formula_becomes_html_that_does_something() {
    run("maths");
}
