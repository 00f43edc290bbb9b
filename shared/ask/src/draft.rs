//! The submission, read from files and checked against the server's limits before anything is sent.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{FileName, GivenSample, language, limits};
use serde::Serialize;

use crate::{Trouble, arguments::Arguments};

/// A submission that is ready to be sent.
pub(crate) struct Draft {
    /// JSON.
    pub(crate) body: Vec<u8>,
    /// The program's file, unless it came from the standard input.
    pub(crate) file: Option<Program>,
    /// Name of the program in a diff.
    pub(crate) file_name: FileName,
}

/// A program as it was read.
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_input: Option<String>,
    samples: Vec<GivenSample>,
    answer_language: &'static str,
    images: Vec<String>,
}

/// Reads the files that the arguments name.
pub(crate) fn read(arguments: &Arguments) -> Result<Draft, Trouble> {
    let Arguments {
        program,
        problem,
        input,
        image,
        sample,
        ..
    } = arguments;
    let sources = [program, problem, input].into_iter().flatten();
    if sources.chain(sample).filter(|path| is_stdin(path)).count() > 1 {
        return Err(Trouble::Usage(
            "only one of the files can be -, the standard input".to_owned(),
        ));
    }
    if program.is_none() && problem.is_none() && image.is_empty() {
        return Err(Trouble::Usage(
            "nothing to ask about: name a program, a statement (-p) or a screenshot (--image); see --help".to_owned(),
        ));
    }
    if arguments.apply && program.as_deref().is_none_or(is_stdin) {
        return Err(Trouble::Usage(
            "--apply needs the program as a file".to_owned(),
        ));
    }
    if image.len() > limits::IMAGES {
        return Err(Trouble::Usage(format!(
            "{} images are too many; at most {}",
            image.len(),
            limits::IMAGES
        )));
    }
    if sample.len() / 2 > limits::GIVEN_SAMPLES {
        return Err(Trouble::Usage(format!(
            "{} samples are too many; at most {}",
            sample.len() / 2,
            limits::GIVEN_SAMPLES
        )));
    }
    let code = optional(program.as_ref(), limits::CODE_BYTES)?;
    let samples = sample
        .chunks_exact(2)
        .map(|files| {
            Ok(GivenSample {
                input: text(&files[0], limits::SAMPLE_BYTES)?,
                output: text(&files[1], limits::SAMPLE_BYTES)?,
            })
        })
        .collect::<Result<_, Trouble>>()?;
    let images = image
        .iter()
        .map(|path| Ok(STANDARD.encode(bytes(path, limits::IMAGE_BYTES)?)))
        .collect::<Result<_, Trouble>>()?;
    let body = serde_json::to_vec(&Body {
        text: optional(problem.as_ref(), limits::TEXT_BYTES)?,
        code: code.as_deref(),
        language: language_of(arguments),
        verdict: arguments.verdict.map(domain::Verdict::as_str),
        failing_input: optional(input.as_ref(), limits::FAILING_INPUT_BYTES)?,
        samples,
        answer_language: arguments.answer_language().as_str(),
        images,
    })
    .map_err(|error| Trouble::Usage(error.to_string()))?;
    if body.len() > limits::BODY_BYTES {
        return Err(Trouble::Usage(format!(
            "all together it is {} bytes; a submission may have {}",
            body.len(),
            limits::BODY_BYTES
        )));
    }
    let named = program.as_ref().and_then(|path| {
        let name = path.file_name()?.to_str()?;
        FileName::parse(name).filter(|_| !is_stdin(path))
    });
    let file_name = named.unwrap_or_else(|| {
        FileName::of_language(arguments.language.as_deref().unwrap_or_default())
    });
    let file = program
        .clone()
        .zip(code)
        .filter(|(path, _)| !is_stdin(path))
        .map(|(path, text)| Program { path, text });
    Ok(Draft {
        body,
        file,
        file_name,
    })
}

/// The language that was named, or else the one that the file's extension stands for.
fn language_of(arguments: &Arguments) -> Option<String> {
    if arguments.language.is_some() {
        return arguments.language.clone();
    }
    let extension = arguments.program.as_ref()?.extension()?.to_str()?;
    let tag = language::language(extension).tag;
    (!tag.is_empty()).then(|| language::name(tag))
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn optional(path: Option<&PathBuf>, most: usize) -> Result<Option<String>, Trouble> {
    path.map(|path| text(path, most)).transpose()
}

fn text(path: &Path, most: usize) -> Result<String, Trouble> {
    String::from_utf8(bytes(path, most)?)
        .map_err(|_| Trouble::Usage(format!("{}: not a text in UTF-8", path.display())))
}

/// A file's bytes, of which there may be `most`.
fn bytes(path: &Path, most: usize) -> Result<Vec<u8>, Trouble> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        if is_stdin(path) {
            io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
        } else {
            File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    };
    let bytes = read().map_err(|error| Trouble::Usage(format!("{}: {error}", path.display())))?;
    if bytes.len() > most {
        return Err(Trouble::Usage(format!(
            "{}: too large; at most {} KB",
            path.display(),
            most / 1024
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn draft(arguments: &[&str]) -> Result<Draft, Trouble> {
        let all = ["ask"].iter().chain(arguments);
        read(&Arguments::try_parse_from(all).unwrap())
    }

    fn refusal(arguments: &[&str]) -> String {
        match draft(arguments) {
            Err(Trouble::Usage(said)) => said,
            _ => panic!("{arguments:?} passed"),
        }
    }

    #[test]
    fn the_program_tells_its_language_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("main.cpp");
        std::fs::write(&file, "int main() {}\r\n").unwrap();
        let made = draft(&[file.to_str().unwrap(), "-v", "tle", "--lang", "de"]).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&made.body).unwrap();
        assert_eq!(body["code"], "int main() {}\r\n");
        assert_eq!(body["language"], "C++");
        assert_eq!(body["verdict"], "TLE");
        assert_eq!(body["answer_language"], "de");
        assert_eq!(made.file_name.as_str(), "main.cpp");
    }

    #[test]
    fn limits_are_said_before_anything_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("main.cpp");
        let path = file.to_str().unwrap();
        std::fs::write(&file, "x".repeat(limits::CODE_BYTES + 1)).unwrap();
        assert!(refusal(&[path]).ends_with("too large; at most 256 KB"));
        std::fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(refusal(&[path]).ends_with("not a text in UTF-8"));
        assert!(refusal(&["/no/such/file"]).contains("/no/such/file"));
        assert!(refusal(&[]).starts_with("nothing to ask about"));
        assert!(refusal(&["-", "-p", "-"]).starts_with("only one"));
        assert!(refusal(&["-", "--apply"]).starts_with("--apply"));
        let images = ["--image", path].repeat(6);
        assert!(refusal(&images).starts_with("6 images"));
    }
}
