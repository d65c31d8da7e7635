//! A person takes a call over by keyboard, from any instance, and hands it back.

use phony_journeys::{Client, LiveSocket, Product, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

use super::{Line, act, applied, console, items, teach};

async fn takeover(engine: &str) {
    let product = Product::start().await;
    let line = Line::new(&product, "acme", engine, json!({})).await;
    teach(&product).await;
    let ben = product.member(&line.tenant, Role::Supervisor).await;
    let viewer = product.member(&line.tenant, Role::Viewer).await;
    let (second, url) = product.second_instance().await;
    let caller = product.ring(&line.e164, &json!([])).await;
    caller.hears("Maya.").await;
    let (mut live, state) = console(&product.url, &line.tenant.admin, &caller).await;
    let abilities = &state["abilities"];
    assert_eq!(
        (&abilities["takeover_keyboard"], &abilities["takeover_microphone"]),
        (&json!(true), &json!(false)),
        "{abilities}"
    );
    let call = state["call"]["id"].as_str().unwrap().to_owned();
    let (mut bens, _) = console(&url, &ben, &caller).await;
    live.wait_for("the other comes", |frame| {
        frame["event"] == "supervision.joined" && frame["data"]["actor"]["id"] != Value::Null
    })
    .await;
    // Taken over from the socket: the lease lives as long as it.
    caller.say("Tell me a long story").await;
    live.send(&json!({ "op": "action", "action_id": "take", "call": call, "type": "takeover", "data": { "via": "keyboard" } }))
        .await;
    let taken = bens.event("takeover.changed").await;
    assert_eq!(
        (&taken["data"]["reason"], &taken["data"]["via"]),
        (&json!("taken"), &json!("keyboard"))
    );
    bens.wait_for("the state", |frame| frame["data"]["state"] == "human_speaking")
        .await;
    // The other sees who it is, and can do nothing but write it down.
    let refused = act(
        &ben,
        &caller,
        &json!({ "action_id": "b-1", "type": "say", "text": "Me too." }),
    )
    .await;
    assert_eq!(
        (&refused["status"], &refused["code"]),
        (&json!("failed"), &json!("claimed_by_other")),
        "{refused}"
    );
    let refused = act(
        &ben,
        &caller,
        &json!({ "action_id": "b-2", "type": "claim", "take": true }),
    )
    .await;
    assert_eq!(refused["code"], "taken_over", "{refused}");
    applied(
        &ben,
        &caller,
        json!({ "action_id": "b-3", "type": "note", "text": "calls every week" }),
    )
    .await;
    for (n, kind) in ["claim", "release", "takeover", "handback", "approve", "note"]
        .iter()
        .enumerate()
    {
        let mut body = json!({ "action_id": format!("v-{n}"), "type": kind });
        let more = match *kind {
            "takeover" => json!({ "via": "keyboard" }),
            "approve" => json!({ "approval_id": "itm_1" }),
            "note" => json!({ "text": "x" }),
            _ => json!({}),
        };
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        let path = format!("/v1/calls/{call}/actions");
        viewer.post(&path, &body).await.expect_problem(403, "forbidden");
    }
    let microphone = json!({ "action_id": "mic", "type": "takeover", "via": "microphone" });
    let refused = act(&line.tenant.admin, &caller, &microphone).await;
    assert_eq!(refused["code"], "engine_has_no_sound", "{refused}");
    applied(
        &line.tenant.admin,
        &caller,
        json!({ "action_id": "say", "type": "say", "text": "This is Ada, I can do that." }),
    )
    .await;
    caller.hears("This is Ada, I can do that.").await;
    caller.say("What is the warranty?").await;
    live.wait_for("the caller's words", |frame| {
        frame["event"] == "speech.final" && frame["data"]["text"] == "What is the warranty?"
    })
    .await;
    applied(
        &line.tenant.admin,
        &caller,
        json!({ "action_id": "back", "type": "handback", "note": "moved to Thursday" }),
    )
    .await;
    let back = bens
        .wait_for("given back", |frame| {
            frame["event"] == "takeover.changed" && frame["data"]["actor"] == Value::Null
        })
        .await;
    assert_eq!(back["data"]["reason"], "handed_back");
    caller.hears("moved to Thursday").await;
    let heard = caller.heard().await;
    assert!(!heard.contains("delivery day"), "the agent had stopped: {heard}");
    assert!(
        !heard.contains("one year"),
        "nobody but the person answered: {heard}"
    );
    let request = product.control().get("/sim/requests").await.expect(200).text;
    assert!(request.contains("What is the warranty?") && request.contains("This is Ada"));
    // Once more, and the browser dies.
    live.send(&json!({ "op": "action", "action_id": "again", "call": call, "type": "takeover", "data": { "via": "keyboard" } }))
        .await;
    bens.wait_for("taken again", |frame| {
        frame["event"] == "takeover.changed"
            && frame["data"]["reason"] == "taken"
            && frame["seq"] != taken["seq"]
    })
    .await;
    drop(live);
    let lapsed = bens
        .wait_for("the agent is back", |frame| {
            frame["event"] == "takeover.changed" && frame["data"]["reason"] == "lapsed"
        })
        .await;
    assert_eq!(lapsed["data"]["actor"], Value::Null);
    eventually("the note is in the ledger, once", async || {
        let notes = items(&line, &caller, "supervisor_note").await;
        assert!(notes.len() < 2, "{notes:?}");
        notes.first().map(|_| ())
    })
    .await;
    // The call is still handled by who is gone; another takes it.
    applied(
        &ben,
        &caller,
        json!({ "action_id": "b-4", "type": "claim", "take": true }),
    )
    .await;
    applied(
        &ben,
        &caller,
        json!({ "action_id": "b-5", "type": "say", "text": "Ben here." }),
    )
    .await;
    caller.hears("Ben here.").await;
    let mut wall = LiveSocket::open(&url, &ben).await;
    wall.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    let rows = wall.wait_for("the wall", |frame| frame["op"] == "snapshot").await;
    let row = &rows["state"]["calls"][0];
    assert_eq!(row["claimed_by"]["name"], json!(me_name(&ben).await), "{row}");
    for act in ["call.takeover", "call.handback", "call.claim", "call.note"] {
        eventually(&format!("{act} is in the log"), async || {
            let audit = line.tenant.admin.get("/v1/audit_log?limit=100").await.expect(200);
            audit.text.contains(act).then_some(())
        })
        .await;
    }
    caller.hang_up().await;
    caller.is_over().await;
    second.stop_now().await;
}

async fn me_name(client: &Client) -> String {
    let me = client.get("/v1/me").await.expect(200).json;
    me["user"]["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_person_takes_over_by_keyboard_and_hands_back_on_relay() {
    Box::pin(takeover("relay")).await;
}

#[tokio::test]
async fn a_person_takes_over_by_keyboard_and_hands_back_on_gather() {
    Box::pin(takeover("gather")).await;
}
