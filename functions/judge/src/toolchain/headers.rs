//! Precompiled headers.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use judge_api::Language;

use super::{FOLDERS, gnu_arguments, program};

/// Compiles the header that most C++ programs of contests begin with, into a folder for each version of the language. It is not in
/// the sandbox: nothing in it comes from outside.
///
/// Answers whether there is a new one.
///
/// # Errors
/// Says which step failed.
pub fn build_headers(folder: &Path) -> Result<bool, String> {
    let Some(driver) = program("g++") else {
        return Ok(false);
    };
    let mut is_new = false;
    for language in [Language::Cpp17, Language::Cpp20] {
        let bits = folder.join(language.as_str()).join("bits");
        let made = bits.join("stdc++.h.gch");
        if made.is_file() {
            continue;
        }
        fs::create_dir_all(&bits).map_err(|error| format!("{}: {error}", bits.display()))?;
        // Made under another name, so that nobody takes a half of it for the whole.
        let half = bits.join("stdc++.h.gch.half");
        let source = bits.join("stdc++.h");
        fs::write(&source, "#include_next <bits/stdc++.h>\n")
            .map_err(|error| format!("{}: {error}", source.display()))?;
        let status = Command::new(&driver)
            .args(gnu_arguments(language))
            .args(["-static", "-pipe", "-x", "c++-header", "-o"])
            .args([&half, &source])
            .env_clear()
            .env("PATH", FOLDERS.join(":"))
            .stdin(Stdio::null())
            .status()
            .map_err(|error| format!("{}: {error}", driver.display()))?;
        if !status.success() {
            return Err(format!(
                "{} cannot precompile bits/stdc++.h",
                driver.display()
            ));
        }
        fs::rename(&half, &made).map_err(|error| format!("{}: {error}", made.display()))?;
        is_new = true;
    }
    Ok(is_new)
}
