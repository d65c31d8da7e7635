//! Two hundred sign-ins at once: what others notice of it.

use std::net::SocketAddr;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use serde_json::json;

use super::Bench;
use crate::http::{head, request};
use crate::openloop::{Make, at_rate};
use crate::product::Product;
use crate::report::{ms, shown};

const SIGN_INS: usize = 200;
/// Requests of others meanwhile, a second.
const RATE: f64 = 100.0;
/// The flood comes when the others are well under way.
const AFTER: Duration = Duration::from_millis(500);

/// Statuses of the flood, and how long it took.
fn flood(address: SocketAddr) -> (Vec<u16>, Duration) {
    let sign_ins = (0..SIGN_INS).map(|n| {
        thread::spawn(move || {
            // Each from an address of its own, or all but the first few would be told to wait.
            let from = format!("198.51.{}.{}", n / 100, n % 100);
            let headers = [
                ("Content-Type", "application/json"),
                ("X-Forwarded-For", from.as_str()),
            ];
            let email = format!("person{n}@bench.example");
            let body = json!({"email": email, "password": "some password or other"}).to_string();
            request(address, "POST", "/v1/auth/login", &headers, Some(&body))
                .map_or(0, |answer| answer.status)
        })
    });
    let begun = Instant::now();
    let sign_ins: Vec<_> = sign_ins.collect();
    let statuses = sign_ins.into_iter().map(|one| one.join().unwrap_or(0)).collect();
    (statuses, begun.elapsed())
}

pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    if bench.world.is_none() {
        return Ok(());
    }
    let world = bench.world()?;
    let (models, company) = (world.models, world.company.clone());
    let product = Product::start(bench.options, models, "phony", None)?;
    let token = format!("Bearer {}", product.sign_in(&company)?);
    let address = product.address;
    let path = format!("/v1/numbers/{}", company.realtime.id);
    let headers = [("Accept", "application/json"), ("Authorization", token.as_str())];
    let read = head(address, "GET", &path, &headers, None).into_bytes();
    let make: Make = Rc::new(move |_| read.clone());
    at_rate(address, RATE, Duration::from_secs(1), 32, &make, "")?;
    let flood = thread::spawn(move || {
        thread::sleep(AFTER);
        flood(address)
    });
    // As long as the flood is worked off, and not so long that it is lost among the quiet ones.
    let load = at_rate(address, RATE, Duration::from_secs(4), 64, &make, "")?;
    let (statuses, took) = flood.join().map_err(|_| anyhow!("the flood broke off"))?;
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    let (judged, refused) = (count(401), count(503));
    bench.report.row(
        format!(
            "reads at {RATE:.0}/s while {SIGN_INS} sign in at once ({judged} judged, {refused} told to come back, {:.1} s), \
             {} failed",
            took.as_secs_f64(),
            load.bad
        ),
        shown(&load.times),
        "",
        "p99 ≤ 250 ms",
        Some(ms(&load.times, 0.99) <= 250.0 && load.bad == 0 && judged + refused == SIGN_INS),
    );
    Ok(())
}
