//! A call from the browser ends with the rights of its caller.

use std::time::Duration;

use phony_journeys::{Client, Product, Stopwatch};
use phony_kernel::Role;
use serde_json::{Value, json};

use super::{begin, open};

/// Whoever is removed, or whose key is revoked, is off the line within five seconds, and cannot come back.
#[tokio::test]
async fn a_call_ends_with_the_rights_of_its_caller() {
    let product = Product::start().await;
    let tenant = product.tenant("acme").await;
    let admin = &tenant.admin;
    let list = admin.get("/v1/personalities?limit=1").await.expect(200);
    let id = list["data"][0]["id"].clone();
    let wanted = json!({ "personality_id": id, "mode": "text" });
    let member = product.member(&tenant, Role::Supervisor).await;
    let user = member.get("/v1/me").await.expect(200)["user"]["id"].clone();
    let key = json!({ "name": "Robot", "scopes": ["chat:write"] });
    let key = admin.post("/v1/api_keys", &key).await.expect(201);
    let robot = Client::new(&product.url, key["key"].as_str());
    let mut calls = Vec::new();
    for who in [&member, &robot] {
        let call = begin(who, wanted.clone()).await;
        let phone = open(&product, &call).await;
        phone.until("ready", |got| got.frame("ready").cloned()).await;
        calls.push((who, call, phone));
    }
    let of = |list: &str, id: &Value| format!("/v1/{list}/{}", id.as_str().unwrap());
    let _ = admin.delete(&of("members", &user)).await.expect(204);
    let _ = admin.delete(&of("api_keys", &key["id"])).await.expect(204);
    let since = Stopwatch::start();
    for (_, _, phone) in &calls {
        assert_eq!(phone.until("closed", |got| got.closed).await, 4401);
        let took = since.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    for (who, call, _) in &calls {
        let back = json!({ "purpose": "web_call", "call_id": call.0 });
        assert_eq!(who.post("/v1/ws_tickets", &back).await.status, 401);
        assert_eq!(admin.ended_call(&call.0).await["ended_reason"], "caller_hangup");
    }
    // Of which purpose a ticket is, is said in full.
    for (body, code) in [
        (json!({ "purpose": "web_call" }), "call_id"),
        (json!({ "purpose": "live", "call_id": calls[0].1.0 }), "call_id"),
    ] {
        let refused = admin.post("/v1/ws_tickets", &body).await;
        assert!(refused.text.contains(code), "{}", refused.text);
        let _ = refused.expect_problem(422, "validation_failed");
    }
}
