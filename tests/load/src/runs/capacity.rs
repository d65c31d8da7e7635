//! Calls per core, and what happens past that.

use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;

use super::Bench;
use super::bridge::{Bridge, Measured};

/// What a call may wait at the most.
const P99_MS: f64 = 20.0;
/// Runs that must all be good.
const RUNS: usize = 3;

fn good(measured: &Measured) -> bool {
    measured.p99() <= P99_MS && measured.window.lost == 0 && measured.window.dropped == 0
}

/// The largest number of calls at which p99 holds in three of three runs. Those runs are of bridges that were never
/// overloaded: one that was has something to get over first.
fn capacity(
    bench: &mut Bench<'_>,
    start: impl Fn(&mut Bench<'_>) -> Result<Bridge>,
    name: &str,
) -> Result<usize> {
    let bridge = start(bench)?;
    let mut reached = ramp_up(bench, bridge, name)?;
    while reached > 0 {
        let bridge = start(bench)?;
        if holds(bench, bridge, name, reached)? {
            break;
        }
        reached = reached.saturating_sub(bench.options.step);
    }
    Ok(reached)
}

/// The last step that was good, when more calls are added until one is not.
fn ramp_up(bench: &mut Bench<'_>, mut bridge: Bridge, name: &str) -> Result<usize> {
    let (step, settle) = (bench.options.step, bench.options.seconds(4));
    let mut calls = bench.options.from;
    let mut reached = 0;
    while calls <= bench.options.to {
        let added = bridge.ramp_to(calls)?;
        sleep(settle);
        let measured = bridge.measure(bench, bench.options.seconds(5))?;
        bench.report.note(measured.line(name));
        if !measured.driver_was_in_time() {
            bench.report.note(format!(
                "{name}: the driver was late here; the bridge may be better than this"
            ));
        }
        if added.refused > 0 {
            bench.report.note(format!(
                "{name}: {} were refused, the last one: {}",
                added.refused, added.heard
            ));
            break;
        }
        if !good(&measured) {
            break;
        }
        reached = calls;
        calls += step;
    }
    bridge.hang_up(0)?;
    Ok(reached)
}

/// Whether that many calls are good in all runs.
fn holds(bench: &mut Bench<'_>, mut bridge: Bridge, name: &str, calls: usize) -> Result<bool> {
    let added = bridge.ramp_to(calls)?;
    sleep(bench.options.seconds(4));
    let mut runs = 0;
    while runs < RUNS && added.refused == 0 {
        let measured = bridge.measure(bench, bench.options.seconds(10))?;
        runs += 1;
        bench.report.note(measured.line(&format!("{name}, run {runs}")));
        if !good(&measured) {
            bridge.hang_up(0)?;
            return Ok(false);
        }
    }
    bridge.hang_up(0)?;
    Ok(runs == RUNS)
}

/// Calls per core, ours and the plain bridge's.
pub(super) fn ramp(bench: &mut Bench<'_>) -> Result<()> {
    let plain = capacity(bench, |bench| Bridge::plain(bench), "plain")?;
    let product = if bench.world.is_some() {
        Some(capacity(bench, |bench| Bridge::product(bench), "product")?)
    } else {
        None
    };
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    let ratio = product.map(|product| product as f64 / plain.max(1) as f64);
    let mine = product.zip(ratio);
    bench.report.row(
        "realtime: calls per core, p99 added ≤ 20 ms in 3 of 3 runs",
        mine.map(|(calls, ratio)| format!("{calls} ({ratio:.2} ×)"))
            .unwrap_or_default(),
        plain.to_string(),
        "≥ 1.0 ×, aim 1.3 ×",
        ratio.map(|ratio| ratio >= 1.0),
    );
    Ok(())
}

/// Past the limit: who is not taken, and how those fare who are.
pub(super) fn limit(bench: &mut Bench<'_>) -> Result<()> {
    if bench.world.is_none() {
        return Ok(());
    }
    let mut bridge = Bridge::product(bench)?;
    let most = bench.options.to + 240;
    let added = bridge.ramp_to(most)?;
    sleep(Duration::from_secs(3));
    let measured = bridge.measure(bench, bench.options.seconds(15))?;
    bench.report.note(measured.line("product past its limit"));
    bench.report.row(
        format!("realtime: {most} calls asked for: taken, refused"),
        format!("{}, {}", added.taken, added.refused),
        "",
        "new calls are refused",
        Some(added.refused > 0),
    );
    bench.report.row(
        "realtime: p99 added of those that are up",
        format!("{:.2} ms", measured.p99()),
        "",
        "≤ 20 ms",
        Some(measured.p99() <= P99_MS),
    );
    if !added.heard.is_empty() {
        bench.report.note(format!("who is refused: {}", added.heard));
    }
    bridge.hang_up(0)
}
