//! Logs and metrics of the process.

mod fields;
mod lines;

use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::Dispatch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogConfig;

pub use fields::{ALLOWED_FIELDS, HIDDEN};
use lines::{JsonLines, KnownFields};

/// Bounds of every histogram of seconds.
const SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
];
/// How often the recorder is tidied.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Starts logging to standard error.
///
/// # Errors
/// When the filter cannot be read, or logging runs already.
pub fn start_logs(config: &LogConfig) -> anyhow::Result<()> {
    // Colours are for terminals; in a file they are noise.
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    logs(config, std::io::stderr, colours)?
        .try_init()
        .map_err(|cause| anyhow::anyhow!(cause))
        .context("logging runs already")
}

/// Logs to a writer; of fields that are not in [`ALLOWED_FIELDS`] only the names are written.
///
/// # Errors
/// When the filter cannot be read.
pub fn logs<W>(config: &LogConfig, writer: W, colours: bool) -> anyhow::Result<Dispatch>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter: EnvFilter = config
        .filter
        .parse()
        .context("LOG is not a filter like info,phony_calls=debug")?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    Ok(if config.json {
        logs.fmt_fields(JsonLines).event_format(JsonLines).into()
    } else {
        logs.with_ansi(colours).fmt_fields(KnownFields).into()
    })
}

/// Starts the recorder of metrics; a second start in one process gets a recorder of its own that records nothing.
///
/// # Errors
/// When the histogram bounds are refused.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .context("histogram bounds")?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    // Tests start several servers in one process; only the first one's recorder can be the global one.
    if metrics::set_global_recorder(recorder).is_ok() {
        let upkeep = handle.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(UPKEEP_EVERY);
            loop {
                ticks.tick().await;
                upkeep.run_upkeep();
            }
        });
    }
    Ok(handle)
}
