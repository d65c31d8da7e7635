//! A bridge with calls on it, ours or the plain one.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::Bench;
use crate::dial::{Line, Ring};
use crate::engine::{Engine, Window};
use crate::process::{Core, Program, Usage};
use crate::product::{Product, plain};
use crate::report::{ms, shown};

/// Calls that ring in a second while calls are added.
const RINGS_A_SECOND: u64 = 60;
/// A line that takes nobody any more refuses this many in a row.
const TAKES_NOBODY: usize = 20;

/// A bridge that runs, with its driver.
pub(crate) struct Bridge {
    pub(crate) engine: Engine,
    pub(crate) program: Program,
    line: Line,
    /// The carrier's names of the calls that are up, oldest first.
    calls: Vec<String>,
}

/// What adding calls came to.
#[derive(Debug, Default)]
pub(crate) struct Added {
    pub(crate) taken: usize,
    pub(crate) refused: usize,
    /// What the last one who was refused heard.
    pub(crate) heard: String,
}

/// A measured stretch with what it cost.
pub(crate) struct Measured {
    pub(crate) calls: usize,
    pub(crate) window: Window,
    /// Processor milliseconds a call and second.
    pub(crate) cpu_ms: f64,
    /// Part of its core that was at work, with the kernel's share of the sockets.
    pub(crate) core_busy: f64,
    pub(crate) usage: Usage,
}

impl Bridge {
    /// The product with its realtime number.
    pub(crate) fn product(bench: &Bench<'_>) -> Result<Self> {
        let engine = bench.engine()?;
        let world = bench.world()?;
        let mut models = world.models;
        models.realtime = engine.model;
        let product = Product::start(bench.options, models, "phony", None)?;
        let line = product.line(&world.company.realtime);
        Ok(Self {
            engine,
            program: product.program,
            line,
            calls: Vec::new(),
        })
    }

    /// The plain one.
    pub(crate) fn plain(bench: &Bench<'_>) -> Result<Self> {
        let engine = bench.engine()?;
        let model = format!("ws://{}/v1/realtime", engine.model);
        let (program, line) = plain(bench.options, &["--model-url".to_owned(), model], &[])?;
        Ok(Self {
            engine,
            program,
            line,
            calls: Vec::new(),
        })
    }

    /// Rings until `target` calls are up, or nobody is taken any more.
    pub(crate) fn ramp_to(&mut self, target: usize) -> Result<Added> {
        let mut added = Added::default();
        let mut in_a_row = 0;
        let begun = Instant::now();
        while self.calls.len() < target && in_a_row < TAKES_NOBODY {
            let number = u32::try_from(added.taken + added.refused).unwrap_or(u32::MAX);
            let due = Duration::from_secs(1) * number / u32::try_from(RINGS_A_SECOND)?;
            sleep(due.saturating_sub(begun.elapsed()));
            // A bridge that does not answer takes nobody either.
            let ring = self.line.ring();
            match ring.unwrap_or_else(|error| Ring::Refused(format!("no answer: {error:#}"))) {
                Ring::Up(rung) => {
                    self.calls.push(rung.call_sid);
                    self.engine.call(rung.stream, rung.stream_sid, rung.start);
                    added.taken += 1;
                    in_a_row = 0;
                }
                Ring::Refused(heard) => {
                    added.heard = heard;
                    added.refused += 1;
                    in_a_row += 1;
                }
            }
        }
        Ok(added)
    }

    /// Adds calls that must all be taken, and lets them settle.
    pub(crate) fn settle_at(&mut self, target: usize, settle: Duration) -> Result<()> {
        let added = self.ramp_to(target)?;
        if self.calls.len() < target {
            bail!(
                "{} of {target} calls were taken; the next {}",
                self.calls.len(),
                added.heard
            );
        }
        sleep(settle);
        let standing = self.engine.standing()?;
        if standing.up < target {
            bail!(
                "{} of {target} calls are up, {} were dropped (close code {}), {} model sessions, {} faults there",
                standing.up,
                standing.dropped,
                standing.last_code,
                standing.sessions,
                standing.model_faults
            );
        }
        Ok(())
    }

    /// Lets all but the first `keep` hang up, and waits until the bridge has noticed.
    pub(crate) fn hang_up(&mut self, keep: usize) -> Result<()> {
        self.engine.hang_up(keep)?;
        for call in self.calls.split_off(keep.min(self.calls.len())) {
            self.line.completed(&call)?;
        }
        sleep(Duration::from_secs(1));
        Ok(())
    }

    pub(crate) fn measure(&self, bench: &Bench<'_>, time: Duration) -> Result<Measured> {
        let core = bench.options.core;
        let (before, core_before) = (self.program.usage()?, Core::look(core)?);
        self.engine.begin();
        sleep(time);
        let (usage, core_after) = (self.program.usage()?, Core::look(core)?);
        let window = self.engine.finish()?;
        let calls = self.calls.len();
        #[expect(clippy::cast_precision_loss, reason = "a cost for people")]
        let cpu_ms = usage.cpu_ms_a_second(&before) / calls.max(1) as f64;
        Ok(Measured {
            calls,
            window,
            cpu_ms,
            core_busy: core_after.busy_since(core_before),
            usage,
        })
    }
}

impl Measured {
    /// p99 of what was added, in milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        ms(&self.window.added, 0.99)
    }

    /// Frames that did not come back as they were sent.
    pub(crate) fn spoilt(&self) -> u64 {
        let window = &self.window;
        window.lost + window.duplicated + window.reordered + window.altered
    }

    /// Whether the driver itself was in time.
    pub(crate) fn driver_was_in_time(&self) -> bool {
        ms(&self.window.lag, 0.99) < 5.0
    }

    /// One line for people.
    pub(crate) fn line(&self, name: &str) -> String {
        let window = &self.window;
        format!(
            "{name} at {} calls: added {}; {} frames, {} lost, {} twice, {} out of order, {} altered, {} bytes \
             strange, {} invalid, {} cleared, {} marks, {} dropped; {:.2} ms CPU a call-second, core {:.0} % busy, \
             driver {:.0} % busy and late by {}",
            self.calls,
            shown(&window.added),
            window.sent,
            window.lost,
            window.duplicated,
            window.reordered,
            window.altered,
            window.strange_bytes,
            window.invalid,
            window.clears,
            window.marks,
            window.dropped,
            self.cpu_ms,
            self.core_busy * 100.0,
            window.driver_busy * 100.0,
            shown(&window.lag),
        )
    }
}
