//! Nobody is rung who has not agreed to it, where the company's policy says so; and it says so until it is changed.

use chrono::TimeDelta;
use phony_journeys::eventually;
use phony_kernel::Role;
use serde_json::{Value, json};

use super::Desk;

/// A desk with the careful rules about consents.
async fn careful() -> Desk {
    let desk = Desk::new().await;
    let changed = desk
        .policy(json!({ "consent": { "ai_voice": "required" } }))
        .await;
    assert_eq!(
        changed["outbound_policy"]["consent"],
        json!({ "transactional": "not_required", "marketing": "required", "ai_voice": "required" })
    );
    desk
}

async fn record(desk: &Desk, e164: &str, kind: &str) -> Value {
    let body =
        json!({ "e164": e164, "kind": kind, "source": "sign-up form", "evidence": { "form": "F-12" } });
    desk.acme.admin.post("/v1/consents", &body).await.expect(201).json
}

#[tokio::test]
async fn a_call_needs_the_consents_of_its_purpose_and_costs_nothing_without() {
    let desk = Box::pin(careful()).await;
    let before = desk.product.rows().await;
    let to = "+14155550251";
    let call = json!({ "to": to });
    let marketing = json!({ "to": to, "purpose": "marketing" });
    let _ = desk.place(&call).await.expect_problem(403, "blocked_consent");
    // Somebody else's, and another kind, are no consent of this one.
    record(&desk, "+14155550252", "ai_voice").await;
    record(&desk, to, "transactional").await;
    let _ = desk.place(&call).await.expect_problem(403, "blocked_consent");
    assert!(
        desk.at_the_carrier().await.is_empty(),
        "the carrier was never asked"
    );
    let after = desk.product.rows().await;
    for table in ["phony.calls", "phony.usage_events"] {
        assert_eq!(after.count(table), before.count(table), "{table}");
    }

    let consent = record(&desk, "(415) 555-0251", "ai_voice").await;
    assert_eq!(
        (&consent["masked"], &consent["revoked_at"]),
        (&json!("+1415•••••51"), &Value::Null)
    );
    desk.telephone(json!({ "number": to, "answerer": "busy", "ring_ms": 200 }))
        .await;
    let id = desk.ring(&call).await;
    assert_eq!(desk.over(&id).await["ended_reason"], "dial_busy");
    let refused = desk
        .place(&marketing)
        .await
        .expect_problem(403, "blocked_consent");
    assert!(refused.text.contains("marketing"), "{}", refused.text);
    record(&desk, to, "marketing").await;
    // For selling, a national list is asked for as well.
    let _ = desk
        .place(&marketing)
        .await
        .expect_problem(403, "blocked_national_list");
    let _ = desk.policy(json!({ "national_list": "never" })).await;
    let id = desk.ring(&marketing).await;
    assert_eq!(desk.over(&id).await["ended_reason"], "dial_busy");

    // No number is kept in clear, and a neighbour's consents are none of ours.
    let mut admin = desk.product.admin_connection().await;
    let kept: Vec<(String,)> = sqlx::query_as("SELECT to_jsonb(c)::text FROM phony.contact_consents c")
        .fetch_all(&mut admin)
        .await
        .unwrap();
    assert!(!kept.is_empty() && kept.iter().all(|(row,)| !row.contains("4155550251")));
    let globex = desk.product.tenant("globex").await;
    assert_eq!(
        globex.admin.get("/v1/consents").await.expect(200)["data"],
        json!([])
    );
    let path = format!("/v1/consents/{}", consent["id"].as_str().unwrap());
    let _ = globex.admin.delete(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_consent_is_taken_back_before_the_next_dial_and_stays_on_record() {
    let desk = Box::pin(careful()).await;
    let (first, second) = ("+14155550253", "+14155550254");
    for to in [first, second] {
        desk.telephone(json!({ "number": to, "answerer": "no_answer" }))
            .await;
    }
    record(&desk, first, "ai_voice").await;
    let consent = record(&desk, second, "ai_voice").await;
    let path = format!("/v1/consents/{}", consent["id"].as_str().unwrap());
    let supervisor = desk.product.member(&desk.acme, Role::Supervisor).await;
    let ahead = desk
        .ring(&json!({ "to": first, "answer_timeout_seconds": 600 }))
        .await;
    // Each has a second to wait for its turn.
    desk.wait_behind(8).await;
    let waits = desk
        .ring(&json!({ "to": second, "answer_timeout_seconds": 600 }))
        .await;
    let _ = supervisor.delete(&path).await.expect(204);
    let _ = supervisor.delete(&path).await.expect(204);
    let over = eventually("the call is not made", async || {
        let call = desk.call(&waits).await;
        (call["status"] == "ended").then_some(call)
    })
    .await;
    assert_eq!(
        (&over["ended_reason"], &over["call_sid"], &over["cost"]),
        (&json!("blocked_consent"), &json!(""), &Value::Null),
        "{over:#}"
    );
    let made = desk.at_the_carrier().await;
    assert!(made.iter().any(|call| call["to"] == first), "{made:#?}");
    assert!(made.iter().all(|call| call["to"] != second), "{made:#?}");
    let listed = desk
        .acme
        .admin
        .get("/v1/consents?e164=%2B14155550254&kind=ai_voice")
        .await
        .expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert!(listed["data"][0]["revoked_at"].is_string());
    let _ = desk
        .acme
        .admin
        .send("POST", &format!("/v1/calls/{ahead}/cancel"), &[], None)
        .await
        .expect(200);

    let viewer = desk.product.member(&desk.acme, Role::Viewer).await;
    let _ = viewer.get("/v1/consents").await.expect_problem(403, "forbidden");
    let later = (desk.product.app.clock.now() + TimeDelta::days(1)).to_rfc3339();
    let wrong = json!({ "e164": "12", "kind": "ai_voice", "source": " ", "captured_at": later, "evidence": { "": "x" } });
    let faults = desk.acme.admin.post("/v1/consents", &wrong).await;
    let faults = faults.expect_problem(422, "validation_failed");
    assert_eq!(faults["errors"].as_array().unwrap().len(), 4, "{}", faults.text);
    let mut admin = desk.product.admin_connection().await;
    let told: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM phony.audit_log WHERE action IN ('consent.recorded', 'consent.revoked')",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert_eq!(told, 11, "ten were recorded, one was taken back");
}
