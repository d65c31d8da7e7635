//! Results: a line a number, shown, and written as JSON and Markdown.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::Serialize;

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) product: String,
    /// The plain program in the same run.
    pub(crate) plain: String,
    pub(crate) budget: String,
    /// None: nothing was promised.
    pub(crate) met: Option<bool>,
}

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) commit: String,
    pub(crate) machine: String,
    pub(crate) date: String,
    pub(crate) rows: Vec<Row>,
    /// What a reader of the numbers must know.
    pub(crate) notes: Vec<String>,
}

impl Report {
    pub(crate) fn new(commit: &str) -> Self {
        Self {
            commit: commit.to_owned(),
            machine: machine(),
            date: today(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a line and shows it.
    pub(crate) fn row(
        &mut self,
        what: impl Into<String>,
        product: impl Into<String>,
        plain: impl Into<String>,
        budget: &str,
        met: Option<bool>,
    ) {
        let row = Row {
            what: what.into(),
            product: product.into(),
            plain: plain.into(),
            budget: budget.to_owned(),
            met,
        };
        let word = match row.met {
            Some(true) => "ok  ",
            Some(false) => "MISS",
            None => "    ",
        };
        println!(
            "  {word} {:<58} {:<26} plain {:<24} budget {}",
            row.what,
            dash(&row.product),
            dash(&row.plain),
            dash(&row.budget)
        );
        self.rows.push(row);
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        println!("       {text}");
        self.notes.push(text);
    }

    /// Writes `results.json` and `results.md`.
    pub(crate) fn write(&self, out: &Path) -> Result<()> {
        fs::write(
            out.join("results.json"),
            serde_json::to_string_pretty(self)? + "\n",
        )?;
        fs::write(out.join("results.md"), self.markdown())?;
        Ok(())
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{}, {}, commit {}\n\n", self.date, self.machine, self.commit);
        text.push_str("| what | product | plain | budget | |\n|---|---|---|---|---|\n");
        for row in &self.rows {
            let word = match row.met {
                Some(true) => "met",
                Some(false) => "missed",
                None => "",
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {word} |",
                row.what,
                dash(&row.product),
                dash(&row.plain),
                dash(&row.budget)
            );
        }
        if !self.notes.is_empty() {
            text.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(text, "- {note}");
        }
        text
    }
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

/// Milliseconds at a quantile of a histogram of nanoseconds.
pub(crate) fn ms(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    if histogram.is_empty() {
        return f64::NAN;
    }
    #[expect(clippy::cast_precision_loss, reason = "a time for people")]
    let nanoseconds = histogram.value_at_quantile(quantile) as f64;
    nanoseconds / 1e6
}

/// `p50 0.31 · p99 1.20 · max 9.0 ms`.
pub(crate) fn shown(histogram: &Histogram<u64>) -> String {
    if histogram.is_empty() {
        return "nothing came".to_owned();
    }
    format!(
        "p50 {:.2} · p99 {:.2} · max {:.1} ms",
        ms(histogram, 0.5),
        ms(histogram, 0.99),
        ms(histogram, 1.0)
    )
}

fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name.trim());
    // Those of the machine, not those that this thread may use.
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default().trim().to_owned();
    format!("{cores} cores of {model}, Linux {kernel}")
}

/// The date in UTC, from the days since 1970.
fn today() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let days = i64::try_from(seconds / 86_400).unwrap_or(0) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let part = (5 * day_of_year + 2) / 153;
    let (day, month) = (
        day_of_year - (153 * part + 2) / 5 + 1,
        if part < 10 { part + 3 } else { part - 9 },
    );
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
