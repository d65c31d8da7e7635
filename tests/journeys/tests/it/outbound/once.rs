//! Whatever happens between us and the carrier, a call is dialled once.

use futures_util::future::join_all;
use serde_json::json;

use super::Desk;

#[tokio::test]
async fn a_hundred_identical_requests_are_one_dial() {
    let desk = Desk::new().await;
    let to = "+14155550151";
    desk.telephone(json!({ "number": to, "answerer": "busy", "ring_ms": 200 }))
        .await;
    let body = json!({ "to": to }).to_string();
    let admin = &desk.acme.admin;
    let one = || async {
        admin
            .send(
                "POST",
                "/v1/calls",
                &[("idempotency-key", "same")],
                Some(body.clone()),
            )
            .await
    };
    let mut ids = Vec::new();
    for answer in join_all((0..100).map(|_| one())).await {
        match answer.status {
            201 => ids.push(answer["id"].as_str().unwrap().to_owned()),
            // More at once than there are connections, or than the rate allows.
            503 | 429 => assert_eq!(answer["retryable"], true),
            _ => {
                let _ = answer.expect_problem(409, "idempotency_in_progress");
            }
        }
    }
    ids.push(one().await.expect(201)["id"].as_str().unwrap().to_owned());
    ids.dedup();
    assert_eq!(ids.len(), 1, "one call, however often it is asked for");
    let _ = desk.over(&ids[0]).await;
    assert_eq!(desk.at_the_carrier().await.len(), 1);
}

#[tokio::test]
async fn a_dial_of_unknown_outcome_is_looked_up_and_never_repeated() {
    let desk = Desk::new().await;
    // It makes the call and then fails to say so; the next one it refuses for a moment.
    for (fault, to) in [
        ("server_error_after", "+14155550152"),
        ("rate_limited", "+14155550153"),
        ("unavailable", "+14155550154"),
    ] {
        desk.telephone(json!({ "number": to, "answerer": "busy", "ring_ms": 200 }))
            .await;
        let order = json!({ "target": "carrier", "kind": fault, "times": 1, "match": "POST /2010-04-01" });
        desk.product.order("/sim/faults", &order).await;
        let before = desk.at_the_carrier().await.len();
        let id = desk.ring(&json!({ "to": to })).await;
        if fault == "unavailable" {
            // Nothing was made, and nothing is made a second time: it stays unknown until it is given up.
            let _ = desk.reaches(&id, "dialing").await;
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            assert_eq!(desk.at_the_carrier().await.len(), before);
            continue;
        }
        let over = desk.over(&id).await;
        assert_eq!(over["ended_reason"], "dial_busy", "{fault}");
        assert_eq!(desk.at_the_carrier().await.len(), before + 1, "{fault}");
    }
}

#[tokio::test]
async fn a_carrier_that_answers_after_our_time_out_makes_one_call() {
    let desk = Desk::new().await;
    let to = "+14155550155";
    desk.telephone(json!({ "number": to, "answerer": "busy", "ring_ms": 200 }))
        .await;
    let order = json!({ "target": "carrier", "kind": "slow_after", "ms": 15_000, "times": 1, "match": "POST /2010-04-01" });
    desk.product.order("/sim/faults", &order).await;
    let id = desk.ring(&json!({ "to": to })).await;
    let began = std::time::Instant::now();
    let over = loop {
        let call = desk.call(&id).await;
        if call["status"] == "ended" {
            break call;
        }
        assert!(began.elapsed().as_secs() < 120, "{call:#}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    };
    assert_eq!(over["ended_reason"], "dial_busy", "{over:#}");
    assert_eq!(desk.at_the_carrier().await.len(), 1);
}
