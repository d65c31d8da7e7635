//! Webhook to instructions at a given rate.

use std::rc::Rc;

use anyhow::Result;

use super::Bench;
use crate::dial::sid;
use crate::http::head;
use crate::openloop::{Make, at_rate};
use crate::product::Product;
use crate::report::{ms, shown};

const RATE: f64 = 200.0;

pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    if bench.world.is_none() {
        return Ok(());
    }
    let world = bench.world()?;
    let (models, company) = (world.models, world.company.clone());
    let product = Product::start(bench.options, models, "phony", None)?;
    for (engine, number) in [("realtime", &company.realtime), ("relay", &company.relay)] {
        let line = product.line(number);
        let make: Make = Rc::new(move |_| {
            let call = sid("CA");
            let parameters = line.ringing(&call);
            let (headers, body) = line.signed(line.webhook, &parameters);
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            (head(line.address, "POST", line.webhook, &headers, Some(&body)) + &body).into_bytes()
        });
        // Connections to the database are made by the first calls.
        at_rate(
            product.address,
            RATE / 2.0,
            bench.options.seconds(4),
            32,
            &make,
            "<Connect",
        )?;
        let load = at_rate(
            product.address,
            RATE,
            bench.options.seconds(20),
            64,
            &make,
            "<Connect",
        )?;
        bench.report.row(
            format!(
                "webhook → TwiML ({engine}) at {RATE:.0}/s, {} calls, {} failed",
                load.good, load.bad
            ),
            shown(&load.times),
            "",
            "p99 ≤ 50 ms",
            Some(ms(&load.times, 0.99) <= 50.0 && load.bad == 0),
        );
    }
    Ok(())
}
