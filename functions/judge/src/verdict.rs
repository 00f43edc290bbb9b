//! From the end of a run to its verdict.

use domain::{Outcome, RunVerdict};
use judge_api::{Case, OUTPUT_BYTES, compare};
use nix::sys::signal::Signal;

use crate::{
    process::{Error, Finished},
    sandbox::Stopped,
};

/// The last words of programs that got no memory: C++, Python, Java, Node.js.
const NO_MEMORY: [&str; 4] = [
    "std::bad_alloc",
    "MemoryError",
    "java.lang.OutOfMemoryError",
    "JavaScript heap out of memory",
];

/// The verdict of a run whose program may take `time_ms` of processor time and `memory_kb` of memory.
pub(crate) fn outcome(
    finished: Finished,
    case: &Case,
    time_ms: u64,
    memory_kb: u64,
) -> Result<Outcome, Error> {
    let Finished {
        report,
        output,
        errors,
    } = finished;
    let errors = String::from_utf8_lossy(&errors).into_owned();
    if let Some(why) = report.not_started {
        // Its variables alone are more than it may have.
        if why.contains("Cannot allocate memory") {
            return Ok(Outcome::not_run(RunVerdict::MemoryLimit));
        }
        return Err(Error::NotStarted(why));
    }
    let compared = case
        .expected
        .as_deref()
        .map(|expected| compare(expected.as_bytes(), &output));
    let is_killed = report.signal == Some(Signal::SIGKILL as i32);
    let has_ended_in_order = report.exit_code == Some(0) && report.stopped.is_none();
    let verdict = match report.stopped {
        Some(Stopped::Cpu | Stopped::Wall) => RunVerdict::TimeLimit,
        Some(Stopped::Memory) => RunVerdict::MemoryLimit,
        Some(Stopped::Output) => RunVerdict::OutputLimit,
        Some(Stopped::Threads) => RunVerdict::RuntimeError,
        None if report.cpu_ms > 2 * time_ms => RunVerdict::TimeLimit,
        None if report.memory_kb > memory_kb => RunVerdict::MemoryLimit,
        // The system ends it that way when the memory of all is used up.
        None if is_killed && report.memory_kb > memory_kb / 2 => RunVerdict::MemoryLimit,
        None if !has_ended_in_order && NO_MEMORY.iter().any(|words| errors.contains(words)) => {
            RunVerdict::MemoryLimit
        }
        None if !has_ended_in_order => RunVerdict::RuntimeError,
        None if compared.is_some_and(|compared| !compared.equal) => RunVerdict::WrongAnswer,
        None => RunVerdict::Accepted,
    };
    let (shown, output_cut) = text(&output);
    Ok(Outcome {
        verdict,
        cpu_ms: report.cpu_ms,
        memory_kb: report.memory_kb,
        exit_code: report.exit_code,
        signal: report
            .signal
            .filter(|_| report.stopped.is_none())
            .map(signal_in_words),
        difference: compared
            .filter(|_| verdict == RunVerdict::WrongAnswer)
            .and_then(|compared| compared.difference),
        white_space_differs: verdict == RunVerdict::Accepted
            && compared.is_some_and(|compared| !compared.exact),
        near_limit: report.stopped.is_none() && report.cpu_ms > time_ms,
        output: shown,
        output_cut,
        errors,
    })
}

/// The beginning of an output as text. Bytes that are no UTF-8 become signs of three bytes, which may move what comes after them.
fn text(output: &[u8]) -> (String, bool) {
    let whole = String::from_utf8_lossy(&output[..output.len().min(OUTPUT_BYTES)]);
    let shown = domain::limits::cut(whole.trim_end_matches('\u{fffd}'), OUTPUT_BYTES);
    let is_cut = output.len() > OUTPUT_BYTES;
    if is_cut {
        (shown.to_owned(), true)
    } else {
        (domain::limits::cut(&whole, OUTPUT_BYTES).to_owned(), false)
    }
}

fn signal_in_words(number: i32) -> String {
    let Ok(signal) = Signal::try_from(number) else {
        return format!("signal {number}");
    };
    let words = match signal {
        Signal::SIGSEGV => "segmentation fault",
        Signal::SIGBUS => "bus error",
        Signal::SIGFPE => "arithmetic error, such as a division by zero",
        Signal::SIGABRT => "aborted",
        Signal::SIGILL => "illegal instruction",
        Signal::SIGSYS => "forbidden system call",
        Signal::SIGXCPU => "processor time used up",
        Signal::SIGXFSZ => "file too large",
        Signal::SIGPIPE => "broken pipe",
        _ => return signal.as_str().to_owned(),
    };
    format!("{words} ({})", signal.as_str())
}
