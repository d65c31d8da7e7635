//! An older dashboard at a live call: its socket tells the events in its own form, and its buttons act.

use phony_journeys::{Answer, Caller, Client, LiveSocket, Product, Tenant};
use phony_kernel::Role;
use serde_json::{Value, json};

const COLLEAGUE: &str = "+14155550149";

async fn call(product: &Product, tenant: &Tenant) -> Caller {
    let number = product.buy_number(tenant).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears("help").await;
    caller
}

async fn ticket(client: &Client) -> String {
    let body = json!({ "purpose": "live" });
    let answer = client.post("/v1/ws_tickets", &body).await.expect(201);
    answer["ticket"].as_str().unwrap().to_owned()
}

/// The next event of a name.
async fn event(socket: &mut LiveSocket, name: &str) -> Value {
    socket.wait_for(name, |frame| frame["event"] == name).await
}

async fn press(client: &Client, button: &str, caller: &Caller, mut body: Value) -> Answer {
    body["callSid"] = json!(caller.call_sid);
    client.post(button, &body).await
}

#[tokio::test]
async fn an_older_dashboard_sees_a_call_and_acts_on_it() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.upgrade(&acme).await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let caller = call(&product, &acme).await;
    let asked = format!(
        "/events/ws?callSid={}&ticket={}",
        caller.call_sid,
        ticket(&acme.admin).await
    );
    let mut events = LiveSocket::open_at(&product.url, &asked, &[]).await.unwrap();
    let again = LiveSocket::open_at(&product.url, &asked, &[]).await;
    assert_eq!(again.err(), Some(401), "a ticket opens one socket");
    // What was before it opened is told as well.
    let greeting = event(&mut events, "speech.final").await;
    assert!(
        greeting["data"]["text"].as_str().unwrap().contains("help"),
        "{greeting}"
    );
    let fields: Vec<&String> = greeting.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["callSid", "data", "event", "timestamp"]);
    assert_eq!(greeting["callSid"], json!(caller.call_sid));
    chrono::DateTime::parse_from_rfc3339(greeting["timestamp"].as_str().unwrap()).unwrap();
    // Nothing that it may say does harm.
    events.send_text("hello?".to_owned()).await;
    events.send_bytes(vec![1, 2, 3]).await;

    let done = async |button: &str, body: Value| {
        let answer = press(&acme.admin, button, &caller, body).await.expect(200);
        assert_eq!(
            (&answer["success"], &answer["status"]),
            (&json!(true), &json!("success")),
            "{}",
            answer.text
        );
        assert_eq!(answer["callSid"], json!(caller.call_sid));
    };
    let idle = press(
        &acme.admin,
        "/override/clarification",
        &caller,
        json!({ "response": "Yes." }),
    )
    .await;
    idle.expect_problem(409, "no_open_question");
    caller.say("Is parking included?").await;
    event(&mut events, "clarification.requested").await;
    done(
        "/override/clarification",
        json!({ "response": "Yes, at the back." }),
    )
    .await;
    let answered = event(&mut events, "clarification.answered").await;
    assert_eq!(answered["data"]["answer"], "Yes, at the back.");
    done("/override/text", json!({ "text": "This is a person speaking." })).await;
    caller.hears("This is a person speaking.").await;
    done("/override/dtmf", json!({ "digit": 5 })).await;
    let pressed = event(&mut events, "dtmf.sent").await;
    assert_eq!(pressed["data"]["digits"], "5");
    let barred = press(
        &acme.admin,
        "/override/transfer",
        &caller,
        json!({ "number": "+19005550134" }),
    )
    .await;
    barred.expect_problem(409, "target_not_allowed");
    let target = json!({ "number": COLLEAGUE, "says": "Billing speaking.", "talk_ms": 2_000 });
    product.order("/sim/targets", &target).await;
    product.allow_outbound(&acme).await;
    done("/api/transfer-call", json!({ "to": COLLEAGUE })).await;
    caller.hears("Billing speaking.").await;
    caller.is_over().await;
    let ended = events
        .wait_for("the end", |frame| {
            frame["event"] == "call.state" && frame["data"]["status"] == "ended"
        })
        .await;
    assert_eq!(ended["callSid"], json!(caller.call_sid));
    let over = press(
        &acme.admin,
        "/override/text",
        &caller,
        json!({ "text": "Hello?" }),
    )
    .await;
    over.expect_problem(409, "call_ended");
}

#[tokio::test]
async fn who_may_watch_under_the_older_address_watches_and_no_more() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let viewer = product.member(&acme, Role::Viewer).await;
    let key = json!({ "name": "Old wallboard", "scopes": ["calls:monitor", "transcripts:read"] });
    let key = acme.admin.post("/v1/api_keys", &key).await.expect(201);
    let key = key["key"].as_str().unwrap().to_owned();
    let blind = json!({ "name": "Old script", "scopes": ["calls:read"] });
    let blind = acme.admin.post("/v1/api_keys", &blind).await.expect(201);
    let caller = call(&product, &acme).await;
    let url = product.url.as_str();
    let path = format!("/events/ws?callSid={}", caller.call_sid);
    let with = |token: &str| format!("{path}&token={token}");
    // Programs follow events on larger plans only.
    assert_eq!(LiveSocket::open_at(url, &with(&key), &[]).await.err(), Some(403));
    product.upgrade(&acme).await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let denied = with(blind["key"].as_str().unwrap());
    assert_eq!(LiveSocket::open_at(url, &denied, &[]).await.err(), Some(403));
    let foreign = [("origin", "https://evil.example")];
    let page = LiveSocket::open_at(url, &with(&key), &foreign).await;
    assert_eq!(page.err(), Some(403), "another site's page");
    let mut sockets = Vec::new();
    let bearer = format!("Bearer {key}");
    for (asked, headers) in [
        (with(&key), vec![]),
        (with(acme.admin.token().unwrap()), vec![("origin", url)]),
        (path.clone(), vec![("authorization", bearer.as_str())]),
        (path.clone(), vec![("x-api-key", key.as_str())]),
    ] {
        sockets.push(LiveSocket::open_at(url, &asked, &headers).await.unwrap());
    }
    let looks_on = with(viewer.token().unwrap());
    let mut looks_on = LiveSocket::open_at(url, &looks_on, &[]).await.unwrap();
    caller.say("My secret is blue").await;
    for socket in &mut sockets {
        socket
            .wait_for("the words", |frame| frame["data"]["text"] == "My secret is blue")
            .await;
    }
    let ended = press(&acme.admin, "/override/end", &caller, json!({}))
        .await
        .expect(200);
    assert_eq!(ended["success"], true);
    for socket in sockets.iter_mut().chain([&mut looks_on]) {
        socket
            .wait_for("the end", |frame| {
                frame["event"] == "call.state" && frame["data"]["status"] == "ended"
            })
            .await;
    }
    let seen = serde_json::to_string(&looks_on.seen).unwrap();
    assert!(
        !seen.contains("secret") && !seen.contains("speech.final"),
        "{seen}"
    );
    // All of them were told the same, in the same order.
    let told = |socket: &LiveSocket| {
        let lasting = socket
            .seen
            .iter()
            .filter(|frame| frame["event"] == "speech.final");
        lasting
            .map(|frame| frame["data"]["item_id"].clone())
            .collect::<Vec<_>>()
    };
    assert!(sockets.iter().all(|socket| told(socket) == told(&sockets[0])));
}
