//! Five hundred callers on the line and twenty people who watch them: how old an event is when a watcher has it, and
//! what one more watcher who does not read does to the others and to himself.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::floor::{Floor, mix};
use super::programs::Programs;
use super::stalled::{CaughtUp, Seen, Stalled};
use super::watcher::Watcher;
use super::watching::{Stretch, Watching, wall_clock_ns};
use crate::options::Run;
use crate::process::Core;
use crate::product::{Company, Models, Product};
use crate::report::{Report, ms, shown};
use crate::runs::Bench;

/// People who watch.
const WATCHERS: usize = 20;
/// Calls that each of them has open besides the wall.
const OWN_CALLS: usize = 3;
/// Calls that the one who stalls has open.
const STALLED_CALLS: usize = 8;
/// From one sentence of a caller to the next, about.
const SENTENCE_EVERY: u64 = 10;
/// Time for everybody to be in the middle of a talk.
const SETTLE: Duration = Duration::from_secs(10);
/// How long the one who stalls does not read: first what the kernel's own buffers take, then so long that the server has
/// to let go of the socket.
const STALLS: [Duration; 2] = [Duration::from_secs(20), Duration::from_secs(45)];
/// How long the one who stalls reads before and after.
const AFTERWARDS: Duration = Duration::from_secs(5);
const BUDGET: &str = "p50 ≤ 10, p99 ≤ 50 ms";

pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let world = bench.world()?;
    let carrier = world.models.carrier;
    let simulator = world.simulator.pid();
    let models = Models {
        realtime: carrier,
        chat: carrier,
        carrier,
    };
    let product = Product::start(bench.options, models, "phony-wall", None)?;
    // Its numbers must know the way to this process.
    let company = product.company()?;
    let (count, time) = if bench.options.quick {
        (50, Duration::from_secs(10))
    } else {
        (500, bench.options.seconds(60))
    };
    let stalls: Duration = STALLS.iter().sum();
    let all = time + stalls + SETTLE * 3 + Duration::from_secs(90);
    let sentences = usize::try_from(all.as_secs() / SENTENCE_EVERY)? * 2;
    let floor = Floor::open(carrier, &company, count, sentences)?;
    let watching = Watching::start(watchers(&product, &company, &floor)?)?;
    let programs = Programs::find(product.program.pid(), simulator)?;
    let cores = |options: &Run| -> Result<[Core; 2]> {
        Ok([Core::look(options.core)?, Core::look(options.driver_core)?])
    };

    std::thread::sleep(SETTLE);
    let opened = watching.take();
    let before = (programs.look(watching.cpu_seconds()), cores(bench.options)?);
    std::thread::sleep(time);
    let used = programs.look(watching.cpu_seconds()).since(&before.0);
    let now = cores(bench.options)?;
    let busy = [now[0].busy_since(before.1[0]), now[1].busy_since(before.1[1])];
    let calm = watching.take();
    let seconds = calm.since.elapsed().as_secs_f64();

    let mine = floor
        .calls
        .iter()
        .step_by((count / STALLED_CALLS).max(1))
        .cloned()
        .collect();
    let mut stalled = Stalled::open(&product, &company, mine)?;
    let mut outcomes = Vec::new();
    for time in STALLS {
        stalled.read_for(AFTERWARDS)?;
        let from = wall_clock_ns() / 1_000_000;
        let before = watching.take();
        let how = stalled.stall(time)?;
        let during = watching.take();
        stalled.read_for(AFTERWARDS)?;
        outcomes.push(Outcome {
            time,
            from,
            how,
            stretches: [before, during, watching.take()],
        });
    }
    let seen = &stalled.seen;
    let (up, ends) = (floor.up()?, floor.ends()?);
    watching.end()?;

    let report = &mut bench.report;
    told(report, &calm, seconds, count, up);
    report.note(format!(
        "the floor: {}; a caller's sentence about every {SENTENCE_EVERY} s; {} rang again; gone: {ends:?}; \
         used: {used}; cores busy {:.0} % and {:.0} %",
        mix(count),
        floor.again,
        busy[0] * 100.0,
        busy[1] * 100.0
    ));
    for frame in opened
        .others
        .iter()
        .filter(|frame| !frame.contains(r#""op":"snapshot""#))
    {
        report.note(format!("a watcher was told: {frame}"));
    }
    for outcome in &outcomes {
        harm(report, outcome);
        caught_up(report, outcome, seen)?;
    }
    Ok(())
}

/// What one stall did.
struct Outcome {
    time: Duration,
    /// When it began, in milliseconds since 1970.
    from: i64,
    how: CaughtUp,
    /// What the others saw: just before, meanwhile, just after.
    stretches: [Stretch; 3],
}

/// All watchers, with the wall and their own calls open.
fn watchers(product: &Product, company: &Company, floor: &Floor) -> Result<Vec<Watcher>> {
    let mut own = floor
        .calls
        .iter()
        .step_by((floor.calls.len() / (WATCHERS * OWN_CALLS)).max(1));
    let mut watchers = Vec::new();
    for _ in 0..WATCHERS {
        // A sign-in may have five sockets; people have one each.
        let token = product.sign_in(company)?;
        let mut watcher = Watcher::open(product.address, &product.ticket(&token)?, None)?;
        watcher.subscribe(None, None)?;
        for call in own.by_ref().take(OWN_CALLS) {
            watcher.subscribe(Some(call), None)?;
        }
        watchers.push(watcher);
    }
    Ok(watchers)
}

#[expect(clippy::cast_precision_loss, reason = "rates for people")]
fn told(report: &mut Report, calm: &Stretch, seconds: f64, count: usize, up: usize) {
    let frames = calm.wall.len() + calm.call.len();
    report.row(
        format!(
            "event → browser, {count} calls × {WATCHERS} watchers, wall: {} events, {} frames",
            calm.wall_events,
            calm.wall.len()
        ),
        shown(&calm.wall),
        "",
        BUDGET,
        Some(ms(&calm.wall, 0.5) <= 10.0 && ms(&calm.wall, 0.99) <= 50.0 && up == count),
    );
    report.row(
        format!(
            "the same, {OWN_CALLS} own calls of each watcher: {} frames",
            calm.call.len()
        ),
        shown(&calm.call),
        "",
        BUDGET,
        Some(ms(&calm.call, 0.5) <= 10.0 && ms(&calm.call, 0.99) <= 50.0),
    );
    report.note(format!(
        "wall: {:.0} events a second, of them {:.0} sentences; {:.0} frames a second in all; p99.9 {:.1} ms; \
         {up} of {count} calls still on the line at the end",
        calm.wall_events as f64 / seconds,
        calm.finals.len() as f64 / seconds,
        frames as f64 / seconds,
        ms(&calm.wall, 0.999),
    ));
}

/// What the others noticed.
fn harm(report: &mut Report, outcome: &Outcome) {
    let [_, during, _] = &outcome.stretches;
    report.row(
        format!(
            "the same while one more does not read for {} s, wall",
            outcome.time.as_secs()
        ),
        shown(&during.wall),
        "",
        BUDGET,
        Some(ms(&during.wall, 0.5) <= 10.0 && ms(&during.wall, 0.99) <= 50.0),
    );
    report.row(
        "the same, own calls",
        shown(&during.call),
        "",
        BUDGET,
        Some(ms(&during.call, 0.5) <= 10.0 && ms(&during.call, 0.99) <= 50.0),
    );
}

/// What the one who stalled has of what the others saw meanwhile.
fn caught_up(report: &mut Report, outcome: &Outcome, seen: &Seen) -> Result<()> {
    let finals = || outcome.stretches.iter().flat_map(|stretch| &stretch.finals);
    let newest = finals()
        .map(|one| one.at_ms)
        .max()
        .context("no sentence was finished")?;
    // What was said in the last moment may be on its way to him.
    let meanwhile = outcome.from..newest - 1_000;
    let (mut of_wall, mut of_own, mut lost_wall, mut lost_own) = (0, 0, 0, 0);
    for sentence in finals().filter(|one| meanwhile.contains(&one.at_ms)) {
        of_wall += 1;
        lost_wall += u32::from(!seen.wall.contains(&sentence.item));
        if seen.own.contains(&sentence.call) {
            of_own += 1;
            lost_own += u32::from(!seen.calls.contains(&sentence.item));
        }
    }
    if of_own == 0 {
        bail!("no sentence was finished while one did not read");
    }
    for (whose, lost, all) in [("the wall", lost_wall, of_wall), ("own calls", lost_own, of_own)] {
        report.row(
            format!("finals of {whose} that the stalled reader lost, of {all}"),
            lost.to_string(),
            "",
            "0",
            Some(lost == 0),
        );
    }
    let CaughtUp {
        ended,
        gaps,
        took,
        events,
    } = &outcome.how;
    report.note(format!(
        "the reader who stalled for {} s: {}; caught up in {:.1} s by {events} events; begun anew from a snapshot: {}",
        outcome.time.as_secs(),
        ended.as_deref().unwrap_or("the socket stayed"),
        took.as_secs_f64(),
        if gaps.is_empty() {
            "nothing".to_owned()
        } else {
            gaps.join(" ")
        },
    ));
    Ok(())
}
