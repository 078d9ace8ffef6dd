//! `test`: builds the programs and the tests, then runs every fast test; `--slow` adds the long ones.

use crate::tools::{self, cargo, ensure_packages, step};
use crate::{targets, web};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// What the test runner said, added up over all of its test programs.
#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
    /// Test programs that closed with a summary.
    programs: u64,
}

/// Runs the tests and closes with one line that adds them up.
pub fn run(is_slow: bool, filter: Option<&str>) -> Result<()> {
    ensure_packages(&[
        tools::POSTGRESQL,
        tools::FFMPEG,
        tools::PYTHON_VENV,
        tools::CHROMIUM,
        tools::CXX,
        tools::CURL,
    ])?;
    web::build()?;
    // One build of everything: the tests' own builds the programs that they start as well, while
    // `cargo build` would compile what depends on a feature of a test's library a second time.
    step("build the programs and the tests", || {
        tools::run(cargo().args(["test", "--workspace", "--no-run"]))
    })?;
    let mut count = Count::default();
    let mut result = step("tests", || run_tests(is_slow, filter, &mut count));
    if filter.is_none() {
        let compared = step("the same verdicts on a 32-bit core", targets::compare);
        *(if compared.is_ok() { &mut count.passed } else { &mut count.failed }) += 1;
        result = result.and(compared);
    }
    println!("{} passed, {} failed", count.passed, count.failed);
    result
}

fn run_tests(is_slow: bool, filter: Option<&str>, count: &mut Count) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]).args(filter);
    if is_slow {
        // What they drew at random is told of whether they pass or fail.
        command.env("APIS_SLOW", "1").args(["--", "--show-output"]);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().context("start cargo test")?;
    let lines = BufReader::new(child.stdout.take().expect("the pipe was asked for"));
    for line in lines.lines() {
        let line = line.context("read what cargo test prints")?;
        println!("{line}");
        count.take(&line);
    }
    let status = child.wait().context("wait for cargo test")?;
    if !status.success() {
        bail!("cargo test ended with {status}");
    }
    if count.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

impl Count {
    /// Adds a line such as `test result: ok. 12 passed; 0 failed; …`.
    fn take(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else { return };
        let number_before = |word: &str| -> u64 {
            rest.split([';', '.'])
                .filter_map(|part| part.trim().strip_suffix(word))
                .filter_map(|number| number.trim().parse::<u64>().ok())
                .sum::<u64>()
        };
        self.passed += number_before("passed");
        self.failed += number_before("failed");
        self.programs += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn the_runners_summaries_are_added_up() {
        let mut count = Count::default();
        count.take("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; finished in 0.1s");
        count
            .take("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; finished in 1s");
        count.take("running 3 tests");
        assert_eq!((count.passed, count.failed, count.programs), (15, 2, 2));
    }
}
