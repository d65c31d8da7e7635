//! Authenticated reads of one row, beside a plain read of the same row.

use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Bench;
use crate::http::head;
use crate::openloop::{Load, Make, at_rate, flat_out};
use crate::product::{Product, as_operator, plain};
use crate::report::{ms, shown};

const RATE: f64 = 1_000.0;
/// Connections that ask as fast as they get answers.
const CONNECTIONS: usize = 32;
/// A field of the row.
const SAYS: &str = "\"e164\"";

fn asking(address: std::net::SocketAddr, path: &str, authorization: Option<&str>) -> Make {
    let mut headers = vec![("Accept", "application/json")];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    let request = head(address, "GET", path, &headers, None).into_bytes();
    Rc::new(move |_| request.clone())
}

fn flat(address: std::net::SocketAddr, time: Duration, make: &Make) -> Result<Load> {
    flat_out(address, time / 4, CONNECTIONS, make, SAYS)?;
    flat_out(address, time, CONNECTIONS, make, SAYS)
}

pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let time = bench.options.seconds(10);
    let plain_rate = plain_read(bench, time)?;
    if bench.world.is_none() {
        return Ok(());
    }
    let world = bench.world()?;
    let (models, company) = (world.models, world.company.clone());
    let product = Product::start(bench.options, models, "phony", None)?;
    let path = format!("/v1/numbers/{}", company.realtime.id);
    let token = product.sign_in(&company)?;
    let key = product.api_key(&token)?;
    for (how, secret) in [("access token", token), ("API key", key)] {
        let make = asking(product.address, &path, Some(&format!("Bearer {secret}")));
        flat_out(product.address, Duration::from_secs(1), 8, &make, SAYS)?;
        let load = at_rate(product.address, RATE, time, 128, &make, SAYS)?;
        bench.report.row(
            format!(
                "tenant read with {how} at {RATE:.0}/s, {} failed, {} late",
                load.bad, load.late
            ),
            shown(&load.times),
            "",
            "p99 ≤ 10 ms",
            Some(ms(&load.times, 0.99) <= 10.0 && load.bad == 0),
        );
        let most = flat(product.address, time, &make)?;
        let ratio = most.rate / plain_rate.max(1.0);
        bench.report.row(
            format!("tenant read with {how}, most a second, {} failed", most.bad),
            format!("{:.0}/s ({ratio:.2} ×)", most.rate),
            format!("{plain_rate:.0}/s"),
            "≥ 0.6 ×",
            Some(ratio >= 0.6),
        );
    }
    Ok(())
}

/// The same columns by a key, with nothing around it.
fn plain_read(bench: &mut Bench<'_>, time: Duration) -> Result<f64> {
    const ID: &str = "00000000-0000-7000-8000-000000000500";
    as_operator(
        "CREATE TABLE IF NOT EXISTS public.plain_numbers (id uuid PRIMARY KEY, e164 text NOT NULL,
           label text NOT NULL, status text NOT NULL, engine text NOT NULL);
         INSERT INTO public.plain_numbers
           SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, '+1415555' || lpad(n::text, 4, '0'),
                  'Front desk', 'active', 'relay' FROM generate_series(1, 1000) n
         ON CONFLICT DO NOTHING;
         ANALYZE public.plain_numbers",
    )?;
    let url = std::env::var("PHONY_TEST_ADMIN_URL").context("PHONY_TEST_ADMIN_URL is missing")?;
    let arguments = ["--read-table".to_owned(), "public.plain_numbers".to_owned()];
    let (_program, line) = plain(bench.options, &arguments, &[("DATABASE_URL".to_owned(), url)])?;
    let make = asking(line.address, &format!("/read/{ID}"), None);
    let load = at_rate(line.address, RATE, time, 128, &make, SAYS)?;
    bench.report.note(format!(
        "plain read at {RATE:.0}/s: {}, {} failed",
        shown(&load.times),
        load.bad
    ));
    let most = flat(line.address, time, &make)?;
    Ok(most.rate)
}
