//! Tickets open one socket, once, within half a minute: of what they were given for, and for whom.

use phony_journeys::{Client, LiveSocket, Product, eventually};
use phony_kernel::Role;
use redis::AsyncCommands as _;
use serde_json::{Value, json};

/// A ticket for a purpose.
async fn ticket(client: &Client, body: Value) -> String {
    let made = super::post(client, "/v1/ws_tickets", &body).await.expect(201);
    assert_eq!(made["expires_in"], 30);
    made["ticket"].as_str().unwrap().to_owned()
}

/// Opens a socket with a ticket; the status of a refusal.
async fn open(product: &Product, path: &str, ticket: &str) -> Result<LiveSocket, u16> {
    let protocols = format!("phony.v1, ticket.{ticket}");
    LiveSocket::open_at(&product.url, path, &[("sec-websocket-protocol", &protocols)]).await
}

async fn refused(product: &Product, path: &str, ticket: &str, what: &str) {
    assert_eq!(
        open(product, path, ticket).await.err(),
        Some(401),
        "{what} at {path}"
    );
}

#[tokio::test]
async fn a_ticket_opens_what_it_was_given_for_and_once() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let globex = product.tenant("globex").await;
    let admin = &acme.admin;
    let number = product.buy_number(&acme).await;
    let e164 = number["e164"].as_str().unwrap();
    let (one, two) = (
        product.ring(e164, &json!([])).await,
        product.ring(e164, &json!([])).await,
    );
    let mut calls = Vec::new();
    for caller in [&one, &two] {
        caller.hears("help").await;
        let call = admin
            .get(&format!("/v1/calls/{}", caller.call_sid))
            .await
            .expect(200);
        calls.push(call["id"].as_str().unwrap().to_owned());
    }
    let sound = |call: &str| format!("/v1/calls/{call}/audio");
    let audio = json!({ "purpose": "audio", "call_id": calls[0] });
    let preset = admin.get("/v1/personalities").await.expect(200)["data"][0]["id"].clone();
    let typed = json!({ "personality_id": preset, "mode": "text" });
    let web = admin.post("/v1/web_calls", &typed).await.expect(201);
    let web_path = format!("/v1/web_calls/{}", web["call"]["id"].as_str().unwrap());
    let web_ticket = web["ticket"].as_str().unwrap();

    // Each only for its purpose, for which it stays good.
    let live = ticket(admin, json!({ "purpose": "live" })).await;
    let heard = ticket(admin, audio.clone()).await;
    refused(&product, &web_path, &live, "a live ticket").await;
    refused(&product, &sound(&calls[0]), &live, "a live ticket").await;
    refused(&product, "/v1/live", &heard, "a sound ticket").await;
    refused(&product, &web_path, &heard, "a sound ticket").await;
    refused(&product, "/v1/live", web_ticket, "a web call's ticket").await;
    refused(&product, &sound(&calls[0]), web_ticket, "a web call's ticket").await;
    let older = format!("/events/ws?callSid={}&ticket={web_ticket}", one.call_sid);
    let opened = LiveSocket::open_at(&product.url, &older, &[]).await;
    assert_eq!(opened.err(), Some(401), "a web call's ticket at {older}");
    // Not for another call, and once is once.
    refused(&product, &sound(&calls[1]), &heard, "the ticket of another call").await;
    refused(&product, &sound(&calls[0]), &heard, "a used sound ticket").await;
    let mut socket = open(&product, "/v1/live", &live).await.expect("an open socket");
    refused(&product, "/v1/live", &live, "a used live ticket").await;
    let mut call = open(&product, &web_path, web_ticket)
        .await
        .expect("an open socket");
    assert_eq!(call.next().await.unwrap()["op"], "ready");
    refused(&product, &web_path, web_ticket, "a used ticket of a web call").await;
    socket.send(&json!({ "op": "ping" })).await;
    socket
        .wait_for("that it lives", |frame| frame["op"] == "pong")
        .await;

    // Of another company: it sees its own, and nothing else opens.
    let foreign = ticket(&globex.admin, json!({ "purpose": "live" })).await;
    refused(&product, &sound(&calls[0]), &foreign, "a foreign ticket").await;
    let older = format!("/events/ws?callSid={}&ticket={foreign}", one.call_sid);
    let opened = LiveSocket::open_at(&product.url, &older, &[]).await;
    assert_eq!(opened.err(), Some(404), "a foreign ticket at {older}");
    refused(&product, "/v1/live", "AAAA", "what is no ticket").await;
    // The company's half of one and the secret half of another are nothing.
    let (ours, theirs) = (
        ticket(admin, json!({ "purpose": "live" })).await,
        ticket(&globex.admin, json!({ "purpose": "live" })).await,
    );
    let mixed = format!("{}{}", &ours[..21], &theirs[21..]);
    refused(&product, "/v1/live", &mixed, "a mixed ticket").await;

    // What is left behind is worthless after half a minute.
    let mut redis = phony_testkit::redis_connection(&product.redis_url).await;
    let _ = ticket(admin, audio.clone()).await;
    let kept: Vec<String> = redis.keys("*_ticket:*").await.unwrap();
    assert!(kept.len() >= 3, "{kept:?}");
    for key in &kept {
        let seconds: i64 = redis.ttl(key).await.unwrap();
        assert!(seconds <= 30 && seconds != -1, "{key} is kept for {seconds} s");
        assert!(!key.contains(&ours), "only a hash is kept");
        let _: bool = redis.pexpire(key, 1).await.unwrap();
    }
    eventually("they have run out", async || {
        let kept: Vec<String> = redis.clone().keys("*_ticket:*").await.unwrap();
        kept.is_empty().then_some(())
    })
    .await;
    refused(&product, "/v1/live", &ours, "an old ticket").await;

    // Who may no more, may not with a ticket from before.
    let supervisor = product.member(&acme, Role::Supervisor).await;
    let heard = ticket(&supervisor, audio).await;
    let members = admin.get("/v1/members").await.expect(200);
    let mut members = members["data"].as_array().unwrap().iter();
    let member = members.find(|member| member["role"] == "supervisor").unwrap();
    let path = format!("/v1/members/{}", member["id"].as_str().unwrap());
    let _ = admin.patch(&path, &json!({ "role": "viewer" })).await.expect(200);
    let late = open(&product, &sound(&calls[0]), &heard).await;
    assert!(matches!(late.err(), Some(401 | 403)), "a viewer by now");
    for caller in [one, two] {
        caller.hang_up().await;
        caller.is_over().await;
    }
}
