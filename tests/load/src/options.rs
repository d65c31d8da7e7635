//! What a run is told.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures the product under load; `cargo xtask bench` prepares everything it needs.
#[derive(Debug, Parser)]
#[command(name = "phony-load", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure.
    Run(Box<Run>),
    /// Become another program that ends with its parent.
    #[command(hide = true)]
    Pin {
        #[arg(long)]
        core: Option<usize>,
        #[arg(last = true)]
        program: Vec<String>,
    },
}

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Frames through the bridge at fixed numbers of calls, processor time and memory a call.
    Realtime,
    /// Calls per core.
    Capacity,
    /// What happens past the limit.
    Limit,
    /// Whether time and memory stay flat.
    Flat,
    /// The caller's voice stops the agent's.
    Clear,
    /// Prompt to first token.
    Relay,
    /// Webhook to instructions.
    Webhook,
    /// Authenticated reads.
    Reads,
    /// What others notice of two hundred sign-ins at once.
    Signins,
    /// Event to browser, command to applied.
    Live,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Run {
    /// What; all when none is named.
    #[arg(value_enum)]
    pub(crate) what: Vec<What>,
    /// Short runs: a look, not a measurement.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Divides the time of every stretch further.
    #[arg(long, default_value_t = 1)]
    pub(crate) hurry: u32,
    /// Only the plain bridge and the plain read: shows that the harness works.
    #[arg(long)]
    pub(crate) plain_only: bool,
    /// The product's program; `DATABASE_URL` and the like say where its servers are.
    #[arg(long)]
    pub(crate) phony: Option<PathBuf>,
    /// The simulator, which sells the numbers.
    #[arg(long)]
    pub(crate) simulator: Option<PathBuf>,
    /// The plain bridge.
    #[arg(long)]
    pub(crate) plain: PathBuf,
    /// Where logs and results go.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// What is written into the results as the state of the sources.
    #[arg(long, default_value = "unknown")]
    pub(crate) commit: String,
    /// Calls of the fixed measurement.
    #[arg(long, default_value_t = 200)]
    pub(crate) calls: usize,
    /// Where the ramp begins.
    #[arg(long, default_value_t = 256)]
    pub(crate) from: usize,
    /// How far it goes at most.
    #[arg(long, default_value_t = 960)]
    pub(crate) to: usize,
    /// Its steps.
    #[arg(long, default_value_t = 32)]
    pub(crate) step: usize,
    /// Minutes of `flat`.
    #[arg(long, default_value_t = 2)]
    pub(crate) minutes: u64,
    /// Core of what is measured.
    #[arg(long, default_value_t = 0)]
    pub(crate) core: usize,
    /// Core of driver, model stand-in and servers.
    #[arg(long, default_value_t = 1)]
    pub(crate) driver_core: usize,
    /// Where everything may run; for tests on machines that are busy.
    #[arg(long)]
    pub(crate) unpinned: bool,
}

impl Run {
    pub(crate) fn wants(&self, what: What) -> bool {
        self.what.is_empty() || self.what.contains(&what)
    }

    /// Seconds of a measured stretch.
    pub(crate) fn seconds(&self, usual: u64) -> std::time::Duration {
        let seconds = if self.quick { usual.div_ceil(4) } else { usual };
        std::time::Duration::from_secs(seconds) / self.hurry.max(1)
    }

    pub(crate) fn measured_core(&self) -> Option<usize> {
        (!self.unpinned).then_some(self.core)
    }

    pub(crate) fn other_core(&self) -> Option<usize> {
        (!self.unpinned).then_some(self.driver_core)
    }
}
