//! An hour that is out of all proportion stops the calls of a company; a person lets them go on.

use chrono::TimeDelta;
use phony_journeys::eventually;
use phony_kernel::Role;
use serde_json::{Value, json};

use super::Desk;

impl Desk {
    /// Calls as they would stand in the history: this many, begun `minutes` ago, each to a range of its own.
    async fn past_calls(&self, count: i32, minutes: i32, range: i32) {
        let mut admin = self.product.admin_connection().await;
        let tenant: phony_kernel::TenantId = self.acme.id.parse().unwrap();
        sqlx::query(
            "INSERT INTO phony.calls (tenant_id, id, phone_number_id, call_sid, direction, status, started_at, dialed_at,
                    answered_at, ended_at, ended_reason, ended_by, fault, engine, from_text, to_text)
             SELECT $1, gen_random_uuid(), n.id, md5(random()::text), 'outbound', 'ended', t.at, t.at, t.at,
                    t.at + interval '1 minute', 'caller_hangup', 'caller', 'none', 'relay', n.e164, '+1415' || (200 + $4 + i)::text || '0134'
             FROM generate_series(1, $2) i, (SELECT now() - make_interval(mins => $3) AS at) t,
                  (SELECT id, e164 FROM phony.phone_numbers WHERE tenant_id = $1 LIMIT 1) n",
        )
        .bind(tenant.uuid())
        .bind(count)
        .bind(minutes)
        .bind(range)
        .execute(&mut admin)
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn five_times_the_usual_stops_the_calls_until_a_person_lifts_it() {
    let desk = Desk::new().await;
    let tenant: phony_kernel::TenantId = desk.acme.id.parse().unwrap();
    let policies = &desk.product.app.policies;
    // Thirty ranges an hour are usual here, on three days.
    for day in 1..4 {
        desk.past_calls(30, day * 24 * 60, 0).await;
    }
    desk.past_calls(149, 20, 0).await;
    assert_eq!(
        policies.watch(tenant).await.unwrap(),
        None,
        "not yet five times as many"
    );
    desk.telephone(json!({ "number": "+14155550271", "answerer": "no_answer" }))
        .await;
    let one = json!({ "to": "+14155550271", "answer_timeout_seconds": 600 });
    let goes = desk.ring(&one).await;
    let _ = desk.reaches(&goes, "ringing").await;
    // Others are before the one that waits, so that its turn is not at once.
    desk.wait_behind(8).await;
    let waits = desk.ring(&json!({ "to": "+14155550272" })).await;
    desk.past_calls(20, 10, 300).await;
    let stop = policies.watch(tenant).await.unwrap().expect("a stop");
    assert_eq!(stop.usual, Some(30.0));
    assert_eq!(
        policies
            .watch(tenant)
            .await
            .unwrap()
            .map(|again| again.stopped_at),
        Some(stop.stopped_at),
        "once"
    );

    let settings = desk.acme.admin.get("/v1/tenant").await.expect(200);
    assert_eq!(
        settings["outbound_stop"]["reason"], "prefixes",
        "{}",
        settings.text
    );
    assert!(settings["outbound_stop"]["figure"].as_f64().unwrap() >= 150.0);
    let _ = desk.place(&one).await.expect_problem(403, "blocked_fraud");
    let over = eventually("the call that waited is not made", async || {
        let call = desk.call(&waits).await;
        (call["status"] == "ended").then_some(call)
    })
    .await;
    assert_eq!(
        (&over["ended_reason"], &over["cost"]),
        (&json!("blocked_fraud"), &Value::Null),
        "{over:#}"
    );
    let _ = desk.reaches(&goes, "ringing").await;
    let mut admin = desk.product.admin_connection().await;
    let mails: i64 =
        sqlx::query_scalar("SELECT count(*) FROM phony.outbox WHERE topic = 'mail.send' AND created_at > $1")
            .bind(stop.stopped_at - TimeDelta::seconds(30))
            .fetch_one(&mut admin)
            .await
            .unwrap();
    assert!(mails >= 1, "the admins are told by mail");

    let resume =
        async |who: &phony_journeys::Client| who.send("POST", "/v1/tenant/outbound/resume", &[], None).await;
    let supervisor = desk.product.member(&desk.acme, Role::Supervisor).await;
    let _ = resume(&supervisor).await.expect_problem(403, "forbidden");
    desk.product.app.clock.advance(TimeDelta::minutes(6));
    let _ = resume(&desk.acme.admin)
        .await
        .expect_problem(403, "step_up_required");
    let body =
        json!({ "email": desk.acme.email, "password": phony_journeys::PASSWORD, "tenant_id": desk.acme.id });
    let fresh = desk
        .product
        .anonymous()
        .post("/v1/auth/login", &body)
        .await
        .expect(200);
    let fresh = desk
        .acme
        .admin
        .with_token(fresh["access_token"].as_str().unwrap());
    let lifted = resume(&fresh).await.expect(200);
    assert_eq!(lifted["outbound_stop"], Value::Null);
    // What was seen is not held against it again.
    assert_eq!(policies.watch(tenant).await.unwrap(), None);
    let _ = fresh.post("/v1/calls", &one).await.expect(201);
    let told: Vec<(String, String)> = sqlx::query_as(
        "SELECT action, actor FROM phony.audit_log WHERE action LIKE 'outbound.%' ORDER BY seq",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    assert_eq!(told[0], ("outbound.stopped".to_owned(), "system".to_owned()));
    assert_eq!(told[1].0, "outbound.resumed");
    assert!(told[1].1.starts_with("usr_"), "{told:?}");
}
