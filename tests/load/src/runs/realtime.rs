//! Frames through the bridge at a number of calls that leaves room, what a call costs, and what interrupts it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::Bench;
use super::bridge::{Bridge, Measured};
use crate::report::{ms, shown};

/// What was seen of one bridge.
struct Fixed {
    measured: Measured,
    kib_a_call: f64,
}

fn both<T>(
    bench: &mut Bench<'_>,
    mut part: impl FnMut(&mut Bench<'_>, Bridge, &str) -> Result<T>,
) -> Result<(Option<T>, T)> {
    let plain = Bridge::plain(bench)?;
    let plain = part(bench, plain, "plain")?;
    if bench.world.is_none() {
        return Ok((None, plain));
    }
    let product = Bridge::product(bench)?;
    Ok((Some(part(bench, product, "product")?), plain))
}

/// Added time, losses, processor time and memory at a fixed number of calls.
pub(super) fn fixed(bench: &mut Bench<'_>) -> Result<()> {
    let calls = bench.options.calls;
    let (product, plain) = both(bench, |bench, mut bridge, name| {
        let settle = bench.options.seconds(8);
        // Buffers of the first calls are made once; what a further call costs is the question.
        bridge.settle_at(calls / 4, settle)?;
        let few = bridge.measure(bench, bench.options.seconds(8))?;
        bridge.settle_at(calls, settle)?;
        let measured = bridge.measure(bench, bench.options.seconds(20))?;
        bench.report.note(measured.line(name));
        #[expect(clippy::cast_precision_loss, reason = "a size for people")]
        let kib_a_call =
            (measured.usage.own_kib as f64 - few.usage.own_kib as f64) / (calls - calls / 4) as f64;
        bridge.hang_up(0)?;
        Ok(Fixed { measured, kib_a_call })
    })?;
    let of = |what: &dyn Fn(&Fixed) -> String| (product.as_ref().map(what).unwrap_or_default(), what(&plain));
    let product = product.as_ref();
    let (mine, theirs) = of(&|fixed| shown(&fixed.measured.window.added));
    let met =
        product.map(|fixed| ms(&fixed.measured.window.added, 0.5) <= 1.0 && fixed.measured.p99() <= 5.0);
    let report = &mut bench.report;
    report.row(
        format!("realtime: added per frame at {calls} calls"),
        mine,
        theirs,
        "p50 ≤ 1, p99 ≤ 5 ms",
        met,
    );
    let (mine, theirs) =
        of(&|fixed| format!("{} of {}", fixed.measured.spoilt(), fixed.measured.window.sent));
    let met = product.map(|fixed| fixed.measured.spoilt() == 0);
    report.row(
        "realtime: frames lost, twice, out of order or altered",
        mine,
        theirs,
        "0",
        met,
    );
    let (mine, theirs) = of(&|fixed| format!("{:.2} ms", fixed.measured.cpu_ms));
    report.row("realtime: processor time a call-second", mine, theirs, "", None);
    let (mine, theirs) = of(&|fixed| format!("{:.0} KiB", fixed.kib_a_call));
    let met = product.map(|fixed| fixed.kib_a_call <= 100.0);
    report.row("realtime: memory a call", mine, theirs, "≤ 100 KiB", met);
    Ok(())
}

/// The same calls for a while: nothing may grow.
pub(super) fn flat(bench: &mut Bench<'_>) -> Result<()> {
    let calls = bench.options.calls;
    let mut bridge = if bench.world.is_some() {
        Bridge::product(bench)?
    } else {
        Bridge::plain(bench)?
    };
    let whole = if bench.options.quick {
        Duration::from_secs(20)
    } else {
        Duration::from_secs(bench.options.minutes * 60)
    };
    bridge.settle_at(calls, bench.options.seconds(10))?;
    let part = whole / 10;
    let begun = Instant::now();
    let mut parts = Vec::new();
    while begun.elapsed() < whole {
        parts.push(bridge.measure(bench, part.saturating_sub(Duration::from_secs(1)))?);
    }
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return Ok(());
    };
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let growth = (last.usage.own_kib as f64 - first.usage.own_kib as f64) / calls as f64;
    let spoilt: u64 = parts.iter().map(Measured::spoilt).sum();
    let worst = parts.iter().map(Measured::p99).fold(0.0, f64::max);
    let report = &mut bench.report;
    report.row(
        format!("realtime: growth over {} s at {calls} calls", whole.as_secs()),
        format!("{growth:+.1} KiB a call"),
        "",
        "flat",
        Some(growth <= 4.0),
    );
    report.row(
        format!(
            "realtime: p99 first, last and worst part of {} s",
            whole.as_secs()
        ),
        format!("{:.2}, {:.2}, {worst:.2} ms", first.p99(), last.p99()),
        "",
        "≤ 5 ms",
        Some(worst <= 5.0),
    );
    report.row(
        "realtime: frames spoilt meanwhile",
        spoilt.to_string(),
        "",
        "0",
        Some(spoilt == 0),
    );
    bridge.hang_up(0)
}

/// The caller's voice while the agent speaks: how long until the carrier is told to be silent.
pub(super) fn clear(bench: &mut Bench<'_>) -> Result<()> {
    const CALLS: u32 = 50;
    let rounds = if bench.options.quick { 2 } else { 8 };
    let (product, plain) = both(bench, |bench, mut bridge, name| {
        bridge.settle_at(usize::try_from(CALLS)?, bench.options.seconds(8))?;
        bridge.engine.begin();
        for _ in 0..rounds {
            // One after the other, as callers do.
            for call in 0..CALLS {
                bridge.engine.voice(call, true);
                sleep(Duration::from_millis(13));
            }
            for call in 0..CALLS {
                bridge.engine.voice(call, false);
                sleep(Duration::from_millis(13));
            }
            sleep(Duration::from_millis(700));
        }
        let window = bridge.engine.finish()?;
        let asked = CALLS * rounds;
        bench.report.note(format!(
            "{name}: {} of {asked} voices were followed by `clear`",
            window.clear.len()
        ));
        bridge.hang_up(0)?;
        Ok(window.clear)
    })?;
    let mine = product.as_ref().map(shown).unwrap_or_default();
    let met = product.as_ref().map(|clear| ms(clear, 0.99) <= 5.0);
    bench.report.row(
        "realtime: caller's voice → clear",
        mine,
        shown(&plain),
        "≤ 5 ms",
        met,
    );
    Ok(())
}
