//! Changing the program's file as the fix does: all of it or nothing, and only if it is still the one that was sent.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use crate::{Trouble, draft::Program, submission::Submission};

/// Applies the fix to the file that was sent, and says so.
pub(crate) fn apply(file: Option<&Program>, submission: &Submission) -> Result<(), Trouble> {
    if let Some(withheld) = &submission.withheld {
        return Err(not_applied(&withheld.to_string()));
    }
    let (Some(file), Some(program), Some(analysis)) =
        (file, &submission.program, &submission.analysis)
    else {
        return Err(not_applied("the program is not the file that was sent"));
    };
    if submission.is_refuted() {
        return Err(not_applied("it does not pass the tests"));
    }
    if analysis.modified_code == program.code {
        return Err(not_applied("it changes nothing"));
    }
    let fixed = fixed(&file.text, &program.code, &analysis.modified_code)
        .ok_or_else(|| not_applied("the program is not the file that was sent"))?;
    replace(&file.path, file.text.as_bytes(), fixed.as_bytes())?;
    let name = file.path.display().to_string();
    writeln!(io::stderr(), "applied to {}", crate::clean(&name)).ok();
    Ok(())
}

fn not_applied(why: &str) -> Trouble {
    Trouble::Refused(format!("the fix was not applied: {why}"))
}

/// The text of the file with the fix, if the program that was analysed is in it once.
fn fixed(text: &str, code: &str, modified: &str) -> Option<String> {
    if text == code {
        return Some(modified.to_owned());
    }
    // The server leaves out white space around a program, and a byte order mark.
    let mut places = text.match_indices(code).map(|(at, _)| at);
    let at = places.next().filter(|_| !code.trim().is_empty())?;
    if places.next().is_some() {
        return None;
    }
    Some(format!(
        "{}{modified}{}",
        &text[..at],
        &text[at + code.len()..]
    ))
}

/// Puts `new` in the place of a file that still holds `old`.
fn replace(path: &Path, old: &[u8], new: &[u8]) -> Result<(), Trouble> {
    let trouble = |error: io::Error| not_applied(&format!("{}: {error}", path.display()));
    // A link stays one: its file is replaced.
    let path = path.canonicalize().map_err(trouble)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let permissions = fs::metadata(&path).map_err(trouble)?.permissions();
    let mut fresh = tempfile::NamedTempFile::new_in(folder).map_err(trouble)?;
    fresh.write_all(new).map_err(trouble)?;
    fresh
        .as_file()
        .set_permissions(permissions)
        .and_then(|()| fresh.as_file().sync_all())
        .map_err(trouble)?;
    // Looked at last: somebody may have been editing it all the while.
    if fs::read(&path).map_err(trouble)? != old {
        return Err(not_applied(&format!(
            "{} was changed in the meantime",
            path.display()
        )));
    }
    fresh.persist(&path).map_err(|error| trouble(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_mode_and_its_links() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("main.cpp");
        let link = folder.path().join("link.cpp");
        fs::write(&file, "old\r\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o754)).unwrap();
        symlink(&file, &link).unwrap();
        replace(&link, b"old\r\n", b"new\r\n").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new\r\n");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o754
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_was_changed_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("main.cpp");
        fs::write(&file, "newer\n").unwrap();
        assert!(replace(&file, b"old\n", b"new\n").is_err());
        assert_eq!(fs::read(&file).unwrap(), b"newer\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_program_may_stand_in_white_space_but_only_once() {
        assert_eq!(fixed("a\n", "a\n", "b\n").unwrap(), "b\n");
        assert_eq!(fixed("\u{feff}a\n\n", "a", "b").unwrap(), "\u{feff}b\n\n");
        assert_eq!(fixed("a a", "a", "b"), None);
        assert_eq!(fixed("c", "a", "b"), None);
        assert_eq!(fixed("  ", "", "b"), None);
    }
}
