//! The judge's helper, which is started for each run of a program.

use std::{
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use judge::sandbox::{self, Error};

fn main() -> ExitCode {
    let arguments: Vec<_> = config::arguments().collect();
    let arguments: Vec<&str> = arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .collect();
    let (mark, error) = match arguments[..] {
        ["watch", order] => match watch(order) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => ("", error),
        },
        ["enter", watcher, mark, order] => {
            let watcher = watcher.parse().unwrap_or_default();
            let Err(error) = sandbox::enter(order, watcher);
            (mark, error)
        }
        ["probe", secret] => {
            let possible = judge::probe(Path::new(secret));
            let list: String = possible.iter().map(|what| format!(" {what};")).collect();
            let _ = writeln!(io::stdout(), "possible:{list}");
            return ExitCode::SUCCESS;
        }
        _ => ("", Error::Usage),
    };
    let _ = write!(io::stderr(), "{mark}{error}");
    ExitCode::FAILURE
}

fn watch(order: &str) -> Result<(), Error> {
    let helper =
        config::current_program().map_err(|error| Error::System("finding itself", error))?;
    sandbox::watch(order, &helper, io::stdout())
}
