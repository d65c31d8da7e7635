//! What people say, who they are and what lets them in is where it belongs: not in work that waits, not in what Redis is
//! asked by, and of a neighbour nowhere. What Redis does hold of a talk goes by itself, and at once with an erasure.

use std::collections::BTreeMap;

use phony_journeys::{LiveSocket, PASSWORD, Product, Tenant, eventually};
use phony_kernel::TenantId;
use serde_json::{Value, json};

/// Whom the simulated carrier lets ring.
const CALLER: &str = "+14155550199";
const PROVIDER_KEY: &str = "sk-canary-of-globex-0815";

/// Everything that Redis holds for the product: each key with all of its value, and after how many seconds it goes.
async fn redis(product: &Product) -> BTreeMap<String, (String, i64)> {
    let mut redis = phony_testkit::redis_connection(&product.redis_url).await;
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut redis).await.unwrap();
    let mut found = BTreeMap::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE")
            .arg(&key)
            .query_async(&mut redis)
            .await
            .unwrap();
        let command = match kind.as_str() {
            "string" => redis::cmd("GET").arg(&key).to_owned(),
            "hash" => redis::cmd("HGETALL").arg(&key).to_owned(),
            "stream" => redis::cmd("XRANGE").arg(&key).arg("-").arg("+").to_owned(),
            "zset" => redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).to_owned(),
            "set" => redis::cmd("SMEMBERS").arg(&key).to_owned(),
            "list" => redis::cmd("LRANGE").arg(&key).arg(0).arg(-1).to_owned(),
            // Gone in between.
            _ => continue,
        };
        let value: redis::Value = command.query_async(&mut redis).await.unwrap();
        let seconds: i64 = redis::cmd("TTL").arg(&key).query_async(&mut redis).await.unwrap();
        found.insert(key, (text(&value), seconds));
    }
    found
}

fn text(value: &redis::Value) -> String {
    match value {
        redis::Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        redis::Value::SimpleString(text) => text.clone(),
        redis::Value::Array(values) | redis::Value::Set(values) => {
            values.iter().map(text).collect::<Vec<_>>().join("\n")
        }
        redis::Value::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| format!("{}: {}", text(key), text(value)))
            .collect::<Vec<_>>()
            .join("\n"),
        other => format!("{other:?}"),
    }
}

/// What begins the keys of a company.
fn of(tenant: &Tenant) -> String {
    let id: TenantId = tenant.id.parse().unwrap();
    format!("{{{}}}", id.uuid())
}

/// A company of which every text is marked, and somebody talks with it; the call, and what lets people in.
async fn marked(product: &Product, mark: &str) -> (Tenant, String, Vec<String>) {
    let tenant = product.tenant(&mark.to_lowercase()).await;
    let admin = &tenant.admin;
    let contact = json!({ "e164": CALLER, "name": format!("{mark}contact"), "attributes": { "note": format!("{mark}note") } });
    let contact = admin.post("/v1/contacts", &contact).await.expect(201);
    let invited = json!({ "email": format!("{mark}invited@people.example"), "role": "viewer" });
    let _ = admin.post("/v1/invitations", &invited).await.expect(201);
    let stop = json!({ "e164": "+12125550145", "reason": format!("{mark}reason") });
    let _ = admin.post("/v1/do_not_call", &stop).await.expect(201);
    let key = json!({ "name": format!("{mark}key"), "scopes": ["calls:read"] });
    let key = admin.post("/v1/api_keys", &key).await.expect(201);
    let key = key["key"].as_str().unwrap().to_owned();
    let _ = admin.with_token(&key).get("/v1/calls").await.expect(200);
    let begun = admin
        .send("POST", "/v1/auth/totp/enrol", &[], None)
        .await
        .expect(200);
    let secret = begun["secret"].as_str().unwrap().to_owned();
    let who = json!({ "subject": "contact", "contact_id": contact["id"] });
    let _ = admin.post("/v1/privacy/exports", &who).await.expect(202);
    let path = "/v1/provider_credentials/openai";
    let own = json!({ "api_key": PROVIDER_KEY, "base_url": format!("{}/v1", product.simulator.url()) });
    let _ = admin
        .send("PUT", path, &[], Some(own.to_string()))
        .await
        .expect(200);
    let _ = admin.delete(path).await.expect(204);

    let number = product.buy_number(&tenant).await;
    let mut live = LiveSocket::open(&product.url, admin).await;
    live.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears("help").await;
    caller.say(&format!("I am {mark}caller")).await;
    let call = format!("/v1/calls/{}", caller.call_sid);
    eventually("the words are stored", async || {
        let items = admin.get(&format!("{call}/items")).await;
        items.text.contains(&format!("{mark}caller")).then_some(())
    })
    .await;
    let act = json!({ "action_id": "a-1", "type": "say", "text": format!("{mark}supervisor speaks") });
    let _ = admin.post(&format!("{call}/actions"), &act).await.expect(200);
    caller.hears(&format!("{mark}supervisor")).await;
    live.close().await;
    caller.hang_up().await;
    eventually("the call is settled", async || {
        (admin.get(&call).await["settled"] == true).then_some(())
    })
    .await;
    let secrets = vec![
        tenant.admin.token().unwrap().to_owned(),
        key.clone(),
        key[12..].to_owned(),
        secret,
    ];
    (tenant, call, secrets)
}

#[tokio::test]
async fn nobody_is_found_where_they_do_not_belong() {
    let product = Product::start().await;
    let (acme, _, of_acme) = marked(&product, "Acmemark").await;
    let (globex, call, of_globex) = marked(&product, "Globexmark").await;
    let mut secrets: Vec<String> = of_acme.into_iter().chain(of_globex).collect();
    secrets.extend(
        [
            PASSWORD,
            PROVIDER_KEY,
            product.simulator.auth_token(),
            "sk-simulated",
        ]
        .map(str::to_owned),
    );

    // Work that waits, and what was told by the carrier, names things and nobody.
    let waits = product.text_of("outbox").await + &product.text_of("carrier_callbacks").await;
    assert!(
        waits.contains("mail.send") && waits.contains("privacy.export"),
        "{waits:.500}"
    );
    let lower = waits.to_lowercase();
    for word in [
        "acmemark",
        "globexmark",
        "people.example",
        "4155550199",
        "2125550145",
    ] {
        assert!(!lower.contains(word), "{word} waits");
    }
    let kept = redis(&product).await;
    let text = |of: &str| {
        let of = kept.iter().filter(|(key, _)| key.contains(of));
        of.map(|(key, (value, _))| format!("{key}\n{value}"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(
        text(&of(&globex)).contains("Globexmarkcaller"),
        "the live view is kept"
    );
    for (key, (value, seconds)) in &kept {
        for word in [
            "acmemark",
            "globexmark",
            "people.example",
            "4155550199",
            "2125550145",
        ] {
            assert!(!key.to_lowercase().contains(word), "{word} is in a key: {key}");
        }
        for secret in &secrets {
            assert!(
                !waits.contains(secret) && !key.contains(secret) && !value.contains(secret),
                "a secret is in {key}"
            );
        }
        // What is said of a company lies with it, and goes by itself.
        for (tenant, mark) in [(&acme, "acmemark"), (&globex, "globexmark")] {
            if value.to_lowercase().contains(mark) {
                assert!(key.contains(&of(tenant)), "{mark} is in {key}");
            }
        }
        assert!(
            (1..=7_200).contains(seconds) || *seconds == -2,
            "{key} stays for {seconds} s"
        );
    }

    // With an erasure it goes at once, and the neighbour's stays.
    let erase = json!({ "subject": "contact", "e164": CALLER });
    let erasure = globex
        .admin
        .post("/v1/privacy/erasures", &erase)
        .await
        .expect(202);
    let erasure = format!("/v1/privacy/erasures/{}", erasure["id"].as_str().unwrap());
    eventually("it is erased", async || {
        (globex.admin.get(&erasure).await["status"] == "done").then_some(())
    })
    .await;
    assert_eq!(
        globex.admin.get(&format!("{call}/items")).await.expect(200)["data"],
        Value::Array(Vec::new())
    );
    let kept = redis(&product).await;
    let still: Vec<&String> = kept
        .iter()
        .filter(|(_, (value, _))| {
            value.contains("Globexmarkcaller") || value.contains("Globexmarksupervisor")
        })
        .map(|(key, _)| key)
        .collect();
    assert!(still.is_empty(), "{still:?}");
    assert!(kept.values().any(|(value, _)| value.contains("Acmemarkcaller")));
}

/// A company whose number is answered turn by turn, after a talk; the answer that repeats would get is kept.
async fn of_turns(product: &Product, mark: &str) -> Tenant {
    let tenant = product.tenant(&mark.to_lowercase()).await;
    let number = product.buy_number(&tenant).await;
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let turns = json!({ "engine": "gather" });
    let _ = tenant.admin.patch(&path, &turns).await.expect(200);
    let rules = json!([{ "when_contains": format!("i am {mark}"), "reply": format!("Hello, {mark}!") }]);
    product.order("/sim/model/rules", &rules).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears("help").await;
    caller.say(&format!("I am {mark}")).await;
    caller.hears(&format!("Hello, {mark}")).await;
    caller.hang_up().await;
    let call = format!("/v1/calls/{}", caller.call_sid);
    eventually("the call is settled", async || {
        (tenant.admin.get(&call).await["settled"] == true).then_some(())
    })
    .await;
    let kept = kept_of(product, mark).await;
    assert!(
        kept.iter().any(|key| key.contains(":gather:")),
        "an answer is kept for repeats: {kept:?}"
    );
    tenant
}

/// The keys of Redis where a mark is.
async fn kept_of(product: &Product, mark: &str) -> Vec<String> {
    let all = redis(product).await;
    let marked = all.into_iter().filter(|(_, (value, _))| value.contains(mark));
    marked.map(|(key, _)| key).collect()
}

#[tokio::test]
async fn answers_kept_for_repeats_go_with_an_erasure_of_the_caller_and_of_the_company() {
    let product = Product::start().await;
    let acme = of_turns(&product, "Acmeturn").await;
    let globex = of_turns(&product, "Globexturn").await;
    let path = "/v1/privacy/erasures";
    let body = json!({ "subject": "contact", "e164": CALLER });
    let erasure = acme.admin.post(path, &body).await.expect(202);
    let erasure = format!("{path}/{}", erasure["id"].as_str().unwrap());
    eventually("the caller is erased", async || {
        (acme.admin.get(&erasure).await["status"] == "done").then_some(())
    })
    .await;
    assert_eq!(kept_of(&product, "Acmeturn").await, Vec::<String>::new());
    assert!(!kept_of(&product, "Globexturn").await.is_empty());

    let body = json!({ "subject": "tenant", "confirm": "globexturn" });
    let _ = globex.admin.post(path, &body).await.expect(202);
    let id: TenantId = globex.id.parse().unwrap();
    eventually("the company is closed", async || {
        let status: String = sqlx::query_scalar("SELECT status FROM phony.tenants WHERE id = $1")
            .bind(id.uuid())
            .fetch_one(&mut product.admin_connection().await)
            .await
            .unwrap();
        (status == "closed").then_some(())
    })
    .await;
    assert_eq!(kept_of(&product, "Globexturn").await, Vec::<String>::new());
}
