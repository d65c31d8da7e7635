//! A call goes out over a number of its pool, which is chosen as the pool says.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Desk;

#[tokio::test]
async fn each_strategy_chooses_the_number_of_a_call() {
    let desk = Desk::new().await;
    desk.product.upgrade_to(&desk.acme, "enterprise").await;
    desk.product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let admin = &desk.acme.admin;
    let mut numbers = Vec::new();
    for area in ["415", "212", "312"] {
        let body = json!({ "country": "US", "area_code": area });
        numbers.push(admin.post("/v1/numbers", &body).await.expect(201).json);
    }
    let ids: Vec<&Value> = numbers.iter().map(|number| &number["id"]).collect();
    let pool = async |strategy: &str| {
        let body = json!({ "name": strategy, "strategy": strategy, "number_ids": ids });
        admin.post("/v1/number_pools", &body).await.expect(201)["id"].clone()
    };
    let from = async |pool: &Value, to: &str| {
        let call = desk
            .insist(&json!({ "to": to, "pool_id": pool, "answer_timeout_seconds": 5 }))
            .await;
        call.expect(201)["from"].as_str().unwrap().to_owned()
    };
    let held: Vec<String> = numbers
        .iter()
        .map(|number| number["e164"].as_str().unwrap().to_owned())
        .collect();

    let turns = pool("round_robin").await;
    let mut taken = Vec::new();
    for _ in 0..6 {
        taken.push(from(&turns, "+14155550281").await);
    }
    assert_eq!(taken[..3], taken[3..], "by turns: {taken:?}");
    let mut each = taken[..3].to_vec();
    each.sort_unstable();
    let mut all = held.clone();
    all.sort_unstable();
    assert_eq!(each, all);

    let least = pool("least_used").await;
    let mut uses: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..6 {
        *uses.entry(from(&least, "+14155550281").await).or_default() += 1;
    }
    assert_eq!(uses.values().copied().collect::<Vec<_>>(), [2, 2, 2], "{uses:?}");

    let local = pool("local_presence").await;
    for (to, area) in [
        ("+12125550282", "+1212"),
        ("+13125550283", "+1312"),
        ("+14155550284", "+1415"),
    ] {
        let from = from(&local, to).await;
        assert!(from.starts_with(area), "{to} is rung from {from}");
    }
    let unknown = json!({ "to": "+14155550281", "pool_id": "pool_0199c2a4b1d07c3e8f4a5b6c7d8e9f01" });
    let problem = desk
        .place(&unknown)
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["code"], "unknown_pool");
    // The number that a pool gives is the one that the carrier rings from.
    phony_journeys::eventually("a call is at the carrier", async || {
        let made = desk.at_the_carrier().await;
        made.first()
            .map(|call| assert!(held.iter().any(|held| call["from"] == held.as_str()), "{call:#}"))
    })
    .await;
}
