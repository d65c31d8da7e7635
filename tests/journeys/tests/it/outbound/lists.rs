//! Numbers that are not to be rung: by their holders' wish, said or pressed, by the company's own list and by a nation's.

use chrono::TimeDelta;
use phony_journeys::eventually;
use serde_json::json;
use uuid::Uuid;

use super::Desk;

#[tokio::test]
async fn a_key_pressed_alone_is_a_wish_to_be_rung_no_more() {
    let desk = Desk::new().await;
    let (wants_out, counts) = ("+14155550261", "+14155550262");
    for (to, keys) in [(wants_out, "9"), (counts, "9 1 9")] {
        let mut script = vec![json!({ "wait_ms": 500 })];
        script.extend(keys.split(' ').map(|key| json!({ "press": key })));
        let telephone =
            json!({ "number": to, "answerer": "person", "ring_ms": 200, "script": script, "stay": true });
        desk.telephone(telephone).await;
    }
    let consent = json!({ "e164": wants_out, "kind": "marketing", "source": "letter" });
    let _ = desk.acme.admin.post("/v1/consents", &consent).await.expect(201);
    let listed = async |number: &str| {
        let path = format!("/v1/do_not_call?e164=%2B{}", &number[1..]);
        let list = desk.acme.admin.get(&path).await.expect(200);
        list["data"].as_array().unwrap().first().cloned()
    };
    for (to, engine) in [(wants_out, "relay"), (counts, "relay")] {
        let id = desk.ring(&json!({ "to": to, "engine": engine })).await;
        let call = desk.reaches(&id, "in_progress").await;
        if to == wants_out {
            let entry = eventually("the key has acted", async || listed(to).await).await;
            assert_eq!(
                (&entry["masked"], &entry["reason"]),
                (&json!("+1415•••••61"), &json!("asked for by a key"))
            );
        } else {
            eventually("all keys have come", async || {
                let items = desk
                    .acme
                    .admin
                    .get(&format!("/v1/calls/{id}/items"))
                    .await
                    .expect(200);
                let keys = items["data"].as_array().unwrap().iter();
                let keys: String = keys
                    .filter(|item| item["kind"] == "dtmf_received")
                    .filter_map(|item| item["digits"].as_str())
                    .collect();
                (keys == "919").then_some(())
            })
            .await;
            assert_eq!(listed(to).await, None, "a key of several is no wish");
        }
        let hangup = format!("/sim/calls/{}/hangup", call["call_sid"].as_str().unwrap());
        let _ = desk.product.control().post(&hangup, &json!({})).await;
        let _ = desk.over(&id).await;
    }
    let _ = desk
        .place(&json!({ "to": wants_out }))
        .await
        .expect_problem(403, "blocked_do_not_call");
    let consents = desk.acme.admin.get("/v1/consents").await.expect(200);
    assert!(
        consents["data"][0]["revoked_at"].is_string(),
        "it takes consents back"
    );
}

#[tokio::test]
async fn the_list_keeps_no_number_and_those_of_before_are_hashed() {
    let desk = Desk::new().await;
    let to = "+14155550263";
    let mut admin = desk.product.admin_connection().await;
    let tenant: phony_kernel::TenantId = desk.acme.id.parse().unwrap();
    sqlx::query(
        "INSERT INTO phony.do_not_call (tenant_id, id, e164, reason, added_by, added_at) VALUES ($1, $2, $3, 'old', 'usr_1', now())",
    )
    .bind(tenant.uuid())
    .bind(Uuid::now_v7())
    .bind(to)
    .execute(&mut admin)
    .await
    .unwrap();
    let _ = desk
        .place(&json!({ "to": to }))
        .await
        .expect_problem(403, "blocked_do_not_call");
    let new = json!({ "e164": "(415) 555-0263", "reason": "asked again" });
    let _ = desk.acme.admin.post("/v1/do_not_call", &new).await.expect(201);
    let other = json!({ "e164": "+14155550264" });
    let _ = desk.acme.admin.post("/v1/do_not_call", &other).await.expect(201);
    // As the worker does at its start and every hour.
    desk.product
        .app
        .policies
        .hash_numbers(&desk.product.app.db, tenant)
        .await
        .unwrap();
    let rows: Vec<(String,)> = sqlx::query_as("SELECT to_jsonb(d)::text FROM phony.do_not_call d")
        .fetch_all(&mut admin)
        .await
        .unwrap();
    assert_eq!(rows.len(), 2, "a number is there once");
    assert!(rows.iter().all(|(row,)| !row.contains("415555")), "{rows:?}");
    let _ = desk
        .place(&json!({ "to": to }))
        .await
        .expect_problem(403, "blocked_do_not_call");
    let list = desk.acme.admin.get("/v1/do_not_call").await.expect(200);
    assert_eq!(list["data"][0]["masked"], "+1415•••••64");
}

#[tokio::test]
async fn a_national_list_is_heeded_while_it_is_young() {
    let desk = Desk::new().await;
    let (listed, free) = ("+14155550265", "+14155550266");
    let marketing = |to: &str| json!({ "to": to, "purpose": "marketing" });
    let _ = desk
        .policy(json!({ "consent": { "marketing": "not_required" } }))
        .await;
    let today = desk.product.app.clock.now().date_naive();
    let import = async |days: i64, numbers: &str, more: bool| {
        let as_of = (today - TimeDelta::days(days)).to_string();
        let body = json!({ "country": "us", "as_of": as_of, "numbers": numbers, "more": more });
        desk.acme
            .admin
            .post("/v1/do_not_call/national", &body)
            .await
            .expect(200)
    };
    let _ = desk
        .place(&marketing(free))
        .await
        .expect_problem(403, "blocked_national_list");
    // 32 days old: it tells who is on it, and is too old to tell who is not.
    let old = import(32, "area,number\n415,5550265\nnobody\n", false).await;
    assert_eq!((&old["accepted"], &old["refused"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&old["list"]["in_force"], &old["list"]["expired"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(old["refusals"][0]["line"], 3);
    let _ = desk
        .place(&marketing(free))
        .await
        .expect_problem(403, "blocked_national_list");
    let _ = desk
        .place(&json!({ "to": listed }))
        .await
        .expect_problem(403, "blocked_do_not_call");
    // 31 days old, in two parts: in force with the second.
    let part = import(31, "4155550267", true).await;
    assert_eq!(
        (&part["list"]["complete"], &part["list"]["in_force"]),
        (&json!(false), &json!(false))
    );
    let _ = desk
        .place(&marketing(free))
        .await
        .expect_problem(403, "blocked_national_list");
    let whole = import(31, "+1 415 555 0265\n4155550267", false).await;
    assert_eq!(
        (&whole["accepted"], &whole["list"]["numbers"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(
        (&whole["list"]["in_force"], &whole["list"]["expired"]),
        (&json!(true), &json!(false))
    );
    for to in [listed, "+14155550267"] {
        let _ = desk
            .place(&marketing(to))
            .await
            .expect_problem(403, "blocked_do_not_call");
    }
    desk.telephone(json!({ "number": free, "answerer": "busy", "ring_ms": 200 }))
        .await;
    let id = desk.ring(&marketing(free)).await;
    assert_eq!(desk.over(&id).await["ended_reason"], "dial_busy");
    assert_eq!(
        desk.at_the_carrier().await.len(),
        1,
        "the carrier was asked for the one alone"
    );

    // A call that has nothing to sell asks for none, unless the policy says so.
    let path = format!(
        "/v1/do_not_call/national/{}",
        whole["list"]["id"].as_str().unwrap()
    );
    let _ = desk.acme.admin.delete(&path).await.expect(204);
    let _ = desk
        .acme
        .admin
        .delete(&path)
        .await
        .expect_problem(404, "not_found");
    let id = desk.ring(&json!({ "to": free })).await;
    assert_eq!(desk.over(&id).await["ended_reason"], "dial_busy");
    let _ = desk.policy(json!({ "national_list": "always" })).await;
    let _ = desk
        .place(&json!({ "to": free }))
        .await
        .expect_problem(403, "blocked_national_list");
    let lists = desk.acme.admin.get("/v1/do_not_call/national").await.expect(200);
    assert_eq!(lists["data"].as_array().unwrap().len(), 1, "{}", lists.text);
    let mut admin = desk.product.admin_connection().await;
    let clear: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM phony.national_list_numbers n WHERE position('4155550265' IN encode(n.e164_hmac, 'escape')) > 0",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert_eq!(clear, 0);
    let nonsense = json!({ "country": "USA", "as_of": "2020-01-01", "numbers": "" });
    let faults = desk.acme.admin.post("/v1/do_not_call/national", &nonsense).await;
    assert_eq!(
        faults.expect_problem(422, "validation_failed")["errors"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
