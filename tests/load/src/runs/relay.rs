//! Relay calls: from the carrier's prompt to the first word at the carrier, without the model's time.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::task::LocalSet;

use super::Bench;
use super::talk::{self, Manner, Prompts, ring};
use crate::engine::histogram;
use crate::product::Product;
use crate::report::{ms, shown};

pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    if bench.world.is_none() {
        return Ok(());
    }
    let world = bench.world()?;
    let product = Product::start(bench.options, world.models, "phony", None)?;
    let line = product.line(&world.company.relay);
    let calls = 100;
    let manner = Manner {
        every: Duration::from_secs(3),
        prompts: if bench.options.quick { 2 } else { 10 },
    };
    let rung = ring(&line, calls)?;
    let names: Vec<String> = rung.iter().map(|one| one.call_sid.clone()).collect();
    let prompts = Prompts::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let failed = LocalSet::new().block_on(&runtime, async {
        let talks = talk::start(rung, &line, manner, &prompts);
        let mut failed = 0;
        for one in talks {
            failed += usize::from(!matches!(one.await, Ok(Ok(()))));
        }
        failed
    });
    for name in &names {
        line.completed(name)?;
    }
    let (mut own, mut way_in, mut way_out, mut missing) = (histogram(), histogram(), histogram(), 0);
    for (mark, times) in prompts.borrow().iter() {
        match (world.chat.asked(mark), times.answered) {
            (Some(asked), Some(answered)) => {
                let (there, back) = (
                    asked.at.saturating_sub(times.asked),
                    answered.saturating_sub(asked.first_word),
                );
                own.saturating_record(there + back);
                way_in.saturating_record(there);
                way_out.saturating_record(back);
            }
            _ => missing += 1,
        }
    }
    if own.is_empty() {
        bail!("no answer came ({failed} calls failed)");
    }
    let per_second = calls as u64 / manner.every.as_secs();
    let report = &mut bench.report;
    report.row(
        format!(
            "relay: prompt → first token, {calls} calls, {} prompts at {per_second}/s",
            own.len()
        ),
        shown(&own),
        "",
        "p99 ≤ 5 ms",
        Some(ms(&own, 0.99) <= 5.0),
    );
    report.note(format!(
        "relay: prompt → model {}; model → carrier {}; {missing} prompts without answer, {failed} calls failed",
        shown(&way_in),
        shown(&way_out)
    ));
    Ok(())
}
