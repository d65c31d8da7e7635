//! The edges of the surface: sizes, origins, sockets, TLS.

use phony_journeys::{Client, LiveSocket, Product, Tenant};
use rcgen::generate_simple_self_signed;
use serde_json::{Value, json};
use tempfile::TempDir;

#[tokio::test]
async fn what_is_too_large_or_too_deep_is_refused_in_words() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let filler = "x".repeat(17 * 1024);
    let _ = acme
        .admin
        .send("GET", "/v1/me", &[("x-filler", &filler)], None)
        .await
        .expect_problem(431, "headers_too_large");
    let _ = acme
        .admin
        .get(&format!("/v1/calls?cursor={filler}"))
        .await
        .expect_problem(431, "headers_too_large");
    let _ = acme
        .admin
        .send("GET", "/v1/me", &[("x-filler", &filler[..12_000])], None)
        .await
        .expect(200);
    let deep = format!("{}1{}", "{\"a\":".repeat(33), "}".repeat(33));
    let _ = acme
        .admin
        .send("POST", "/v1/contacts", &[], Some(deep))
        .await
        .expect_problem(400, "json_too_deep");
}

#[tokio::test]
async fn only_listed_origins_may_call_and_never_with_cookies() {
    let product =
        Product::start_with(&[("CORS_ORIGINS", "https://shop.example,https://app.example:8443")]).await;
    let acme = product.tenant("acme").await;
    let ask = async |method: &str, origin: &str| {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        acme.admin.send(method, "/v1/contacts", &headers, None).await
    };
    let allowed = |answer: &phony_journeys::Answer| {
        let value = answer.headers.get("access-control-allow-origin");
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    for origin in ["https://shop.example", "https://app.example:8443"] {
        let preflight = ask("OPTIONS", origin).await.expect(204);
        assert_eq!(allowed(&preflight).as_deref(), Some(origin));
        assert!(
            preflight.headers["access-control-allow-headers"]
                .to_str()
                .unwrap()
                .contains("idempotency-key")
        );
        let answer = ask("GET", origin).await.expect(200);
        assert_eq!(allowed(&answer).as_deref(), Some(origin));
        assert!(
            answer
                .headers
                .get_all("vary")
                .iter()
                .any(|value| value == "Origin")
        );
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
    for origin in [
        "https://shop.example.evil.test",
        "http://shop.example",
        "https://app.example",
        "null",
        "*",
    ] {
        for method in ["OPTIONS", "GET"] {
            assert_eq!(allowed(&ask(method, origin).await), None, "{method} {origin}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_has_five_live_sockets_and_a_closed_one_makes_room() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let ticket = async || {
        let made = acme
            .admin
            .post("/v1/ws_tickets", &json!({ "purpose": "live" }))
            .await
            .expect(201);
        made["ticket"].as_str().unwrap().to_owned()
    };
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(
            LiveSocket::open_with(&product.url, &ticket().await, None)
                .await
                .unwrap(),
        );
    }
    let sixth = LiveSocket::open_with(&product.url, &ticket().await, None).await;
    assert_eq!(sixth.err(), Some(429));
    // Another sign-in of the company has places of its own.
    let other = product.member(&acme, phony_kernel::Role::Viewer).await;
    let _other = LiveSocket::open(&product.url, &other).await;
    drop(open.pop());
    phony_journeys::eventually("a place is free", async || {
        LiveSocket::open_with(&product.url, &ticket().await, None)
            .await
            .ok()
            .map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_company_has_two_hundred_live_sockets_over_all_sign_ins_and_keys() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.upgrade(&acme).await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let body = json!({ "name": "Wallboard", "scopes": ["calls:monitor"] });
    let made = acme.admin.post("/v1/api_keys", &body).await.expect(201);
    let key = acme.admin.with_token(made["key"].as_str().unwrap());
    let who = product
        .app
        .identity
        .authenticate(key.token().unwrap())
        .await
        .unwrap();
    // As if they were open elsewhere.
    let mut places = Vec::new();
    for _ in 0..199 {
        places.push(product.app.supervision.take_place(&who).await.unwrap());
    }
    let ticket = async |client: &Client| {
        let made = client
            .post("/v1/ws_tickets", &json!({ "purpose": "live" }))
            .await
            .expect(201);
        made["ticket"].as_str().unwrap().to_owned()
    };
    let _last = LiveSocket::open(&product.url, &key).await;
    for client in [&key, &acme.admin] {
        let one_more = LiveSocket::open_with(&product.url, &ticket(client).await, None).await;
        assert_eq!(one_more.err(), Some(429));
    }
    // Another company has its own.
    let globex = product.tenant("globex").await;
    let _other = LiveSocket::open(&product.url, &globex.admin).await;
    product.app.supervision.leave_place(&places.remove(0)).await;
    let _room = LiveSocket::open(&product.url, &acme.admin).await;
}

/// Waits until the server closes a socket; its code.
async fn closed(socket: &mut LiveSocket) -> u16 {
    loop {
        if let Err(code) = socket.next().await {
            return code;
        }
    }
}

/// A key that comes from one network.
async fn key_of_network(acme: &Tenant, ends_in: chrono::TimeDelta) -> Client {
    let body = json!({
        "name": "Wallboard", "scopes": ["calls:monitor", "chat:write"], "allowed_cidrs": ["198.51.100.0/24"],
        "expires_at": chrono::Utc::now() + ends_in,
    });
    let made = acme.admin.post("/v1/api_keys", &body).await.expect(201);
    acme.admin.with_token(made["key"].as_str().unwrap())
}

#[tokio::test]
async fn a_key_keeps_to_its_network_and_its_time_on_sockets_too() {
    const HOME: &str = "198.51.100.7";
    let product = Product::start_with(&[("TRUSTED_PROXIES", "127.0.0.1/32")]).await;
    let acme = product.tenant("acme").await;
    product.upgrade(&acme).await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let (short, key) = (
        key_of_network(&acme, chrono::TimeDelta::hours(1)).await,
        key_of_network(&acme, chrono::TimeDelta::days(9)).await,
    );
    let personalities = acme.admin.get("/v1/personalities").await.expect(200);
    let personality = &personalities["data"][0]["id"];
    let home = [("x-forwarded-for", HOME)];
    let ask = async |client: &Client, path: &str, body: &Value| {
        client
            .send("POST", path, &home, Some(body.to_string()))
            .await
            .expect(201)
    };
    let open = async |path: &str, ticket: &str, from: &str| {
        let protocols = format!("phony.v1, ticket.{ticket}");
        let headers = [
            ("x-forwarded-for", from),
            ("sec-websocket-protocol", protocols.as_str()),
        ];
        LiveSocket::open_at(&product.url, path, &headers).await
    };
    let live = async |client: &Client, from: &str| {
        let made = ask(client, "/v1/ws_tickets", &json!({ "purpose": "live" })).await;
        open("/v1/live", made["ticket"].as_str().unwrap(), from).await
    };
    let web = async |from: &str| {
        let call = ask(
            &key,
            "/v1/web_calls",
            &json!({ "personality_id": personality, "mode": "text" }),
        )
        .await;
        let path = format!("/v1/web_calls/{}", call["call"]["id"].as_str().unwrap());
        open(&path, call["ticket"].as_str().unwrap(), from).await
    };
    assert_eq!(live(&key, "203.0.113.9").await.err(), Some(403));
    assert_eq!(web("203.0.113.9").await.err(), Some(403));
    let (mut watching, mut ending) = (live(&key, HOME).await.unwrap(), live(&short, HOME).await.unwrap());
    let mut talking = web(HOME).await.unwrap();
    product.app.clock.advance(chrono::TimeDelta::hours(2));
    assert_eq!(closed(&mut ending).await, 4401, "its time is over");
    // Somebody narrows the network of the other one.
    product
        .sql("UPDATE phony.api_keys SET allowed_cidrs = '{192.0.2.0/24}'")
        .await;
    assert_eq!(closed(&mut watching).await, 4401);
    assert_ne!(closed(&mut talking).await, 1006, "the call was ended in words");
}

#[tokio::test]
async fn the_listener_of_its_own_speaks_tls_1_3_and_nothing_older() {
    let files = TempDir::new().unwrap();
    let made = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
        .to_string();
    let product = Product::start_with(&[
        ("BIND", "127.0.0.1"),
        ("TLS_CERT_PATH", cert.to_str().unwrap()),
        ("TLS_KEY_PATH", key.to_str().unwrap()),
        ("TLS_PORT", &port),
    ])
    .await;
    let client = |max: reqwest::tls::Version| {
        let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
        reqwest::Client::builder()
            .tls_certs_only([root])
            .resolve("localhost", ([127, 0, 0, 1], port.parse().unwrap()).into())
            .max_tls_version(max)
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .unwrap()
    };
    let url = format!("https://localhost:{port}/healthz");
    let answer = client(reqwest::tls::Version::TLS_1_3)
        .get(&url)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("strict-transport-security"));
    assert!(
        client(reqwest::tls::Version::TLS_1_2)
            .get(&url)
            .send()
            .await
            .is_err()
    );
    // Beside it, plain, for a proxy.
    let _ = product.anonymous().get("/healthz").await.expect(200);
}
