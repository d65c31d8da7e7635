//! Test keys: their calls run on the test carrier and its models, take no line, and cost nothing.

use chrono::TimeDelta;
use phony_journeys::{Client, LiveSocket, Product, eventually};
use serde_json::{Value, json};

async fn key(admin: &Client, mode: &str) -> Client {
    let scopes = [
        "calls:read",
        "calls:write",
        "calls:control",
        "calls:monitor",
        "transcripts:read",
        "numbers:read",
        "numbers:write",
        "chat:write",
        "usage:read",
    ];
    let made = admin
        .post(
            "/v1/api_keys",
            &json!({ "name": mode, "mode": mode, "scopes": scopes }),
        )
        .await
        .expect(201);
    admin.with_token(made["key"].as_str().unwrap())
}

#[tokio::test]
async fn a_call_of_a_test_key_reaches_no_carrier_and_costs_nothing() {
    let test_carrier = phony_simulator::start(phony_simulator::Config {
        speed: 10.0,
        seed: 990_001,
        account_sid: format!("AC{}", "7".repeat(32)),
        auth_token: "test-carrier-token".to_owned(),
        ..phony_simulator::Config::default()
    })
    .await
    .unwrap();
    let product = Product::start_with(&[
        ("TEST_CARRIER_URL", &test_carrier.url()),
        ("TEST_CARRIER_ACCOUNT_SID", test_carrier.account_sid()),
        ("TEST_CARRIER_AUTH_TOKEN", test_carrier.auth_token()),
        ("TEST_OPENAI_BASE_URL", &format!("{}/v1", test_carrier.url())),
        (
            "TEST_OPENAI_REALTIME_URL",
            &format!("{}/v1/realtime", test_carrier.url().replacen("http", "ws", 1)),
        ),
    ])
    .await;
    let acme = product.tenant("acme").await;
    product.upgrade(&acme).await;
    product.app.clock.advance(TimeDelta::seconds(6));
    product.allow_outbound(&acme).await;
    let number = product.buy_number(&acme).await;
    let (key, live_key) = (key(&acme.admin, "test").await, key(&acme.admin, "live").await);
    let (mut told, mut told_live) = (wall(&product, &key).await, wall(&product, &live_key).await);
    assert!(key.token().unwrap().starts_with("ph_test_"));
    let to = "+14155550176";
    let body = json!({ "to": to, "opening_message": "Hello from a test." });
    let placed = key.post("/v1/calls", &body).await.expect(201);
    assert_eq!(
        (&placed["test"], &placed["from"]),
        (&json!(true), &number["e164"])
    );
    let path = format!("/v1/calls/{}", placed["id"].as_str().unwrap());
    eventually("the call is answered by the simulated person", async || {
        let call = key.get(&path).await;
        (call["status"] == "in_progress").then_some(())
    })
    .await;
    eventually("the call is counted among tests", async || {
        let room = key.get("/v1/tenant/concurrency").await.expect(200);
        (room["current"] == 0 && room["test_calls"] == 1).then_some(())
    })
    .await;
    let live = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    let live_path = format!("/v1/calls/{}", live.call_sid);
    let live_id = eventually("the live call goes on", async || {
        let call = acme.admin.get(&live_path).await;
        (call["status"] == "in_progress").then(|| call["id"].as_str().unwrap().to_owned())
    })
    .await;
    let end = json!({ "action_id": "a-1", "type": "end" });
    eventually("the agent has talked", async || {
        let items = key.get(&format!("{path}/items")).await;
        items.text.contains("Hello from a test").then_some(())
    })
    .await;
    let _ = key.post(&format!("{path}/actions"), &end).await;
    let over = eventually("the call is over and settled", async || {
        let call = key.get(&path).await;
        (call["status"] == "ended" && call["settled"] == true).then_some(call.json)
    })
    .await;
    assert_eq!(over["test"], true);
    let usage = key.get(&format!("{path}/usage")).await.expect(200);
    assert_eq!(usage["data"].as_array().map_or(0, Vec::len), 0, "{}", usage.text);
    let mut connection = product.admin_connection().await;
    for table in ["usage_events", "usage_quarantine"] {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT count(*) FROM phony.{table} WHERE to_jsonb({table})::text LIKE '%' || $1 || '%'"
        ));
        let id: phony_kernel::CallId = placed["id"].as_str().unwrap().parse().unwrap();
        let count: i64 = sqlx::query_scalar(sql)
            .bind(id.uuid().to_string())
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(count, 0, "{table}");
    }
    // The carrier of live calls has heard of none.
    let calls = product.control().get("/sim/calls").await.expect(200);
    assert!(!calls.text.contains(to), "{}", calls.text);

    // What it could do for real it may not do.
    let buy = json!({ "country": "US", "area_code": "415" });
    let _ = key
        .post("/v1/numbers", &buy)
        .await
        .expect_problem(403, "test_key");
    let search = key.get("/v1/numbers/available?country=US").await;
    let _ = search.expect_problem(403, "test_key");
    let end = json!({ "action_id": "a-2", "type": "end" });
    let actions = format!("{live_path}/actions");
    let _ = key.post(&actions, &end).await.expect_problem(404, "not_found");

    // Each key sees its own kind, a person both, told apart.
    let id = placed["id"].as_str().unwrap().to_owned();
    assert_eq!(ids(&key, "/v1/calls").await, [(id.clone(), true)]);
    assert_eq!(ids(&live_key, "/v1/calls").await, [(live_id.clone(), false)]);
    let mut both = ids(&acme.admin, "/v1/calls").await;
    both.sort();
    let mut wanted = vec![(id.clone(), true), (live_id.clone(), false)];
    wanted.sort();
    assert_eq!(both, wanted);
    for (client, path, other) in [(&key, &live_path, &live_id), (&live_key, &path, &id)] {
        for part in ["", "/items", "/usage", "/events"] {
            let _ = client
                .get(&format!("{path}{part}"))
                .await
                .expect_problem(404, "not_found");
        }
        assert!(
            !client
                .get("/v1/calls/live")
                .await
                .expect(200)
                .text
                .contains(other.as_str())
        );
    }
    live.hang_up().await;
    let ended = |frame: &Value| frame["data"]["status"] == "ended";
    told.wait_for("the end of the test call", ended).await;
    told_live.wait_for("the end of the live call", ended).await;
    let seen = |socket: &LiveSocket| serde_json::to_string(&socket.seen).unwrap();
    assert!(seen(&told).contains(&id) && !seen(&told).contains(&live_id));
    assert!(seen(&told_live).contains(&live_id) && !seen(&told_live).contains(&id));
}

/// The wall as a program follows it.
async fn wall(product: &Product, key: &Client) -> LiveSocket {
    let mut socket = LiveSocket::open(&product.url, key).await;
    socket.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    socket
        .wait_for("the wall", |frame| frame["op"] == "snapshot")
        .await;
    socket
}

/// Calls of a list, and whether they are tests.
async fn ids(client: &Client, path: &str) -> Vec<(String, bool)> {
    let list = client.get(path).await.expect(200);
    let calls = list["data"].as_array().unwrap().iter();
    calls
        .map(|call| (call["id"].as_str().unwrap().to_owned(), call["test"] == true))
        .collect()
}

#[tokio::test]
async fn an_installation_without_a_test_carrier_says_so() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.allow_outbound(&acme).await;
    let _ = product.buy_number(&acme).await;
    product.app.clock.advance(TimeDelta::seconds(6));
    let key = key(&acme.admin, "test").await;
    let body = json!({ "to": "+14155550176", "opening_message": "Hello." });
    let _ = key
        .post("/v1/calls", &body)
        .await
        .expect_problem(409, "test_mode_off");
    let calls = acme.admin.get("/v1/calls").await.expect(200);
    assert_eq!(calls["data"], json!([]));
}
