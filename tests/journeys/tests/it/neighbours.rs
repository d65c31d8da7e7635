//! Two companies in one product: whatever one does, the other sees the same bytes as before.

use phony_journeys::{Answer, Client, LiveSocket, eventually};
use serde_json::{Value, json};

use crate::surface::{Case, Document, Operation, World};

/// In every text field of the neighbour.
const MARK: &str = "NEIGHBOURSMARK";

/// Answers to all reading operations, without what is the moment's own.
async fn everything_read(operations: &[(&Operation, Case)], client: &Client) -> Vec<(String, Value)> {
    let mut read = Vec::new();
    for (operation, case) in operations {
        let Answer {
            status,
            mut json,
            text,
            ..
        } = case.send(operation, client).await;
        assert_eq!(status, operation.success, "{}: {text}", operation.id);
        assert!(
            !text.contains(MARK),
            "{} shows the neighbour's: {text}",
            operation.id
        );
        if json.is_null() {
            json = Value::String(text);
        }
        // The end of a period that is not told is the present, and so is the time of a count.
        if let Some(fields) = json.as_object_mut() {
            fields.remove("to");
            fields.remove("at");
        }
        read.push((operation.id.clone(), json));
    }
    read
}

#[tokio::test]
async fn cross_tenant_what_a_neighbour_does_changes_nothing() {
    let (world, document) = (World::new().await, Document::generated());
    let (product, acme) = (&world.product, &world.acme);
    // Nothing of our own may go on meanwhile.
    let hang_up = format!("/sim/calls/{}/hangup", world.call);
    let _ = product.control().post(&hang_up, &json!({})).await;
    let mut operations = Vec::new();
    for operation in document
        .operations
        .iter()
        .filter(|operation| operation.method == "GET")
    {
        if ["get_health", "get_readiness", "search_available_numbers"].contains(&operation.id.as_str()) {
            continue;
        }
        operations.push((operation, world.case(&operation.id).await.expect("a request")));
    }
    eventually("our call is settled, our exports are made", async || {
        let call = acme.admin.get(&format!("/v1/calls/{}", world.call)).await;
        let exports = acme.admin.get("/v1/exports").await.text;
        (call["settled"] == true && !exports.contains("queued") && !exports.contains("running")).then_some(())
    })
    .await;
    let mut live = LiveSocket::open(&product.url, &acme.admin).await;
    live.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    live.wait_for("the wall", |frame| frame["op"] == "snapshot").await;
    let before = everything_read(&operations, &acme.admin).await;

    let globex = product.tenant("globex").await;
    product.upgrade(&globex).await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let number = product.buy_number(&globex).await;
    let body = json!({ "name": MARK, "voice": "alloy", "system_prompt": MARK, "greeting": MARK, "description": MARK });
    let personality = globex.admin.post("/v1/personalities", &body).await.expect(201);
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let change = json!({ "label": MARK, "personality_id": personality["id"] });
    let _ = globex.admin.patch(&path, &change).await.expect(200);
    let _ = globex
        .admin
        .post("/v1/api_keys", &json!({ "name": MARK, "scopes": ["calls:read"] }))
        .await
        .expect(201);
    let mut wall = LiveSocket::open(&product.url, &globex.admin).await;
    wall.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears(MARK).await;
    caller.say(MARK).await;
    let during = everything_read(&operations, &acme.admin).await;
    caller.hang_up().await;
    wall.wait_for("its end", |frame| frame["data"]["status"] == "ended")
        .await;
    let now = product.app.clock.now();
    let (from, to) = ((now - chrono::TimeDelta::days(2)).to_rfc3339(), now.to_rfc3339());
    let body = json!({ "dataset": "usage", "format": "csv", "from": from, "to": to });
    let _ = globex.admin.post("/v1/exports", &body).await.expect(202);
    // A number with a call on it is kept, and the end of the call is stored a moment after it is told.
    eventually("the number is given back", async || {
        (globex.admin.delete(&path).await.status == 204).then_some(())
    })
    .await;
    let after = everything_read(&operations, &acme.admin).await;
    for ((before, during), after) in before.iter().zip(&during).zip(&after) {
        assert_eq!(before, during, "while the neighbour is busy");
        assert_eq!(before, after, "after the neighbour was busy");
    }
    // Frames come in order: what was sent to the wall before this answer would be there.
    live.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    live.wait_for("an answer", |frame| frame["op"] == "snapshot")
        .await;
    let seen = serde_json::to_string(&live.seen).unwrap();
    assert!(!seen.contains(MARK) && !seen.contains(&caller.call_sid), "{seen}");
    assert!(live.seen.iter().all(|frame| frame["op"] != "event"), "{seen}");
}
