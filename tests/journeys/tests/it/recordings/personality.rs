//! What a personality says of recording its calls, beside what the number says.

use phony_journeys::Product;
use serde_json::{Value, json};

use super::{act, number, recordings, stands, talks};

#[tokio::test]
async fn a_personality_says_whether_its_calls_are_recorded() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.upgrade(&acme).await;
    let all = acme.admin.get("/v1/personalities?limit=50").await.expect(200);
    let data = all["data"].as_array().unwrap();
    let who = data
        .iter()
        .find(|one| one["name"] == "Professional Assistant")
        .unwrap();
    assert_eq!(who["recording"], json!({ "mode": "number", "announcement": "" }));
    let path = format!("/v1/personalities/{}", who["id"].as_str().unwrap());
    let says = async |recording: Value| acme.admin.patch(&path, &json!({ "recording": recording })).await;
    let off = json!({ "mode": "off", "consent": "announce" });
    let e164 = number(&product, &acme, "relay", &off).await;

    // The number records nothing, the personality does, and its callers may say no.
    let asks = json!({ "mode": "ask", "announcement": "May we record this? If not, say no." });
    assert_eq!(says(asks.clone()).await.expect(200)["recording"], asks);
    let caller = product.ring(&e164, &json!([])).await;
    caller.hears("May we record this?").await;
    caller.say("Yes, that is fine.").await;
    let begun = stands(&acme.admin, &caller.call_sid, "recording").await;
    assert_eq!(begun["consent"], "ask");
    caller.hang_up().await;

    // What is absent stays; who is only told is recorded.
    let told = says(json!({ "mode": "on" })).await.expect(200);
    assert_eq!(told["recording"]["announcement"], asks["announcement"]);
    let caller = product.ring(&e164, &json!([])).await;
    caller.hears("May we record this?").await;
    assert_eq!(
        stands(&acme.admin, &caller.call_sid, "recording").await["consent"],
        "announce"
    );
    caller.hang_up().await;

    // The number records everything, the personality nothing.
    let always = json!({ "mode": "always", "consent": "announce" });
    let e164 = number(&product, &acme, "relay", &always).await;
    let _ = says(json!({ "mode": "off" })).await.expect(200);
    let caller = product.ring(&e164, &json!([])).await;
    talks(&caller).await;
    assert!(recordings(&acme.admin, &caller.call_sid).await.is_empty());
    assert!(
        !caller.heard().await.contains("record"),
        "{}",
        caller.heard().await
    );
    let refused = act(&acme.admin, &caller.call_sid, "s1", "start").await;
    assert_eq!(refused["code"], "recording_off");
    caller.hang_up().await;
    says(json!({ "announcement": "[[hangup]]" }))
        .await
        .expect_problem(422, "validation_failed");
}
