//! What people say and what lets them in stays out of the log, at every level of our own code and at debug level of
//! all that we use; and nobody writes lines of their own into it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use phony_journeys::{Caller, Client, LiveSocket, PASSWORD, Product, eventually};
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
            .with_env_filter(EnvFilter::new(format!("debug,phony_simulator=off,{levels}")))
            .with_writer(move || writer.clone())
            .try_init()
            .expect("one log in this process");
        pages
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Line ends, escapes and a whole line of a log, wherever somebody may write something.
async fn inject(product: &Product, admin: &Client) {
    let forged = "\r\n{\"level\":\"ERROR\",\"forged\":true}\r\n\u{1b}[31mred\u{1b}[0m";
    let nobody = product.anonymous();
    let coded = "%0d%0a%7b%22level%22%3a%22ERROR%22%2c%22forged%22%3atrue%7d%0a%1b%5b31m";
    for path in [
        format!("/v1/{coded}"),
        format!("/v1/calls/{coded}"),
        format!("/v1/calls?cursor={coded}&status={coded}"),
        format!("/v1/audit_log?action={coded}"),
    ] {
        let _ = admin.get(&path).await;
        let _ = nobody.get(&path).await;
    }
    let tabbed = "one\ttwo \u{e9} \"forged\":true";
    for name in [
        "user-agent",
        "x-request-id",
        "x-forwarded-for",
        "idempotency-key",
        "origin",
        "referer",
    ] {
        let _ = admin.send("GET", "/v1/me", &[(name, tabbed)], None).await;
    }
    for body in [
        json!({ "company": forged, "name": forged, "email": forged, "password": forged, "time_zone": forged }),
        json!({ "email": forged, "password": forged }),
    ] {
        let _ = nobody.post("/v1/auth/signup", &body).await;
        let _ = nobody.post("/v1/auth/login", &body).await;
    }
    for path in [
        "/v1/contacts",
        "/v1/personalities",
        "/v1/do_not_call",
        "/v1/api_keys",
        "/v1/calls",
        "/v1/privacy/erasures",
    ] {
        let body = json!({ "e164": forged, "name": forged, "reason": forged, "to": forged, "subject": forged, "voice": forged });
        let _ = admin.post(path, &body).await;
    }
    let carrier = Carrier::of(product);
    let mut call = carrier.voice(&new_sid(), "+12125550148");
    call.push_str(&format!("&CallerName={coded}&FromCity={coded}"));
    let _ = carrier.post("/twilio/voice", &call).await;
    let _ = carrier
        .post_with(
            "/twilio/status",
            &[("x-twilio-signature", tabbed)],
            &format!("CallSid={coded}"),
        )
        .await;
}

/// Keys of a card; so many that no id holds them by chance.
const CARD_KEYS: &str = "739108462517";

/// The recording is paused for what is told in keys.
async fn card_keys_in_a_pause(admin: &Client, caller: &Caller) {
    let path = format!("/v1/calls/{}", caller.call_sid);
    let stands = async |status: &str| {
        eventually(&format!("the recording is {status}"), async || {
            let recordings = admin.get(&format!("{path}/recordings")).await.expect(200);
            (recordings["data"][0]["status"] == status).then_some(())
        })
        .await;
    };
    stands("recording").await;
    let pause = json!({ "action_id": "a-2", "type": "record", "op": "pause" });
    let _ = admin.post(&format!("{path}/actions"), &pause).await.expect(200);
    stands("paused").await;
    caller.press(CARD_KEYS).await;
    eventually("the keys are kept, masked", async || {
        let items = admin.get(&format!("{path}/items?limit=100")).await.expect(200);
        (items.text.matches('•').count() == CARD_KEYS.len()).then_some(())
    })
    .await;
}

/// No line has the keys, neither in one piece nor one by one.
fn check_card_keys(log: &str) {
    assert!(!log.contains(CARD_KEYS), "the keys are in the log");
    for line in log.lines() {
        let lower = line.to_lowercase();
        if !lower.contains("dtmf") && !lower.contains("digit") {
            continue;
        }
        for key in CARD_KEYS.chars() {
            let shows = [
                format!("\"{key}\""),
                format!("\"{key}\\\""),
                format!("'{key}'"),
                format!("digits={key}"),
            ];
            assert!(
                !shows.iter().any(|shown| lower.contains(shown)),
                "{key} in {line}"
            );
        }
    }
}

#[tokio::test]
async fn secret_in_logs_and_log_injection() {
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
    product.confirm(email).await;
    let again = nobody.post("/v1/auth/signup", &body).await;
    assert_eq!(again.status, 201, "a known address signs up like any other");
    for password in ["canary-wrong-password", PASSWORD] {
        let _ = nobody
            .post("/v1/auth/login", &json!({ "email": email, "password": password }))
            .await;
    }
    let headers = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/json"),
    ];
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

    let contact =
        json!({ "e164": "+12125550146", "name": "Canarycontact", "attributes": { "note": "Canarynote" } });
    let contact = admin.post("/v1/contacts", &contact).await.expect(201);
    let personality = json!({
        "name": "Canarypersonality", "voice": "alloy", "system_prompt": "Canaryprompt", "greeting": "Canarygreeting, can I help?",
    });
    let _ = admin.post("/v1/personalities", &personality).await;
    let refused = json!({ "e164": "+12125550145", "reason": "Canaryreason" });
    let _ = admin.post("/v1/do_not_call", &refused).await.expect(201);
    let invited = json!({ "email": "canary.invited@canary-mail.example", "role": "viewer" });
    let _ = admin.post("/v1/invitations", &invited).await;
    let who = json!({ "subject": "contact", "contact_id": contact["id"] });
    let _ = admin.post("/v1/privacy/exports", &who).await.expect(202);
    let _ = admin.post("/v1/privacy/erasures", &who).await.expect(202);
    let number = admin
        .post("/v1/numbers", &json!({ "country": "US", "area_code": "415" }))
        .await
        .expect(201);
    let e164 = number["e164"].as_str().unwrap().to_owned();
    let recorded = json!({ "recording": { "mode": "always", "consent": "announce" } });
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let _ = admin.patch(&path, &recorded).await.expect(200);
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
    card_keys_in_a_pause(&admin, &caller).await;
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
    inject(&product, &admin).await;

    let log = pages.text();
    assert!(!log.contains('\u{1b}'), "no escape reaches a terminal");
    for line in log.lines() {
        let entry: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("a line of its own: {line}"));
        assert!(entry["level"].is_string() && entry["forged"].is_null(), "{line}");
    }
    assert!(
        log.contains("/v1/numbers") && log.contains("/twilio/voice"),
        "the log is the product's: {log:.500}"
    );
    // A support engineer finds a company's requests by its id.
    let tenant = session["tenant"]["id"].as_str().unwrap();
    let request =
        |line: &&str| line.contains("\"http.route\":\"/v1/calls\"") && line.contains("\"http.status\":200");
    let asked: Vec<&str> = log.lines().filter(request).collect();
    assert!(
        !asked.is_empty() && asked.iter().all(|line| line.contains(tenant)),
        "{asked:?}"
    );
    check_card_keys(&log);
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
        "2125550146",
        "2125550145",
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
