//! The queue: paced, in order, and left by those who are not wanted any more.

use chrono::{DateTime, Utc};
use phony_journeys::{Product, eventually};
use serde_json::json;

use super::Desk;

#[tokio::test]
async fn sixty_calls_at_one_a_second_are_paced_in_order_and_may_be_taken_back() {
    let desk = Desk::of(Product::start_with(&[("CALLS_PER_SECOND", "1")]).await).await;
    let mut ids = Vec::new();
    for n in 0..60 {
        let to = format!("+1415555{:04}", 4_000 + n);
        desk.telephone(json!({ "number": to, "answerer": "busy", "ring_ms": 100 }))
            .await;
        ids.push(
            desk.insist(&json!({ "to": to })).await.expect(201)["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    let cancel = async |id: &str| {
        desk.acme
            .admin
            .send("POST", &format!("/v1/calls/{id}/cancel"), &[], None)
            .await
    };
    for id in [&ids[30], &ids[59]] {
        let _ = cancel(id).await.expect(200);
    }
    let wanted: Vec<&String> = ids
        .iter()
        .filter(|id| **id != ids[30] && **id != ids[59] && **id != ids[45])
        .collect();
    let mut admin = desk.product.admin_connection().await;
    let began = std::time::Instant::now();
    let dialled = loop {
        let dialled: Vec<(String, DateTime<Utc>)> = sqlx::query_as(
            "SELECT 'call_' || replace(id::text, '-', ''), dialed_at FROM phony.calls
             WHERE dialed_at IS NOT NULL ORDER BY dialed_at",
        )
        .fetch_all(&mut admin)
        .await
        .unwrap();
        // One more in the midst of it.
        if dialled.len() >= 20 && desk.call(&ids[45]).await["status"] == "queued" {
            let _ = cancel(&ids[45]).await.expect(200);
        }
        if dialled.len() >= wanted.len() {
            break dialled;
        }
        assert!(began.elapsed().as_secs() < 200, "{} were dialled", dialled.len());
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    };
    let order: Vec<&String> = dialled.iter().map(|(id, _)| id).collect();
    assert_eq!(
        order, wanted,
        "in their order, without those that were taken back"
    );
    // The pace is kept where a dial is begun; the time that is written down comes a little later, more or less.
    for ten in dialled.windows(11) {
        let took = (ten[10].1 - ten[0].1).num_milliseconds();
        assert!(took >= 9_000, "eleven calls in {took} ms");
    }
    let all = (dialled[56].1 - dialled[0].1).num_milliseconds();
    assert!((55_000..110_000).contains(&all), "fifty-seven calls in {all} ms");
    let _ = eventually("all are over", async || {
        let open: i64 = {
            let mut admin = desk.product.admin_connection().await;
            sqlx::query_scalar("SELECT count(*) FROM phony.calls WHERE ended_at IS NULL")
                .fetch_one(&mut admin)
                .await
                .unwrap()
        };
        (open == 0).then_some(())
    })
    .await;
    assert_eq!(desk.at_the_carrier().await.len(), 57);
    assert_eq!(desk.call(&ids[45]).await["ended_reason"], "canceled");
}

#[tokio::test]
async fn calls_are_dialled_in_order_at_the_accounts_pace_and_may_be_taken_back() {
    let desk = Desk::of(Product::start_with(&[("CALLS_PER_SECOND", "2")]).await).await;
    let settings = json!({ "calls_per_second": null });
    let _ = desk
        .product
        .control()
        .send("PUT", "/sim/settings", &[], Some(settings.to_string()))
        .await;
    let people: Vec<String> = (2_000..2_020).map(|n| format!("+1415555{n}")).collect();
    for to in &people {
        desk.telephone(json!({ "number": to, "answerer": "no_answer", "ring_ms": 200 }))
            .await;
    }
    let mut ids = Vec::new();
    for to in &people {
        ids.push(
            desk.ring(&json!({ "to": to, "answer_timeout_seconds": 600 }))
                .await,
        );
    }
    // The last ones have nine seconds to wait.
    for id in &ids[18..] {
        let cancelled = desk
            .acme
            .admin
            .send("POST", &format!("/v1/calls/{id}/cancel"), &[], None)
            .await
            .expect(200);
        assert_eq!(
            (&cancelled["status"], &cancelled["ended_reason"]),
            (&json!("ended"), &json!("canceled"))
        );
        let again = desk
            .acme
            .admin
            .send("POST", &format!("/v1/calls/{id}/cancel"), &[], None)
            .await;
        let _ = again.expect(200);
    }
    let mut admin = desk.product.admin_connection().await;
    for id in &ids[..18] {
        eventually("it rings", async || {
            let status = desk.call(id).await["status"].clone();
            (status == "ringing").then_some(())
        })
        .await;
    }
    let dialled: Vec<(String, DateTime<Utc>)> = sqlx::query_as(
        "SELECT 'call_' || replace(id::text, '-', ''), dialed_at FROM phony.calls WHERE dialed_at IS NOT NULL ORDER BY dialed_at",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    let order: Vec<&String> = dialled.iter().map(|(id, _)| id).collect();
    assert_eq!(
        order,
        ids[..18].iter().collect::<Vec<_>>(),
        "in their order, without the cancelled"
    );
    // The pace is kept where a dial is begun; the time that is written down comes a little later, more or less.
    for six in dialled.windows(6) {
        let took = six[5].1 - six[0].1;
        assert!(took.num_milliseconds() >= 2_000, "six calls in {took}");
    }
    let all = dialled[17].1 - dialled[0].1;
    assert!(all.num_milliseconds() >= 8_000, "eighteen calls in {all}");
    assert_eq!(desk.at_the_carrier().await.len(), 18);

    // Taken back while it rings.
    let ringing = &ids[0];
    let path = format!("/v1/calls/{ringing}/cancel");
    let _ = desk.acme.admin.send("POST", &path, &[], None).await.expect(200);
    let over = desk.over(ringing).await;
    assert_eq!(
        (&over["ended_reason"], &over["cost"]),
        (&json!("canceled"), &json!(null))
    );
    let live = format!("/v1/calls/{}", ids[1]);
    let _ = desk
        .acme
        .admin
        .delete(&live)
        .await
        .expect_problem(409, "call_live");
}
