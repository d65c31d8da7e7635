//! Voices and models that were made for one company: reached by the company's own key, and by calls.

use phony_journeys::{SpeechLine, eventually};
use serde_json::{Value, json};

const VOICE: &str = "voice_68a1b2c3";
const MODEL: &str = "ft:gpt-6-luna:acme::7p4l";
const CREDENTIAL: &str = "/v1/provider_credentials/openai";

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_and_a_model_of_ones_own_are_used_in_calls() {
    let line = SpeechLine::start(json!({})).await;
    let (product, admin) = (&line.product, &line.tenant.admin);
    product.upgrade_to(&line.tenant, "enterprise").await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let personality = format!("/v1/personalities/{}", line.personality);
    let own = json!({ "voice": VOICE, "model": MODEL });
    // They belong to the company's account at the provider.
    let refused = admin.patch(&personality, &own).await;
    let refused = refused.expect_problem(422, "validation_failed");
    let faults: Vec<_> = refused["errors"].as_array().unwrap().iter().collect();
    assert_eq!(
        faults
            .iter()
            .map(|fault| (&fault["param"], &fault["code"]))
            .collect::<Vec<_>>(),
        [
            (&json!("voice"), &json!("needs_own_key")),
            (&json!("model"), &json!("needs_own_key"))
        ]
    );
    let key = json!({ "api_key": "sk-of-our-own", "base_url": format!("{}/v1", product.simulator.url()) });
    let stored = admin.send("PUT", CREDENTIAL, &[], Some(key.to_string())).await;
    let _ = stored.expect(200);
    let _ = admin.patch(&personality, &own).await.expect(200);

    let caller = line.ring(json!([])).await;
    caller.hears("Maya.").await;
    caller.hang_up().await;
    let spoken = line.finished(&caller).await;
    assert!(
        spoken.heard_text().contains("this is Maya"),
        "{:?}",
        spoken.heard()
    );
    assert_eq!(spoken.sessions[0]["session"]["audio"]["output"]["voice"], VOICE);

    let numbers = admin.get("/v1/numbers").await.expect(200);
    let number = format!("/v1/numbers/{}", numbers["data"][0]["id"].as_str().unwrap());
    let _ = admin
        .patch(&number, &json!({ "engine": "relay" }))
        .await
        .expect(200);
    let caller = line.ring(json!([])).await;
    line.item(&caller, "the agent has greeted", |item| {
        item["speaker"] == "agent"
    })
    .await;
    caller.say("What are your hours?").await;
    let asked = eventually("the model was asked", async || {
        let requests = product.control().get("/sim/requests").await.expect(200);
        let models: Vec<Value> = requests["data"]
            .as_array()?
            .iter()
            .map(|one| one["body"]["model"].clone())
            .collect();
        (!models.is_empty()).then_some(models)
    })
    .await;
    assert!(asked.iter().all(|model| model == MODEL), "{asked:?}");
    line.item(&caller, "the agent has answered", |item| {
        item["speaker"] == "agent" && !item["text"].as_str().unwrap_or_default().contains("this is Maya")
    })
    .await;
    caller.hang_up().await;
    // Its use has a price: that of the model it was trained from.
    let usage = format!("/v1/calls/{}/usage", caller.call_sid);
    eventually("the use of the model is rated", async || {
        let text = admin.get(&usage).await.text;
        text.contains("openai.gpt-6-luna.text_out").then_some(())
    })
    .await;
    let aside = product
        .sql_text("SELECT count(*)::text FROM phony.usage_quarantine")
        .await;
    assert_eq!(aside, "0");
    let _ = admin
        .delete(CREDENTIAL)
        .await
        .expect_problem(409, "credential_in_use");
    let _ = admin
        .patch(&personality, &json!({ "voice": "marin", "model": "gpt-6-luna" }))
        .await
        .expect(200);
    let _ = admin.delete(CREDENTIAL).await.expect(204);
}
