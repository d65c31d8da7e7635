//! What is not signed by the carrier gets 403 and leaves no trace, on every webhook and on the relay socket.

use phony_carriers::twilio::signature::{self, Algorithm};
use phony_journeys::{Product, Rows};
use secrecy::SecretString;

use crate::carrier::{Carrier, FORM, form, new_sid};

/// Every address that the carrier posts to.
const WEBHOOKS: [&str; 10] = [
    "/twilio/voice",
    "/twilio/status",
    "/twilio/continue",
    "/twilio/dial",
    "/twilio/stream_status",
    "/twilio/gather",
    "/twilio/gather/partial",
    "/twilio/sms",
    "/twilio/recording",
    "/twilio/consent",
];

#[track_caller]
fn untouched(product: &Rows, before: &Rows, what: &str) {
    assert_eq!(product.changed_since(before), Vec::<&str>::new(), "{what}");
}

/// Headers and body of a request that the carrier never sent.
struct Forgery {
    what: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// Ways to make a request look like the carrier's.
fn forgeries(carrier: &Carrier, path: &str, to: &str) -> Vec<Forgery> {
    let body = carrier.status(&new_sid(), to, "ringing", 1, None);
    let good = carrier.sign(path, &body);
    let signed = |signature: &str| {
        vec![
            ("x-twilio-signature", signature.to_owned()),
            ("content-type", FORM.to_owned()),
        ]
    };
    let forgery = |what, headers, body: &str| Forgery {
        what,
        path: path.to_owned(),
        headers,
        body: body.to_owned(),
    };
    let stranger = SecretString::from("0123456789abcdef0123456789abcdef");
    let url = |base: &str| format!("{base}{path}");
    let elsewhere = |what, base: &str| {
        let mut headers = signed(&signature::sign_form(&carrier.token, &url(base), body.as_bytes()));
        headers.extend([
            ("x-forwarded-host", "evil.example".to_owned()),
            ("x-forwarded-proto", "https".to_owned()),
            ("forwarded", "host=evil.example;proto=https".to_owned()),
            ("host", "evil.example".to_owned()),
        ]);
        forgery(what, headers, &body)
    };
    let (hashed_url, hashed) = signature::sign_body(&carrier.token, &url(&carrier.url), b"{}");
    let other_path = if path == "/twilio/voice" {
        "/twilio/status"
    } else {
        "/twilio/voice"
    };
    let mut all = vec![
        forgery("unsigned", vec![("content-type", FORM.to_owned())], &body),
        forgery("an empty signature", signed(""), &body),
        forgery("not base64", signed("%%%"), &body),
        forgery("a longer signature", signed(&format!("{good}=")), &body),
        forgery("another case", signed(&good.to_ascii_lowercase()), &body),
        forgery(
            "another value",
            signed(&good),
            &body.replace("ringing", "completed"),
        ),
        forgery("another field", signed(&good), &format!("{body}&Extra=1")),
        forgery("a field less", signed(&good), body.split_once('&').unwrap().1),
        forgery("no body", signed(&good), ""),
        forgery(
            "another token",
            signed(&signature::sign_form(
                &stranger,
                &url(&carrier.url),
                body.as_bytes(),
            )),
            &body,
        ),
        forgery(
            "another algorithm",
            signed(&signature::sign(
                &carrier.token,
                Algorithm::HmacSha256,
                &url(&carrier.url),
                body.as_bytes(),
            )),
            &body,
        ),
        forgery(
            "another address of ours",
            signed(&carrier.sign(other_path, &body)),
            &body,
        ),
        forgery(
            "the address alone",
            signed(&signature::sign_url(&carrier.token, &url(&carrier.url))),
            &body,
        ),
        elsewhere("another host", "http://evil.example"),
        elsewhere("another host over https", "https://evil.example"),
    ];
    // A body that is no form must be named by its hash in the address.
    let mut plain = signed(&hashed);
    plain[1].1 = "application/json".to_owned();
    let query = hashed_url.split_once('?').unwrap().1;
    all.push(Forgery {
        what: "another hash",
        path: format!("{path}?{query}"),
        headers: plain,
        body: "[]".to_owned(),
    });
    let mut plain = signed(&signature::sign_url(&carrier.token, &url(&carrier.url)));
    plain[1].1 = "text/plain".to_owned();
    all.push(forgery("a form called text", plain, &body));
    for (what, path) in [
        ("a query", format!("{path}?a=1")),
        ("a slash", format!("{path}/")),
        ("an escaped letter", path.replacen("twilio", "%74wilio", 1)),
    ] {
        all.push(Forgery {
            what,
            path,
            headers: signed(&good),
            body: body.clone(),
        });
    }
    all
}

#[tokio::test]
async fn forged_provider_webhook_is_refused_and_leaves_no_row() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let number = product.buy_number(&acme).await;
    let to = number["e164"].as_str().unwrap();
    let carrier = Carrier::of(&product);
    let before = product.rows().await;
    for path in WEBHOOKS {
        for forgery in forgeries(&carrier, path, to) {
            let Forgery {
                what,
                path,
                headers,
                body,
            } = forgery;
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let answer = carrier.post_with(&path, &headers, &body).await;
            if what == "a slash" {
                // Nothing is served there at all.
                let _ = answer.expect_problem(404, "no_such_path");
                continue;
            }
            assert_eq!(answer.status, 403, "{path} with {what}: {}", answer.text);
            let _ = answer.expect_problem(403, "bad_signature");
        }
    }
    untouched(&product.rows().await, &before, "forged webhooks");
    // The same signature on what was signed is taken: it is the forging that was refused.
    let sid = new_sid();
    let answer = carrier
        .post("/twilio/voice", &carrier.voice(&sid, to))
        .await
        .expect(200);
    assert!(answer.text.contains("<ConversationRelay"), "{}", answer.text);
    assert_eq!(
        product.rows().await.count("phony.calls"),
        before.count("phony.calls") + 1
    );
}

#[tokio::test]
async fn a_forged_socket_is_refused_and_leaves_no_row() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let number = product.buy_number(&acme).await;
    let carrier = Carrier::of(&product);
    let sid = new_sid();
    let _ = carrier
        .post(
            "/twilio/voice",
            &carrier.voice(&sid, number["e164"].as_str().unwrap()),
        )
        .await
        .expect(200);
    let before = product.rows().await;
    let path = "/twilio/relay";
    let sign = |url: String| signature::sign_url(&carrier.token, &url);
    let stranger = SecretString::from("0123456789abcdef0123456789abcdef");
    let signatures = [
        ("an empty signature", String::new()),
        (
            "another token",
            signature::sign_url(&stranger, &format!("{}{path}", carrier.socket_base())),
        ),
        (
            "the address of a webhook",
            sign(format!("{}/twilio/voice", carrier.socket_base())),
        ),
        ("another scheme", sign(format!("{}{path}", carrier.url))),
        ("another host", sign(format!("ws://evil.example{path}"))),
        ("another host over tls", sign(format!("wss://evil.example{path}"))),
        ("fields", carrier.sign(path, "a=1")),
    ];
    assert_eq!(carrier.open_with(path, &[]).await.err(), Some(403), "unsigned");
    for (what, signed) in &signatures {
        let headers = [
            ("x-twilio-signature", signed.as_str()),
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(carrier.open_with(path, &headers).await.err(), Some(403), "{what}");
        assert_eq!(
            carrier.open_with(path, &headers[..1]).await.err(),
            Some(403),
            "{what}, our host"
        );
    }
    let good = carrier.sign_relay();
    let queried = carrier
        .open_with("/twilio/relay?a=1", &[("x-twilio-signature", &good)])
        .await;
    assert_eq!(queried.err(), Some(403), "another query");
    // Signed, but no socket.
    let url = format!("{}{path}", carrier.socket_base());
    let signed = sign(url);
    let answer = product
        .anonymous()
        .send("GET", path, &[("x-twilio-signature", &signed)], None)
        .await;
    let _ = answer.expect_problem(400, "not_a_websocket");
    untouched(&product.rows().await, &before, "forged sockets");
    carrier.open().await.close().await;
    untouched(&product.rows().await, &before, "a socket that says nothing");
}

#[tokio::test]
async fn a_call_to_nobody_is_rejected() {
    let product = Product::start().await;
    let carrier = Carrier::of(&product);
    let before = product.rows().await;
    let odd = [
        "+14155559999",
        "",
        "client:somebody",
        "sip:a@evil.example",
        "' OR 1=1 --",
        "+1\u{0}415",
        "\u{202e}+1415",
    ];
    for to in odd {
        let answer = carrier
            .post("/twilio/voice", &carrier.voice(&new_sid(), to))
            .await
            .expect(200);
        assert!(answer.text.contains("<Reject"), "{to:?}: {}", answer.text);
        assert!(
            answer.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/xml")
        );
        let status = carrier.status(&new_sid(), to, "completed", 3, Some(9));
        let _ = carrier.post("/twilio/status", &status).await.expect(204);
        let over = carrier.session_over(&new_sid(), to, "failed");
        let answer = carrier.post("/twilio/continue", &over).await.expect(200);
        assert!(answer.text.contains("<Hangup"), "{to:?}: {}", answer.text);
    }
    untouched(&product.rows().await, &before, "calls to nobody");
}

#[tokio::test]
async fn a_signed_form_that_says_nothing_is_a_problem() {
    let product = Product::start().await;
    let carrier = Carrier::of(&product);
    let before = product.rows().await;
    let bodies = [
        String::new(),
        form(&[("CallSid", "CA1")]),
        form(&[
            ("CallSid", "CA1"),
            ("CallSid", "CA2"),
            ("AccountSid", "AC1"),
            ("CallStatus", "ringing"),
        ]),
        form(&[("CallSid", ""), ("AccountSid", "AC1"), ("CallStatus", "ringing")]),
        "%%%&&&===".to_owned(),
    ];
    for path in ["/twilio/voice", "/twilio/status", "/twilio/continue"] {
        for body in &bodies {
            let answer = carrier.post(path, body).await;
            assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text);
            let _ = answer.expect_problem(400, "bad_form");
        }
    }
    let large = form(&[("CallSid", &"x".repeat(70_000))]);
    let _ = carrier
        .post("/twilio/voice", &large)
        .await
        .expect_problem(413, "body_too_large");
    untouched(&product.rows().await, &before, "forms that say nothing");
}
