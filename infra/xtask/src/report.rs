//! Runs steps whose output is shown, and counts what passed and failed.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::steps::seconds;

/// What one step brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Count {
    pub(crate) const PASS: Self = Self { passed: 1, failed: 0 };
    pub(crate) const FAIL: Self = Self { passed: 0, failed: 1 };
}

/// All steps so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    name: String,
    count: Count,
    took: Duration,
    /// What its program said of its failures, in short: the last lines of a long output are what many people see.
    reasons: Vec<String>,
}

/// Most reasons of one step.
const MAX_REASONS: usize = 24;

impl Report {
    /// Runs one step; gives whether nothing failed.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Count) -> bool {
        self.explained(name, || (work(), Vec::new()))
    }

    fn explained(&mut self, name: &str, work: impl FnOnce() -> (Count, Vec<String>)) -> bool {
        println!("\n==== {name}");
        let begun = Instant::now();
        let (count, reasons) = work();
        let took = begun.elapsed();
        let word = if count.failed == 0 { "ok" } else { "FAILED" };
        println!("==== {name}: {word} in {}", seconds(took));
        self.lines.push(Line {
            name: name.to_owned(),
            count,
            took,
            reasons,
        });
        count.failed == 0
    }

    /// A check of ours: it passes, or fails with its findings.
    pub(crate) fn check(&mut self, name: &str, work: impl FnOnce() -> anyhow::Result<Vec<String>>) -> bool {
        self.step(name, || match work() {
            Ok(findings) if findings.is_empty() => Count::PASS,
            Ok(findings) => {
                for finding in findings {
                    println!("{finding}");
                }
                Count::FAIL
            }
            Err(error) => {
                println!("{error:#}");
                Count::FAIL
            }
        })
    }

    /// Another program that passes or fails as a whole.
    pub(crate) fn program(&mut self, name: &str, command: &mut Command) -> bool {
        self.step(name, || if tee(command).0 { Count::PASS } else { Count::FAIL })
    }

    /// A test runner: its output is shown and counted by `parse`.
    pub(crate) fn runner(&mut self, name: &str, command: &mut Command, parse: fn(&str) -> Count) -> bool {
        self.explained(name, || {
            let (good, text) = tee(command);
            let text = plain(&text);
            let mut count = parse(&text);
            // It fell over before or beside its tests.
            if !good && count.failed == 0 {
                count.failed = 1;
            }
            let reasons = if count.failed == 0 {
                Vec::new()
            } else {
                reasons(&text)
            };
            (count, reasons)
        })
    }

    /// Something that could not be tried because of an earlier failure.
    pub(crate) fn not_run(&mut self, name: &str, why: &str) {
        println!("\n==== {name}: not run, {why}");
        self.lines.push(Line {
            name: name.to_owned(),
            count: Count::FAIL,
            took: Duration::ZERO,
            reasons: Vec::new(),
        });
    }

    /// Prints the table and the one last line; gives whether all is well.
    pub(crate) fn finish(&self) -> bool {
        let mut text = String::from("\n");
        let (mut passed, mut failed) = (0, 0);
        for line in &self.lines {
            let Line {
                name,
                count,
                took,
                reasons,
            } = line;
            let word = if count.failed == 0 { "ok  " } else { "FAIL" };
            let _ = writeln!(
                text,
                "  {word} {:>8}  {name}: {} passed, {} failed",
                seconds(*took),
                count.passed,
                count.failed
            );
            for reason in reasons {
                let _ = writeln!(text, "                 {reason}");
            }
            passed += count.passed;
            failed += count.failed;
        }
        print!("{text}\n{passed} passed, {failed} failed\n");
        failed == 0
    }
}

/// Runs with both outputs shown and kept.
fn tee(command: &mut Command) -> (bool, String) {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            println!("cannot run {}: {error}", command.get_program().to_string_lossy());
            return (false, String::new());
        }
    };
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let side = std::thread::spawn(move || err.map(|pipe| pass_on(pipe, true)).unwrap_or_default());
    let mut text = out.map(|pipe| pass_on(pipe, false)).unwrap_or_default();
    text += &side.join().unwrap_or_default();
    (child.wait().is_ok_and(|status| status.success()), text)
}

fn pass_on(pipe: impl Read, error: bool) -> String {
    let mut reader = BufReader::new(pipe);
    let mut kept = String::new();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // Our own output may be gone; the counting goes on.
        let _ = if error {
            std::io::stderr().write_all(&line)
        } else {
            std::io::stdout().write_all(&line)
        };
        kept += &String::from_utf8_lossy(&line);
        line.clear();
    }
    kept
}

/// Without colours.
fn plain(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match (inside, c) {
            (false, '\u{1b}') => inside = true,
            (true, c) if c.is_ascii_alphabetic() => inside = false,
            (true, _) => {}
            (false, c) => clean.push(c),
        }
    }
    clean
}

/// Lines of a runner that say what failed and why, each with a little of what follows.
fn reasons(text: &str) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut follow = 0;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let head = ["FAIL [", "TIMEOUT [", "SIGABRT [", "Error:", "error:", "error["]
            .iter()
            .any(|head| line.starts_with(head));
        if head || line.contains("panicked at") {
            follow = if line.starts_with("FAIL [") { 1 } else { 5 };
        }
        if follow > 0 && kept.len() < MAX_REASONS {
            follow -= 1;
            let line: String = line.chars().take(240).collect();
            if !kept.contains(&line) {
                kept.push(line);
            }
        }
    }
    kept
}

/// `cargo nextest`: one summary line, `Summary [ 0.4s] 4 tests run: 3 passed, 1 failed, 0 skipped`.
pub(crate) fn nextest(text: &str) -> Count {
    let summary = text
        .lines()
        .rfind(|line| line.trim_start().starts_with("Summary ["));
    let Some((_, parts)) = summary.and_then(|line| line.split_once(" run: ")) else {
        return Count::default();
    };
    let mut count = Count::default();
    for part in parts.split(',') {
        let mut words = part.split_whitespace();
        let number: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        match words.next() {
            Some("passed") => count.passed += number,
            Some("skipped") | None => {}
            Some(_) => count.failed += number,
        }
    }
    count
}

/// `cargo test`: a line of each binary, `test result: ok. 3 passed; 0 failed; …`.
pub(crate) fn cargo_test(text: &str) -> Count {
    let mut count = Count::default();
    for line in text
        .lines()
        .filter(|line| line.trim_start().starts_with("test result:"))
    {
        count.passed += before(line, " passed");
        count.failed += before(line, " failed");
    }
    count
}

/// Vitest: `Tests  1 failed | 12 passed (13)`.
pub(crate) fn vitest(text: &str) -> Count {
    let line = text
        .lines()
        .rfind(|line| line.trim_start().starts_with("Tests "))
        .unwrap_or("");
    Count {
        passed: before(line, " passed"),
        failed: before(line, " failed"),
    }
}

/// Playwright: lines `  3 passed (12.3s)`, `  1 failed`, and words for what never got a result.
pub(crate) fn playwright(text: &str) -> Count {
    let mut count = Count::default();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else {
            continue;
        };
        match (words.next(), words.next()) {
            (Some("passed"), _) => count.passed += number,
            (Some("failed" | "flaky" | "interrupted"), None) | (Some("did"), Some("not")) => {
                count.failed += number;
            }
            _ => {}
        }
    }
    count
}

/// The number in front of `word`.
fn before(line: &str, word: &str) -> u64 {
    let text = line
        .split(word)
        .next()
        .filter(|head| head.len() < line.len())
        .unwrap_or("");
    text.rsplit(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(passed: u64, failed: u64) -> Count {
        Count { passed, failed }
    }

    #[test]
    fn a_failure_says_why() {
        let text = "  PASS [ 0.1s] a\n  FAIL [ 0.2s] b::c\n  thread 'b::c' panicked at x.rs:1:2:\n  left 1\n\n  PASS [ 0.1s] d";
        let told = reasons(text);
        assert_eq!(told[0], "FAIL [ 0.2s] b::c");
        assert_eq!(told[2], "left 1");
        let told =
            reasons("  1) a.spec.ts\n    Error: expect(locator).toBeVisible() failed\n    Locator: x\n");
        assert_eq!(
            told,
            ["Error: expect(locator).toBeVisible() failed", "Locator: x"]
        );
    }

    #[test]
    fn runners_are_counted() {
        let text =
            "x\n     Summary [   0.473s] 9 tests run: 6 passed (1 slow), 2 failed, 1 timed out, 3 skipped\n";
        assert_eq!(nextest(text), count(6, 3));
        assert_eq!(nextest("error: could not compile"), count(0, 0));
        let text = "test result: ok. 3 passed; 0 failed; 1 ignored\ntest result: FAILED. 1 passed; 2 failed; 0 ignored";
        assert_eq!(cargo_test(text), count(4, 2));
        let text =
            plain(" Test Files  1 passed (1)\n      \u{1b}[2mTests\u{1b}[22m  1 failed | 12 passed (13)\n");
        assert_eq!(vitest(&text), count(12, 1));
        assert_eq!(vitest("      Tests  12 passed (12)"), count(12, 0));
        assert_eq!(
            playwright("Running 4 tests\n  1 failed\n    a.spec.ts\n  3 passed (2.0s)\n"),
            count(3, 1)
        );
    }
}
