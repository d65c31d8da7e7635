//! A recording that somebody begins and stops during the call.

use phony_journeys::{Product, eventually};
use serde_json::json;

use super::{act, asks, number, recordings, stands, talks};

/// How many stop it at once.
const PARALLEL: usize = 4;

#[tokio::test]
async fn a_recording_on_demand_begins_when_the_caller_has_heard_of_it() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let own =
        json!({ "mode": "on_demand", "consent": "announce", "notice": "We record this call from now on." });
    let e164 = number(&product, &acme, "relay", &own).await;
    let caller = product.ring(&e164, &json!([])).await;
    talks(&caller).await;
    let call = caller.call_sid.as_str();
    assert!(recordings(&acme.admin, call).await.is_empty());
    let accepted = act(&acme.admin, call, "s1", "start").await;
    assert_eq!(accepted["status"], "accepted");
    stands(&acme.admin, call, "recording").await;
    assert!(caller.heard().await.contains("We record this call from now on."));
    asks(&caller, &acme.admin, "What are your opening hours?").await;
    // At once by many: one recording is stopped once.
    let stops = (0..PARALLEL).map(|n| {
        let client = acme.admin.clone();
        let call = call.to_owned();
        async move { act(&client, &call, &format!("stop-{n}"), "stop").await }
    });
    for stopped in futures_util::future::join_all(stops).await {
        assert!(
            stopped["status"] == "applied" || stopped["code"] == "not_recording",
            "{stopped}"
        );
    }
    let ready = stands(&acme.admin, call, "ready").await;
    let live = acme.admin.get(&format!("/v1/calls/{call}")).await.expect(200);
    assert_eq!(live["status"], "in_progress", "the call goes on");
    assert!(ready["started_by"].as_str().unwrap().starts_with("usr_"));
    caller.hang_up().await;
    // With the call goes its recording.
    eventually("the call has ended", async || {
        let call = acme.admin.get(&format!("/v1/calls/{call}")).await.expect(200);
        (call["status"] == "ended").then_some(())
    })
    .await;
    let _ = acme.admin.delete(&format!("/v1/calls/{call}")).await.expect(204);
    let tombstone = stands(&acme.admin, call, "deleted").await;
    assert_eq!(tombstone["erased_for"], "call");
}
