//! Every privileged operation leaves a row in the audit log: the list is the matrix's, not this test's.

use phony_journeys::{LiveSocket, Product, eventually};
use serde_json::{Value, json};

use crate::surface::{Access, Document, Operation, World};

/// Operations behind a permission that change nothing worth a row. The list may only shrink.
const QUIET: [&str; 8] = [
    // What is found to be changed at the carrier is noted, and here nothing is.
    "sync_number",
    // A domain is noted when it is proven, and here none is.
    "verify_sso_domains",
    // Here nothing had stopped, and the plan is the one there was.
    "resume_outbound",
    "change_plan",
    // A ticket lets watch for thirty seconds; what is done with it is noted.
    "create_ws_ticket",
    // Only looks somebody up.
    "verify_contact",
    // Only shows what a change would do.
    "preview_plan_change",
    // The same call over another socket.
    "resume_web_call",
];

async fn rows(world: &World) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM phony.audit_log")
        .fetch_one(&mut world.product.admin_connection().await)
        .await
        .unwrap()
}

fn is_privileged(operation: &Operation) -> bool {
    operation.method != "GET" && matches!(operation.access, Access::Permission { .. })
}

#[tokio::test]
async fn every_privileged_operation_leaves_a_row() {
    let (world, document) = (World::new().await, Document::generated());
    let admin = &world.acme.admin;
    let mut silent = Vec::new();
    let mut noted = 0;
    let newest = admin.get("/v1/audit_log?limit=1").await.expect(200);
    let prepared = newest["data"][0]["seq"].as_i64().unwrap_or(-1);
    for operation in document
        .operations
        .iter()
        .filter(|operation| is_privileged(operation))
    {
        if QUIET.contains(&operation.id.as_str()) {
            continue;
        }
        let case = world.case(&operation.id).await.expect("a request");
        let before = rows(&world).await;
        let answer = case.send(operation, admin).await;
        assert_eq!(
            answer.status, operation.success,
            "{}: {}",
            operation.id, answer.text
        );
        if rows(&world).await > before {
            noted += 1;
        } else {
            silent.push(operation.id.clone());
        }
    }
    assert!(silent.is_empty(), "these leave no row: {silent:?}");
    assert!(noted > 25, "only {noted} operations were tried");
    let check = admin.get("/v1/audit_log/verify").await.expect(200);
    assert_eq!((&check["intact"], &check["broken"]), (&json!(true), &Value::Null));
    let log = admin.get("/v1/audit_log?limit=100").await.expect(200);
    let entries = log["data"].as_array().unwrap();
    assert!(
        entries
            .windows(2)
            .all(|pair| pair[0]["seq"].as_i64() == pair[1]["seq"].as_i64().map(|seq| seq + 1))
    );
    // Each says from where.
    let done = entries.iter().filter(|entry| {
        let actor = entry["actor"].as_str().unwrap();
        actor.starts_with("usr_") && entry["seq"].as_i64() > Some(prepared)
    });
    for entry in done {
        assert_eq!(entry["detail"]["address"], "127.0.0.1", "{entry}");
    }
}

#[tokio::test]
async fn every_act_of_a_supervisor_leaves_a_row_without_their_words() {
    let world = World::new().await;
    let admin = &world.acme.admin;
    let call = world.live_call().await;
    let id = admin.get(&format!("/v1/calls/{call}")).await.expect(200)["id"].clone();
    let acts = [
        json!({ "type": "say", "text": "Supervisorwords", "mode": "verbatim", "when": "now" }),
        json!({ "type": "dtmf", "digits": "12" }),
        json!({ "type": "hold" }),
        json!({ "type": "unhold" }),
        json!({ "type": "record", "op": "start" }),
        json!({ "type": "end" }),
    ];
    for (place, mut act) in acts.into_iter().enumerate() {
        let name = act["type"].as_str().unwrap().to_owned();
        act["action_id"] = json!(format!("act-{place}"));
        let answer = admin.post(&format!("/v1/calls/{call}/actions"), &act).await;
        assert!(answer.status < 300, "{name}: {}", answer.text);
        let action = if name == "record" {
            "recording.act".to_owned()
        } else {
            format!("call.{name}")
        };
        let path = format!("/v1/audit_log?action={action}&target={}", id.as_str().unwrap());
        let entry = eventually(&format!("{name} is noted"), async || {
            let log = admin.get(&path).await.expect(200);
            log["data"].get(0).cloned()
        })
        .await;
        assert_eq!(entry["actor_name"], "Ana Ortiz");
    }
    let log = admin.get("/v1/audit_log?limit=100").await.expect(200);
    assert!(!log.text.contains("Supervisorwords"));
    let file = admin.get("/v1/audit_log/export?action=call.").await.expect(200);
    assert!(
        file.text
            .starts_with("seq,at,actor,action,target,detail,prev_hash,hash\r\n"),
        "{}",
        file.text
    );
    assert_eq!(file.text.lines().count(), 6, "{}", file.text);
}

/// What somebody does over a live socket, in this order: each is noted in the log.
const OVER_THE_SOCKET: [(&str, &str); 8] = [
    ("claim", "{}"),
    ("note", r#"{ "text": "Calls for the third time." }"#),
    ("say", r#"{ "text": "One moment please." }"#),
    ("takeover", r#"{ "via": "keyboard" }"#),
    ("handback", "{}"),
    ("hold", "{}"),
    ("unhold", "{}"),
    ("end", "{}"),
];

#[tokio::test]
async fn what_is_done_over_a_live_socket_says_from_where() {
    let product = Product::start_with(&[("TRUSTED_PROXIES", "127.0.0.1/32")]).await;
    let acme = product.tenant("acme").await;
    let number = product.buy_number(&acme).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears("help").await;
    let ticket = json!({ "purpose": "live" });
    let ticket = acme.admin.post("/v1/ws_tickets", &ticket).await.expect(201);
    let protocol = format!("phony.v1, ticket.{}", ticket["ticket"].as_str().unwrap());
    // The proxy says who is behind it, once, when the socket opens.
    let headers = [
        ("sec-websocket-protocol", protocol.as_str()),
        ("origin", product.url.as_str()),
        ("x-forwarded-for", "203.0.113.77"),
    ];
    let mut live = LiveSocket::open_at(&product.url, "/v1/live", &headers)
        .await
        .expect("an open socket");
    live.send(&json!({ "op": "subscribe", "topic": "call", "id": caller.call_sid }))
        .await;
    for (place, (name, data)) in OVER_THE_SOCKET.iter().enumerate() {
        let id = format!("act-{place}");
        let data: Value = serde_json::from_str(data).unwrap();
        live.send(
            &json!({ "op": "action", "action_id": id, "call": caller.call_sid, "type": name, "data": data }),
        )
        .await;
        let status = live
            .wait_for("the act's status", |frame| {
                frame["op"] == "action" && frame["action_id"] == id.as_str() && frame["status"] != "accepted"
            })
            .await;
        assert_eq!(status["status"], "applied", "{name}: {status}");
    }
    let call = acme.admin.get(&format!("/v1/calls/{}", caller.call_sid)).await;
    let call = call.expect(200)["id"].as_str().unwrap().to_owned();
    for (name, _) in OVER_THE_SOCKET {
        let path = format!("/v1/audit_log?action=call.{name}&target={call}");
        let entry = eventually(&format!("{name} is noted"), async || {
            let log = acme.admin.get(&path).await.expect(200);
            log["data"].get(0).cloned()
        })
        .await;
        assert_eq!(entry["detail"]["address"], "203.0.113.77", "{name}: {entry}");
        assert_eq!(entry["actor_name"], "Ana Ortiz", "{name}: {entry}");
    }
}
