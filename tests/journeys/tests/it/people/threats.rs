//! Threats to people's accounts, each by its name: what somebody would try, and what comes of it.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use futures_util::future::{join, join_all};
use phony_journeys::{Client, LiveSocket, PASSWORD, Product};
use serde_json::{Value, json};

use super::{cookie, log_in, refresh, signed_in};

#[tokio::test]
async fn stolen_refresh_token() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    // Fifty at once, as many tabs: one family with one successor, and nobody is thrown out.
    let first = cookie(&log_in(&product, &acme.email, PASSWORD).await);
    let insist = async || loop {
        let answer = refresh(&product, &first).await;
        // More at once than there are connections, on a machine that has other work: a page asks again.
        if answer.status != 503 {
            break answer;
        }
    };
    let answers = join_all((0..50).map(|_| insist())).await;
    let mut successors: Vec<String> = answers
        .into_iter()
        .map(|answer| cookie(&answer.expect(200)))
        .collect();
    successors.sort_unstable();
    successors.dedup();
    assert_eq!(successors.len(), 1, "two tabs get the same");
    let second = successors.remove(0);
    // R1 after R2, past the moment in which two tabs may race.
    product.app.clock.advance(TimeDelta::seconds(11));
    let _ = refresh(&product, &first)
        .await
        .expect_problem(401, "unauthenticated");
    let _ = refresh(&product, &second)
        .await
        .expect_problem(401, "unauthenticated");
    // R1 after R3, at once.
    let first = cookie(&log_in(&product, &acme.email, PASSWORD).await);
    let second = cookie(&refresh(&product, &first).await.expect(200));
    let third = refresh(&product, &second).await.expect(200);
    let _ = refresh(&product, &first)
        .await
        .expect_problem(401, "unauthenticated");
    let _ = refresh(&product, &cookie(&third))
        .await
        .expect_problem(401, "unauthenticated");
    product.app.clock.advance(TimeDelta::seconds(5));
    let _ = signed_in(&product, &third)
        .get("/v1/me")
        .await
        .expect_problem(401, "unauthenticated");
    let letter = product.letter(&acme.email, "We ended one of your sessions").await;
    assert!(letter.text.contains("127.0.0.1"), "{}", letter.text);
    let noted: i64 =
        sqlx::query_scalar("SELECT count(*) FROM phony.audit_log WHERE action = 'session.reuse'")
            .fetch_one(&mut product.admin_connection().await)
            .await
            .unwrap();
    assert_eq!(noted, 2);
}

/// The token with its header and claims changed; the signature is that of the good one.
fn forged(token: &str, change: impl FnOnce(&mut Value, &mut Value)) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let read =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let (mut header, mut claims) = (read(parts[0]), read(parts[1]));
    change(&mut header, &mut claims);
    let write = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", write(&header), write(&claims), parts[2])
}

#[tokio::test]
async fn jwt_confusion() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let good = acme.admin.token().unwrap();
    let mut tokens = vec![
        ("none", forged(good, |header, _| header["alg"] = json!("none"))),
        ("HS256", forged(good, |header, _| header["alg"] = json!("HS256"))),
        ("RS256", forged(good, |header, _| header["alg"] = json!("RS256"))),
        (
            "wrong typ",
            forged(good, |header, _| header["typ"] = json!("JWT")),
        ),
        (
            "wrong kid",
            forged(good, |header, _| header["kid"] = json!("another")),
        ),
        (
            "no kid",
            forged(good, |header, _| {
                header.as_object_mut().unwrap().remove("kid");
            }),
        ),
        (
            "key of the sender",
            forged(good, |header, _| {
                header["jwk"] = json!({ "kty": "OKP", "crv": "Ed25519" });
            }),
        ),
        (
            "address of a key",
            forged(good, |header, _| {
                header["jku"] = json!("https://evil.example/keys");
            }),
        ),
        (
            "wrong aud",
            forged(good, |_, claims| claims["aud"] = json!("another-api")),
        ),
        (
            "ID token",
            forged(good, |header, claims| {
                header["typ"] = json!("JWT");
                claims["nonce"] = json!("n");
            }),
        ),
        (
            "another role",
            forged(good, |_, claims| claims["role"] = json!("admin ")),
        ),
        (
            "another tenant",
            forged(good, |_, claims| {
                claims["tid"] = json!(phony_kernel::TenantId::new());
            }),
        ),
    ];
    let (head, _) = good.rsplit_once('.').unwrap();
    tokens.push(("no signature", format!("{head}.")));
    tokens.push(("unsigned none", {
        let unsigned = forged(good, |header, _| header["alg"] = json!("none"));
        format!("{}.", unsigned.rsplit_once('.').unwrap().0)
    }));
    for (what, token) in &tokens {
        let answer = acme.admin.with_token(token).get("/v1/me").await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
    }
    let _ = acme.admin.get("/v1/me").await.expect(200);
    product.app.clock.advance(TimeDelta::minutes(11));
    let _ = acme
        .admin
        .get("/v1/me")
        .await
        .expect_problem(401, "unauthenticated");
}

/// For tickets, which Redis forgets by its own clock.
async fn thirty_one_seconds_pass(product: &Product) {
    let mut redis = product.app.redis.clone();
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*ticket*")
        .query_async(&mut redis)
        .await
        .unwrap();
    assert!(!keys.is_empty(), "a ticket is kept");
    for key in keys {
        let left_ms: i64 = redis::cmd("PTTL")
            .arg(&key)
            .query_async(&mut redis)
            .await
            .unwrap();
        let after_ms = left_ms - 31_000;
        assert!(after_ms < 0, "{key} would still be good for {after_ms} ms");
        let _: i64 = redis::cmd("PEXPIRE")
            .arg(&key)
            .arg(after_ms)
            .query_async(&mut redis)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn socket_hijack() {
    let product = Product::start().await;
    let (acme, globex) = (product.tenant("acme").await, product.tenant("globex").await);
    let ticket = async |client: &Client| {
        let answer = client
            .post("/v1/ws_tickets", &json!({ "purpose": "live" }))
            .await
            .expect(201);
        answer["ticket"].as_str().unwrap().to_owned()
    };
    let foreign = LiveSocket::open_with(
        &product.url,
        &ticket(&acme.admin).await,
        Some("https://evil.example"),
    )
    .await;
    assert_eq!(foreign.err(), Some(403), "a page of somebody else");
    let once = ticket(&acme.admin).await;
    let mut live = LiveSocket::open_with(&product.url, &once, Some(&product.url))
        .await
        .unwrap();
    let again = LiveSocket::open_with(&product.url, &once, Some(&product.url)).await;
    assert_eq!(again.err(), Some(401), "used before");
    let old = ticket(&acme.admin).await;
    thirty_one_seconds_pass(&product).await;
    let old = LiveSocket::open_with(&product.url, &old, Some(&product.url)).await;
    assert_eq!(old.err(), Some(401), "31 seconds old");
    let number = product.buy_number(&globex).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears("help").await;
    live.send(&json!({ "op": "subscribe", "topic": "call", "id": caller.call_sid }))
        .await;
    let refused = live
        .wait_for("an answer", |frame| {
            frame["op"] == "error" || frame["op"] == "snapshot"
        })
        .await;
    assert_eq!(refused["code"], "not_found", "another company's call: {refused}");
    caller.hang_up().await;
}

/// Addresses of clients behind a proxy that is believed.
async fn behind_a_proxy() -> Product {
    Product::start_with(&[("TRUSTED_PROXIES", "127.0.0.1/32")]).await
}

async fn log_in_from(client: &Client, address: &str, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password }).to_string();
    let headers = [("x-forwarded-for", address)];
    client
        .send("POST", "/v1/auth/login", &headers, Some(body))
        .await
        .status
}

#[tokio::test]
async fn credential_stuffing() {
    let product = behind_a_proxy().await;
    let acme = product.tenant("acme").await;
    let client = product.anonymous();
    let guess = async |n: u32, email: String| {
        let body = json!({ "email": email, "password": format!("a wrong password {n}") }).to_string();
        let address = if n.is_multiple_of(2) {
            "203.0.113.9"
        } else {
            "203.0.113.10"
        };
        let headers = [("x-forwarded-for", address)];
        client
            .send("POST", "/v1/auth/login", &headers, Some(body))
            .await
            .status
    };
    // Ten thousand: one account, and many accounts, from two addresses.
    let (mut judged, mut slowed) = (0, 0);
    let began = Instant::now();
    for round in 0..100_u32 {
        let guesses = (0..100).map(|n| {
            let email = if n < 50 {
                acme.email.clone()
            } else {
                format!("person{n}.{round}@people.example")
            };
            guess(n, email)
        });
        let (statuses, others) = join(join_all(guesses), acme.admin.get("/v1/me")).await;
        assert_eq!(
            others.status, 200,
            "others are answered meanwhile: {}",
            others.text
        );
        for status in statuses {
            match status {
                401 => judged += 1,
                429 => slowed += 1,
                other => panic!("{other}"),
            }
        }
    }
    // Each address has twenty guesses a minute.
    let most = 80 + 40 * began.elapsed().as_secs() / 60;
    assert!(
        judged <= most,
        "{judged} judged of at most {most}, {slowed} slowed down"
    );
    assert_eq!(judged + slowed, 10_000);
    // The person themselves is not locked out: from their own place, after the wait, they come in.
    product.app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(
        log_in_from(&client, "198.51.100.7", &acme.email, PASSWORD).await,
        200
    );
}

#[tokio::test]
async fn argon2_as_dos() {
    let product = behind_a_proxy().await;
    let acme = product.tenant("acme").await;
    let _ = acme.admin.get("/v1/me").await.expect(200);
    let client = product.anonymous();
    let flood = join_all((0..200).map(|n| {
        let (client, address) = (&client, format!("198.51.{}.{}", n / 100, n % 100));
        async move {
            let email = format!("person{n}@people.example");
            log_in_from(client, &address, &email, "some password or other").await
        }
    }));
    let me = acme.admin.clone();
    let others = tokio::spawn(async move {
        let mut answered = 0;
        for _ in 0..20 {
            let _ = me.get("/v1/me").await.expect(200);
            answered += 1;
        }
        answered
    });
    let statuses = flood.await;
    assert_eq!(others.await.unwrap(), 20, "others are answered meanwhile");
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!(count(401) + count(503), 200, "{statuses:?}");
    assert!(count(503) > 0, "the queue has an end");
    assert!(count(401) >= 64, "and those in it are judged: {statuses:?}");
}
