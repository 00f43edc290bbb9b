//! Java's files, and the names of its classes.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use domain::limits;

/// The files of a Java, whose settings Debian keeps elsewhere.
pub(super) fn files(home: &Path) -> Vec<PathBuf> {
    let settings = fs::read_dir("/etc").into_iter().flatten().flatten();
    let settings =
        settings.filter(|entry| entry.file_name().to_string_lossy().starts_with("java-"));
    let settings = settings.map(|entry| entry.path());
    std::iter::once(home.to_owned()).chain(settings).collect()
}

/// Bytes of a class file that is looked at.
const CLASS_BYTES: u64 = 1 << 20;
/// Folders of a package, one in the other.
const DEPTH: usize = 8;

/// The class whose name the file must have: the public one.
pub(super) fn public_class(code: &str) -> String {
    let is_part_of_a_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let code = without_comments_and_texts(code);
    let mut words = code
        .split(|c| !is_part_of_a_name(c))
        .filter(|word| !word.is_empty());
    let mut is_public = false;
    while let Some(word) = words.next() {
        match word {
            "public" => is_public = true,
            "final" | "abstract" | "strictfp" | "sealed" => {}
            "class" | "interface" | "enum" | "record" if is_public => {
                let name = words.next().unwrap_or_default();
                return limits::cut(name, 100).to_owned();
            }
            _ => is_public = false,
        }
    }
    "Main".to_owned()
}

fn without_comments_and_texts(code: &str) -> String {
    let mut plain = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let end = |opening: usize, closing: &str| {
            let found = rest.get(opening..).and_then(|after| after.find(closing));
            found.map_or(rest.len(), |at| opening + at + closing.len())
        };
        let length = if rest.starts_with("//") {
            end(2, "\n")
        } else if rest.starts_with("/*") {
            end(2, "*/")
        } else if rest.starts_with("\"\"\"") {
            end(3, "\"\"\"")
        } else if first == '"' {
            let mut is_escaped = false;
            let text = rest[1..].find(|c| {
                let is_end = matches!(c, '"' | '\n') && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                is_end
            });
            text.map_or(rest.len(), |at| at + 2)
        } else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        plain.push(' ');
        rest = &rest[length..];
    }
    plain
}

/// The class to start, with its package: `Main` where there is one, else the public one, else one that has a method `main`.
pub(super) fn main_class(sources: &Path, classes: &Path) -> String {
    let mut names = Vec::new();
    collect(classes, "", 0, &mut names);
    names.sort();
    let has_main = |name: &&String| {
        let file = classes.join(format!("{}.class", name.replace('.', "/")));
        let mut bytes = Vec::new();
        let read =
            fs::File::open(file).and_then(|file| file.take(CLASS_BYTES).read_to_end(&mut bytes));
        let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        read.is_ok() && holds(b"main") && holds(b"([Ljava/lang/String;)V")
    };
    let source = fs::read_dir(sources)
        .into_iter()
        .flatten()
        .flatten()
        .find_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".java").map(str::to_owned)
        });
    let with_main: Vec<&String> = names.iter().filter(has_main).collect();
    let is_called = |wanted: &str| {
        with_main
            .iter()
            .find(|name| name.rsplit('.').next() == Some(wanted))
    };
    is_called("Main")
        .or_else(|| is_called(source.as_deref()?))
        .or_else(|| with_main.first())
        .map_or_else(|| "Main".to_owned(), |name| (*name).clone())
}

fn collect(folder: &Path, package: &str, depth: usize, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if let Some(class) = name.strip_suffix(".class") {
            names.push(format!("{package}{class}"));
        } else if depth < DEPTH {
            collect(
                &entry.path(),
                &format!("{package}{name}."),
                depth + 1,
                names,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_java_file_is_named_after_its_public_class() {
        for (code, name) in [
            ("public class Solution{ }", "Solution"),
            ("import x;\npublic  class A_1 extends B {", "A_1"),
            ("public final class Z {", "Z"),
            ("class Main {}", "Main"),
            ("", "Main"),
            ("import a.*;public class Sol{", "Sol"),
            (
                "// the public class solves it\n/* public class A */ public class B {",
                "B",
            ),
            (
                "class C { String s = \"public class D \\\" public class E\"; }",
                "Main",
            ),
            (
                "String t = \"\"\"\npublic class F\"\"\"; public class Ünter {",
                "Ünter",
            ),
            ("/* never ends public class G", "Main"),
            ("public class ../../x {", "x"),
            ("public void f() {} class C {}", "Main"),
        ] {
            assert_eq!(public_class(code), name, "{code}");
        }
    }
}
