//! An instance that is killed while people are on the phone: what it held comes back by itself.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use phony_journeys::{Balancer, Product, eventually};
use serde_json::{Value, json};

use crate::installation::Installation;

/// What a lease lasts.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// Calls at one time on the smallest plan.
const LIMIT: u32 = 10;

#[tokio::test]
async fn slots_of_a_killed_instance_return_within_thirty_seconds() {
    let balancer = Balancer::start().await;
    let product = Product::start_behind(&balancer).await;
    let acme = product.tenant("acme").await;
    let number = product.buy_number(&acme).await;
    let e164 = number["e164"].as_str().unwrap();
    let instance = Installation::of(&product).serve().await;
    balancer.open(&instance.url);
    for _ in 0..LIMIT {
        let _ = product.ring(e164, &json!([])).await;
    }
    let room = async || acme.admin.get("/v1/tenant/concurrency").await.expect(200).json;
    eventually("every slot is taken by somebody who talks", async || {
        let talking = acme
            .admin
            .get("/v1/calls?status=in_progress&limit=100")
            .await
            .expect(200);
        let talking = talking["data"].as_array()?.len();
        (talking == LIMIT as usize && room().await["available"] == 0).then_some(())
    })
    .await;
    let refused = product.ring(e164, &json!([])).await;
    refused.hears("All our lines are busy").await;
    let owners: i64 = product
        .sql_text("SELECT count(DISTINCT owner_instance)::text FROM phony.calls WHERE ended_at IS NULL")
        .await
        .parse()
        .unwrap();
    assert_eq!(
        (owners, product.app.engine.active()),
        (1, 0),
        "the other instance holds all"
    );

    // The address leads to nobody then: no other instance hears of these calls by the carrier.
    instance.kill().await;
    let now = async || -> DateTime<Utc> {
        let text = product
            .sql_text(
                "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
            )
            .await;
        text.parse().unwrap()
    };
    let killed = now().await;
    loop {
        let asked = now().await;
        let room: Value = room().await;
        if room["current"] == 0 {
            assert_eq!(room["available"], LIMIT);
            break;
        }
        assert!(asked - killed <= LEASE, "slots are still taken: {room}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // And they are good for new calls.
    balancer.open(&product.url);
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("help").await;
}
