//! What people say and what lets them in stays out of the log, at every level of our own code.

use std::io::Write;
use std::sync::{Arc, Mutex};

use phony_journeys::{LiveSocket, PASSWORD, Product, eventually};
use serde_json::json;
use tracing_subscriber::EnvFilter;

use crate::carrier::{Carrier, new_sid};

/// The log, in memory.
#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Pages {
    fn open() -> Self {
        let pages = Self::default();
        let writer = pages.clone();
        let levels = [
            "app",
            "http",
            "calls",
            "carriers",
            "db",
            "worker",
            "models",
            "conversation",
            "server",
        ]
        .map(|part| format!("phony_{part}=trace"))
        .join(",");
        tracing_subscriber::fmt()
            .json()
            .with_env_filter(EnvFilter::new(format!("info,phony_simulator=off,{levels}")))
            .with_writer(move || writer.clone())
            .try_init()
            .expect("one log in this process");
        pages
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

#[tokio::test]
async fn no_secret_and_nobody_is_found_in_the_log() {
    let pages = Pages::open();
    let product = Product::start().await;
    let nobody = product.anonymous();
    let email = "Canary.Person@canary-mail.example";
    let body = json!({
        "company": "Canarycorp", "name": "Canaria Bird", "email": email, "password": PASSWORD, "time_zone": "UTC",
    });
    let session = nobody.post("/v1/auth/signup", &body).await.expect(201);
    let token = session["access_token"].as_str().unwrap().to_owned();
    let cookie = session.headers["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let admin = nobody.with_token(&token);
    let again = nobody.post("/v1/auth/signup", &body).await;
    assert_eq!(again.status, 409);
    for password in ["canary-wrong-password", PASSWORD] {
        let _ = nobody
            .post("/v1/auth/login", &json!({ "email": email, "password": password }))
            .await;
    }
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
    let _ = nobody
        .send("POST", "/v1/auth/refresh", &headers, None)
        .await
        .expect(200);
    let key = admin
        .post(
            "/v1/api_keys",
            &json!({ "name": "Canarykey", "scopes": ["calls:read"] }),
        )
        .await
        .expect(201);
    let key = key["key"].as_str().unwrap().to_owned();
    let _ = nobody.with_token(&key).get("/v1/calls").await.expect(200);
    let _ = nobody
        .with_token(&format!("{key}x"))
        .get("/v1/calls")
        .await
        .expect(401);
    // Faults repeat no input.
    for text in [
        "{\"canaryfield\":1}",
        "{\"name\":\"canaryvalue",
        "{\"name\":7,\"voice\":\"canaryvoice\"}",
    ] {
        let _ = admin
            .send("POST", "/v1/personalities", &[], Some(text.to_owned()))
            .await;
    }
    let _ = admin.get("/v1/calls?cursor=canarycursor").await;
    let _ = admin.get("/v1/canarypath").await.expect(404);

    let number = admin
        .post("/v1/numbers", &json!({ "country": "US", "area_code": "415" }))
        .await
        .expect(201);
    let e164 = number["e164"].as_str().unwrap().to_owned();
    let mut live = LiveSocket::open(&product.url, &admin).await;
    live.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    live.send_text("{\"op\":\"canaryop\"}".to_owned()).await;
    let caller = product.ring(&e164, &json!([])).await;
    caller.hears("help").await;
    caller
        .say("My name is Canarywoman and my number is 212-555-0147")
        .await;
    let path = format!("/v1/calls/{}", caller.call_sid);
    eventually("the words are stored", async || {
        admin
            .get(&format!("{path}/items"))
            .await
            .text
            .contains("Canarywoman")
            .then_some(())
    })
    .await;
    let act = json!({ "action_id": "a-1", "type": "say", "text": "Canarysupervisor speaks" });
    let _ = admin.post(&format!("{path}/actions"), &act).await.expect(200);
    caller.hears("Canarysupervisor").await;
    caller.hang_up().await;
    eventually("the call is settled", async || {
        (admin.get(&path).await["settled"] == true).then_some(())
    })
    .await;
    let carrier = Carrier::of(&product);
    let _ = carrier
        .post("/twilio/voice", &carrier.voice(&new_sid(), "+12125550148"))
        .await
        .expect(200);
    let forged = carrier
        .post_with(
            "/twilio/voice",
            &[("x-twilio-signature", "canarysignature")],
            "From=canaryfrom",
        )
        .await;
    assert_eq!(forged.status, 403);
    live.close().await;

    let log = pages.text();
    assert!(
        log.contains("/v1/numbers") && log.contains("/twilio/voice"),
        "the log is the product's: {log:.500}"
    );
    let lower = log.to_lowercase();
    let auth_token = product.simulator.auth_token().to_owned();
    let secrets = [
        "canary",
        PASSWORD,
        &token,
        &key,
        &key[12..],
        cookie.split_once('=').unwrap().1,
        &auth_token,
        "sk-simulated",
        &e164,
        &e164[1..],
        "4155550199",
        "4155550177",
        "2125550148",
        "555-0147",
        "aaecawqfbgcicqol",
    ];
    for secret in secrets {
        let found = lower.lines().find(|line| line.contains(&secret.to_lowercase()));
        assert!(found.is_none(), "{secret} is in the log: {found:?}");
    }
}
