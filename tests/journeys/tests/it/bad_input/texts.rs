//! Texts that break programs: NUL, control characters, lone surrogates, other directions of writing, pictures.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Bench;

/// Paths of all texts in a JSON value.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                texts(item, &format!("{at}/{place}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                texts(field, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn odd_characters_break_nothing_anywhere() {
    let bench = Bench::new().await;
    let odd = [
        "\u{0}",
        "a\u{0}b",
        "a\r\nb",
        "\u{1b}[31mred",
        "\u{7f}",
        "\u{ffff}",
        "\u{202e}evil",
        "\u{feff}",
        " ",
        "\t",
    ];
    for (operation, case) in bench.with_bodies().await {
        let body = case.body.clone().unwrap();
        let mut paths = Vec::new();
        texts(&body, "", &mut paths);
        for path in paths {
            for text in odd {
                let mut body = body.clone();
                *body.pointer_mut(&path).unwrap() = json!(text);
                let mut case = case.clone();
                // A request of its own: the key for idempotency must not decide.
                for (name, value) in &mut case.headers {
                    if *name == "idempotency-key" {
                        *value = Uuid::now_v7().to_string();
                    }
                }
                let answer = bench.send_text(operation, &case, &body.to_string()).await;
                let stored = answer.status < 300 && operation.method != "GET";
                let free = ["password", "text"].iter().any(|name| path.ends_with(name));
                assert!(
                    !stored || free || !text.contains('\0'),
                    "{} {path}: NUL was taken",
                    operation.id
                );
            }
            for broken in [r"\ud800", r"\udc00\ud800", r"\uD83D\uD83D"] {
                let mut body = body.clone();
                *body.pointer_mut(&path).unwrap() = json!("MARK");
                let answer = bench
                    .send_text(operation, &case, &body.to_string().replace("MARK", broken))
                    .await;
                let _ = answer.expect_problem(400, "malformed_json");
            }
        }
    }
    // Whatever was said in a call with odd characters, its ledger can still be read.
    let _ = bench.admin().get("/v1/calls").await.expect(200);
    let _ = bench
        .admin()
        .get(&format!("/v1/calls/{}/items", bench.world.call))
        .await
        .expect(200);
}

#[tokio::test]
async fn names_of_the_whole_world_come_back_as_they_were() {
    let bench = Bench::new().await;
    let names = [
        "مطعم النخيل",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} 24/7",
        "株式会社フォニー",
        "👩‍⚕️ Клиника №1",
        "Ångström & Söhne <b>",
        "e\u{301}clair",
        "O'Brien \"quoted\" \\ back",
        "%s %n ${jndi:x}",
        "=cmd()",
    ];
    let number = bench.world.number["id"].as_str().unwrap();
    for name in names {
        let label = bench
            .admin()
            .patch(&format!("/v1/numbers/{number}"), &json!({ "label": name }))
            .await
            .expect(200);
        assert_eq!(label["label"], name);
        let again = bench
            .admin()
            .get(&format!("/v1/numbers/{number}"))
            .await
            .expect(200);
        assert_eq!(again["label"], name);
        let key = bench
            .admin()
            .post("/v1/api_keys", &json!({ "name": name, "scopes": ["calls:read"] }))
            .await
            .expect(201);
        assert_eq!(key["name"], name);
        let body = json!({ "name": name, "voice": "alloy", "system_prompt": name, "greeting": name, "traits": [name] });
        let personality = bench.admin().post("/v1/personalities", &body).await.expect(201);
        let id = personality["id"].as_str().unwrap();
        let again = bench
            .admin()
            .get(&format!("/v1/personalities/{id}"))
            .await
            .expect(200);
        for field in ["name", "system_prompt", "greeting"] {
            assert_eq!(again[field], name, "{field}");
        }
        let email = format!("{}@names.example", Uuid::now_v7().simple());
        let body =
            json!({ "company": name, "name": name, "email": email, "password": phony_journeys::PASSWORD });
        let session = bench
            .product()
            .anonymous()
            .post("/v1/auth/signup", &body)
            .await
            .expect(201);
        assert_eq!(
            (&session["tenant"]["name"], &session["user"]["name"]),
            (&json!(name), &json!(name))
        );
    }
}
