//! Watching a call and stepping in.

use phony_journeys::{Caller, LiveSocket, Product, Tenant, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

/// A live call and the socket of the admin who watches it.
async fn watched_call(product: &Product, tenant: &Tenant) -> (Caller, String, LiveSocket) {
    let number = product.buy_number(tenant).await;
    let mut wall = LiveSocket::open(&product.url, &tenant.admin).await;
    wall.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    wall.wait_for("the wall", |frame| {
        frame["op"] == "snapshot" && frame["topic"] == "calls"
    })
    .await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    let sid = caller.call_sid.clone();
    let event = wall
        .wait_for("the call on the wall", |frame| {
            frame["event"] == "call.state" && frame["data"]["status"] == "in_progress"
        })
        .await;
    assert_eq!(event["call_sid"], sid.as_str());
    let id = event["id"].as_str().unwrap().to_owned();
    wall.send(&json!({ "op": "subscribe", "topic": "call", "id": id }))
        .await;
    let snapshot = wall
        .wait_for("the console", |frame| {
            frame["op"] == "snapshot" && frame["topic"] == "call"
        })
        .await;
    assert_eq!(snapshot["state"]["call"]["call_sid"], sid.as_str());
    (caller, id, wall)
}

fn act(id: &str, action_id: &str, kind: &str, data: &Value) -> Value {
    json!({ "op": "action", "action_id": action_id, "call": id, "type": kind, "data": data })
}

async fn applied(socket: &mut LiveSocket, action_id: &str) {
    let frame = socket
        .wait_for("the act's status", |frame| {
            frame["op"] == "action" && frame["action_id"] == action_id && frame["status"] != "accepted"
        })
        .await;
    assert_eq!(frame["status"], "applied", "{frame}");
}

#[tokio::test]
async fn what_a_supervisor_says_is_heard_and_end_ends() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let (caller, id, mut live) = watched_call(&product, &acme).await;
    caller.hears("help").await;
    caller.say("What are your opening hours?").await;
    live.wait_for("the answer growing word by word", |frame| {
        frame["event"] == "speech.partial" && frame["data"]["speaker"] == "agent"
    })
    .await;
    live.send(&act(
        &id,
        "say-1",
        "say",
        &json!({ "text": "This is a person speaking." }),
    ))
    .await;
    applied(&mut live, "say-1").await;
    caller.hears("This is a person speaking.").await;
    // The same act again does nothing.
    live.send(&act(
        &id,
        "say-1",
        "say",
        &json!({ "text": "This is a person speaking." }),
    ))
    .await;
    applied(&mut live, "say-1").await;
    live.send(&act(
        &id,
        "end-1",
        "end",
        &json!({ "say": "We call you back. Goodbye." }),
    ))
    .await;
    applied(&mut live, "end-1").await;
    caller.hears("We call you back.").await;
    let ended = live
        .wait_for("the end", |frame| {
            frame["event"] == "call.state" && frame["data"]["status"] == "ended"
        })
        .await;
    assert_eq!(ended["data"]["ending"]["reason"], "supervisor_hangup");
    caller.is_over().await;
    let heard = caller.heard().await;
    assert_eq!(heard.matches("This is a person speaking.").count(), 1, "{heard}");
    let call = eventually("the end is stored", async || {
        let call = acme.admin.get(&format!("/v1/calls/{id}")).await.expect(200).json;
        (call["status"] == "ended").then_some(call)
    })
    .await;
    assert_eq!(call["ended_by"], "supervisor");
}

#[tokio::test]
async fn a_question_of_the_agent_is_answered_by_a_supervisor() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let (caller, id, mut live) = watched_call(&product, &acme).await;
    caller.hears("help").await;
    caller.say("Is parking included?").await;
    let asked = live.event("clarification.requested").await;
    assert!(
        asked["data"]["question"].as_str().unwrap().contains("parking"),
        "{asked}"
    );
    let clarification = asked["data"]["clarification_id"].as_str().unwrap();
    let data = json!({ "clarification_id": clarification, "answer": "Yes, free parking at the back." });
    live.send(&act(&id, "answer-1", "clarify", &data)).await;
    applied(&mut live, "answer-1").await;
    let answered = live.event("clarification.answered").await;
    assert_eq!(answered["data"]["answer"], "Yes, free parking at the back.");
    // A second answer to the same question is refused.
    live.send(&act(&id, "answer-2", "clarify", &data)).await;
    let frame = live
        .wait_for("a refusal", |frame| {
            frame["op"] == "action" && frame["action_id"] == "answer-2"
        })
        .await;
    assert_eq!(
        (&frame["status"], &frame["code"]),
        (&json!("failed"), &json!("clarification_closed"))
    );
    caller.hang_up().await;
}

#[tokio::test]
async fn a_reader_resumes_where_it_left_off() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let (caller, id, mut first) = watched_call(&product, &acme).await;
    caller.hears("help").await;
    let last = first.event("speech.final").await;
    let cursor = last["cursor"].as_str().unwrap().to_owned();
    let seq = last["seq"].as_u64().unwrap();
    first.close().await;
    caller.say("What are your opening hours?").await;
    eventually("the agent has answered", async || {
        let items = acme.admin.get(&format!("/v1/calls/{id}/items")).await.expect(200);
        (items["data"].as_array()?.len() >= 3).then_some(())
    })
    .await;
    caller.hang_up().await;
    caller.is_over().await;
    let mut second = LiveSocket::open(&product.url, &acme.admin).await;
    second
        .send(&json!({ "op": "subscribe", "topic": "call", "id": id, "after": cursor }))
        .await;
    second
        .wait_for("the end", |frame| {
            frame["event"] == "call.state" && frame["data"]["status"] == "ended"
        })
        .await;
    let seqs: Vec<u64> = second
        .seen
        .iter()
        .filter_map(|frame| frame["seq"].as_u64())
        .collect();
    assert!(
        seqs.iter().all(|later| *later > seq),
        "nothing twice: {seqs:?} after {seq}"
    );
    assert!(
        seqs.is_sorted() && seqs.windows(2).all(|pair| pair[0] < pair[1]),
        "{seqs:?}"
    );
    assert!(
        second.seen.iter().all(|frame| frame["op"] != "snapshot"),
        "a cursor needs no snapshot"
    );
    assert!(
        second
            .seen
            .iter()
            .any(|frame| frame["data"]["text"] == "What are your opening hours?"),
        "what was said meanwhile is there"
    );
}

#[tokio::test]
async fn a_viewer_sees_states_but_no_words_and_cannot_act() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let viewer = product.member(&acme, Role::Viewer).await;
    let (caller, id, mut admin) = watched_call(&product, &acme).await;
    let mut live = LiveSocket::open(&product.url, &viewer).await;
    live.send(&json!({ "op": "subscribe", "topic": "call", "id": id }))
        .await;
    let snapshot = live
        .wait_for("a snapshot", |frame| frame["op"] == "snapshot")
        .await;
    assert_eq!(snapshot["state"]["live"]["items"], json!([]));
    caller.hears("help").await;
    caller.say("My secret is blue").await;
    admin
        .wait_for("the words", |frame| frame["data"]["text"] == "My secret is blue")
        .await;
    live.send(&act(&id, "v-1", "end", &json!({}))).await;
    let refused = live
        .wait_for("a refusal", |frame| {
            frame["op"] == "action" && frame["action_id"] == "v-1"
        })
        .await;
    assert_eq!(
        (&refused["status"], &refused["code"]),
        (&json!("failed"), &json!("forbidden"))
    );
    viewer
        .post(
            &format!("/v1/calls/{id}/actions"),
            &json!({ "action_id": "v-2", "type": "end" }),
        )
        .await
        .expect_problem(403, "forbidden");
    caller.hang_up().await;
    live.wait_for("the end", |frame| frame["data"]["status"] == "ended")
        .await;
    let seen = serde_json::to_string(&live.seen).unwrap();
    assert!(!seen.contains("secret"), "{seen}");
}

#[tokio::test]
async fn an_act_at_one_instance_applies_at_the_other() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let (caller, id, mut live) = watched_call(&product, &acme).await;
    let (second, url) = product.second_instance().await;
    let admin = phony_journeys::Client::new(&url, acme.admin.token());
    let say = json!({ "action_id": "far-1", "type": "say", "text": "Greetings from the other instance." });
    let done = admin.act(&id, &say).await;
    assert_eq!(done["status"], "applied", "{done}");
    caller.hears("Greetings from the other instance.").await;
    let event = live
        .wait_for("the act", |frame| frame["event"] == "supervisor.action")
        .await;
    assert_eq!(event["data"]["action_id"], "far-1");
    caller.hang_up().await;
    caller.is_over().await;
    second.stop_now().await;
}

#[tokio::test]
async fn a_ticket_opens_one_socket_of_ones_own_pages() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let ticket = async || {
        let answer = acme
            .admin
            .post("/v1/ws_tickets", &json!({ "purpose": "live" }))
            .await
            .expect(201);
        answer["ticket"].as_str().unwrap().to_owned()
    };
    let used = ticket().await;
    let open = LiveSocket::open_with(&product.url, &used, Some(&product.url)).await;
    assert!(open.is_ok());
    assert_eq!(
        LiveSocket::open_with(&product.url, &used, None).await.err(),
        Some(401),
        "used"
    );
    assert_eq!(
        LiveSocket::open_with(&product.url, "AAAA", None).await.err(),
        Some(401),
        "made up"
    );
    let foreign = LiveSocket::open_with(&product.url, &ticket().await, Some("https://evil.example")).await;
    assert_eq!(foreign.err(), Some(403), "another site's page");
}

#[tokio::test]
async fn a_broken_frame_is_answered_and_the_socket_lives() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let mut live = LiveSocket::open(&product.url, &acme.admin).await;
    for text in [
        "",
        "{",
        "[1]",
        r#"{"op":"dance"}"#,
        r#"{"op":"subscribe","topic":"call"}"#,
    ] {
        live.send_text(text.to_owned()).await;
        let frame = live.next().await.unwrap();
        assert_eq!(frame["op"], "error", "{text}: {frame}");
        assert!(frame["code"].is_string() && frame["detail"].is_string());
    }
    live.send_bytes(vec![0, 159, 146, 150]).await;
    assert_eq!(live.next().await.unwrap()["code"], "binary_frame");
    live.send(&json!({ "op": "subscribe", "topic": "call", "id": "call_00000000000000000000000000000000" }))
        .await;
    assert_eq!(live.next().await.unwrap()["code"], "not_found");
    live.send(&json!({ "op": "subscribe", "topic": "calls", "after": "nonsense" }))
        .await;
    assert_eq!(live.next().await.unwrap()["code"], "bad_cursor");
    live.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    assert_eq!(live.next().await.unwrap()["op"], "snapshot");
    for _ in 0..40 {
        live.send_text("{}".to_owned()).await;
    }
    let code = loop {
        if let Err(code) = live.next().await {
            break code;
        }
    };
    assert_eq!(code, 4429, "a flood closes the socket");
}

#[tokio::test]
async fn a_foreign_call_is_not_there() {
    let product = Product::start().await;
    let (acme, globex) = (product.tenant("acme").await, product.tenant("globex").await);
    let (caller, id, _live) = watched_call(&product, &acme).await;
    let mut other = LiveSocket::open(&product.url, &globex.admin).await;
    other
        .send(&json!({ "op": "subscribe", "topic": "call", "id": id }))
        .await;
    assert_eq!(other.next().await.unwrap()["code"], "not_found");
    other
        .send(&json!({ "op": "subscribe", "topic": "call", "id": id, "after": "0-0" }))
        .await;
    assert_eq!(other.next().await.unwrap()["code"], "not_found");
    for sid_or_id in [id.as_str(), caller.call_sid.as_str()] {
        globex
            .admin
            .post(
                &format!("/v1/calls/{sid_or_id}/actions"),
                &json!({ "action_id": "x", "type": "end" }),
            )
            .await
            .expect_problem(404, "not_found");
    }
    caller.hang_up().await;
    caller.is_over().await;
}
