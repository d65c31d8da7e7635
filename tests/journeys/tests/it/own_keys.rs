//! A company's own key at a provider of models: it goes in, is tried and used, and never comes out; everything sealed
//! goes on under a new master key. Who speaks and takes notes by one is in [`crate::transfer`].

use std::sync::Arc;

use phony_app::sealing::Rotation;
use phony_journeys::{Answer, Product, SpeechLine, Tenant, eventually};
use serde_json::{Value, json};

const PATH: &str = "/v1/provider_credentials/openai";

async fn put(tenant: &Tenant, body: &Value) -> Answer {
    tenant.admin.send("PUT", PATH, &[], Some(body.to_string())).await
}

/// Another provider of models, with a key of its own.
async fn provider(key: &str) -> phony_simulator::Running {
    let config = phony_simulator::Config {
        openai_api_key: Some(key.to_owned()),
        speed: 10.0,
        ..phony_simulator::Config::default()
    };
    phony_simulator::start(config).await.unwrap()
}

/// A line where the installation's own key is good for nothing: who is heard there speaks by the company's.
pub(crate) async fn speech_line(settings: Value) -> SpeechLine {
    let unusable = [("OPENAI_API_KEY", "sk-invalid-of-the-installation")];
    let product = Arc::new(Product::start_at_speed_with(1.0, &unusable).await);
    let line = SpeechLine::at(&product, settings).await;
    let base_url = format!("{}/v1", product.simulator.url());
    let own = json!({ "api_key": "sk-of-the-company", "base_url": base_url });
    let _ = put(&line.tenant, &own).await.expect(200);
    line
}

#[tokio::test]
async fn a_key_is_tried_and_used_and_never_shown() {
    const KEY: &str = "sk-canary-of-acme-0815";
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let own = provider(KEY).await;
    let base_url = format!("{}/v1", own.url());
    for bad in [
        "https://10.0.0.1/v1",
        "http://metadata.example/v1",
        "https://[fd00::1]/v1",
        "https://u:p@x.example/v1",
    ] {
        let refused = put(&acme, &json!({ "api_key": KEY, "base_url": bad })).await;
        let refused = refused.expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["param"], "base_url", "{bad}");
        assert!(!refused.text.contains(KEY));
    }
    let check = async || acme.admin.send("POST", &format!("{PATH}/check"), &[], None).await;
    check().await.expect_problem(404, "not_found");
    let _ = put(&acme, &json!({ "api_key": "sk-invalid", "base_url": base_url }))
        .await
        .expect(200);
    assert_eq!(check().await.expect(200)["check_result"], "refused");
    let set = put(&acme, &json!({ "api_key": KEY, "base_url": base_url }))
        .await
        .expect(200);
    assert_eq!(set["check_result"], Value::Null, "a new key was not tried");
    assert_eq!(check().await.expect(200)["check_result"], "good");
    let list = acme.admin.get("/v1/provider_credentials").await.expect(200);
    let log = acme
        .admin
        .get("/v1/audit_log?action=provider_credential.")
        .await
        .expect(200);
    for shown in [&set, &list, &log] {
        assert!(!shown.text.contains("canary"), "{}", shown.text);
    }
    assert!(!product.text_of("provider_credentials").await.contains("canary"));
    // Calls talk by it: the company's server was asked, the installation's was not.
    let number = product.buy_number(&acme).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    let path = format!("/v1/calls/{}", caller.call_sid);
    eventually("the call is going on", async || {
        (acme.admin.get(&path).await["status"] == "in_progress").then_some(())
    })
    .await;
    caller.say("What are your hours?").await;
    let items = format!("{path}/items");
    eventually("the agent has answered", async || {
        let list = acme.admin.get(&items).await;
        let said = list["data"]
            .as_array()?
            .iter()
            .filter(|item| item["speaker"] == "agent")
            .count();
        (said >= 2).then_some(())
    })
    .await;
    let asked = |at: String| async move {
        let client = phony_journeys::Client::new(&at, None);
        let list = client.get("/sim/requests").await.expect(200);
        list["data"].as_array().map_or(0, Vec::len)
    };
    assert!(asked(own.url()).await > 0);
    assert_eq!(asked(product.simulator.url()).await, 0);
    caller.hang_up().await;
    let usage = format!("{path}/usage");
    eventually("the models are not charged", async || {
        let text = acme.admin.get(&usage).await.text;
        text.contains("openai.").then_some(())
    })
    .await;
    let payers = product
        .sql_text("SELECT string_agg(DISTINCT payer, ',') FROM phony.usage_events WHERE sku LIKE 'openai.%'")
        .await;
    assert_eq!(payers, "tenant");
    // What was said is in the database under a key of the call, and nowhere in the clear.
    let events = product.text_of("call_events").await;
    assert!(!events.contains("your hours"), "words of a call are in the clear");
    let _ = acme.admin.delete(PATH).await.expect(204);
    own.stop().await;
}

#[tokio::test]
async fn everything_sealed_goes_on_under_a_new_master_key() {
    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const NEW: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
    let mut product = Product::start().await;
    let acme = product.tenant("acme").await;
    let base_url = format!("{}/v1", product.simulator.url());
    let _ = put(&acme, &json!({ "api_key": "sk-own", "base_url": base_url }))
        .await
        .expect(200);
    let begun = acme
        .admin
        .send("POST", "/v1/auth/totp/enrol", &[], None)
        .await
        .expect(200);
    let authenticator = phony_journeys::Authenticator::new(begun["secret"].as_str().unwrap());
    let number = product.buy_number(&acme).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    let items = format!("/v1/calls/{}/items", caller.call_sid);
    eventually("the caller is greeted", async || {
        (!acme.admin.get(&items).await["data"].as_array()?.is_empty()).then_some(())
    })
    .await;
    caller.say("Remember the blue door.").await;
    eventually("the caller was heard", async || {
        acme.admin
            .get(&items)
            .await
            .text
            .contains("blue door")
            .then_some(())
    })
    .await;
    caller.hang_up().await;
    // Both keys, the new one first; nobody is signed out by it.
    let both = format!("2026-11:{NEW},old:{OLD}");
    product.restart_with(&[("PHONY_MASTER_KEY", &both)]).await;
    let admin = phony_journeys::Client::new(&product.url, acme.admin.token());
    let _ = admin.get("/v1/me").await.expect(200);
    let db = phony_db::Db::connect_lazy(&product.database.worker_url, 2).unwrap();
    let rotation = Rotation::new(db, &both.clone().into()).unwrap();
    let before = rotation.tally().await.unwrap();
    assert!(before["old"] >= 3, "{before:?}");
    let mut told = 0;
    let done = rotation.run(|_| told += 1).await.unwrap();
    assert!(
        done.wrapped == before["old"] && done.unreadable == 0 && told > 0,
        "{done:?}"
    );
    assert_eq!(
        rotation.run(|_| {}).await.unwrap().wrapped,
        0,
        "a second time changes nothing"
    );
    let after = rotation.tally().await.unwrap();
    assert_eq!(
        (after["old"], after["2026-11"]),
        (0, before["old"] + before["2026-11"])
    );
    // The old key is gone, and everything still opens.
    product
        .restart_with(&[("PHONY_MASTER_KEY", &format!("2026-11:{NEW}"))])
        .await;
    let body = json!({ "email": acme.email, "password": phony_journeys::PASSWORD });
    let session = product
        .anonymous()
        .post("/v1/auth/login", &body)
        .await
        .expect(200);
    let admin = product
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap());
    let read = admin.get(&items).await.expect(200);
    assert!(read.text.contains("blue door"), "{}", read.text);
    let checked = admin
        .send("POST", &format!("{PATH}/check"), &[], None)
        .await
        .expect(200);
    assert_eq!(checked["check_result"], "good");
    let code = json!({ "code": authenticator.code(product.app.clock.now().timestamp()) });
    let _ = admin.post("/v1/auth/totp/confirm", &code).await.expect(200);
}
