//! Java's files, and the names of its classes.

use std::{
    fs,
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

/// The class whose name the file must have: the public one.
pub(super) fn public_class(code: &str) -> String {
    let is_part_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
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

/// The class to start: `Main` where there is one, else the only one, else one whose file holds a method `main`.
pub(super) fn main_class(classes: &Path) -> String {
    let files = fs::read_dir(classes).into_iter().flatten().flatten();
    let mut names: Vec<String> = files
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".class").map(str::to_owned))
        .collect();
    names.sort();
    let has_main = |name: &String| {
        let bytes = fs::read(classes.join(format!("{name}.class"))).unwrap_or_default();
        let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        holds(b"main") && holds(b"([Ljava/lang/String;)V")
    };
    let main = names.iter().find(|name| *name == "Main" && has_main(name));
    main.or_else(|| names.iter().find(|name| has_main(name)))
        .map_or_else(|| "Main".to_owned(), Clone::clone)
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
            ("public class ../../x {", "x"),
            ("public void f() {} class C {}", "Main"),
        ] {
            assert_eq!(public_class(code), name, "{code}");
        }
    }
}
