//! Calls as a whole: steering through REST, callbacks, endings.

use serde_json::json;

use crate::agent;
use crate::support;

#[tokio::test]
async fn rest_shows_redirects_and_ends_a_live_call() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_relay("");
    let number = sim.buy(&agent.url()).await;
    let call = sim.ring(&number, json!([])).await;
    agent.next_of("setup").await;
    let one = sim.account(&format!("/Calls/{call}.json"));
    let (_, view) = sim.get(&one).await;
    assert_eq!(view["status"], "in-progress");
    assert_eq!(view["direction"], "inbound");

    let twiml = "<Response><Pause length=\"30\"/></Response>";
    assert_eq!(sim.post(&one, &[("Twiml", twiml)]).await.0, 200);
    assert_eq!(agent.next_of("closed").await["closed"], 1000);
    let (status, over) = sim.post(&one, &[("Status", "completed")]).await;
    assert_eq!((status, over["status"].as_str()), (200, Some("completed")));
    let report = sim.finished(&call).await;
    assert_eq!(report["ended_by"], "api");
    // A redirect abandons the session without asking the action.
    assert!(agent.hits("/action").is_empty());
    let (status, error) = sim.post(&one, &[("Status", "completed")]).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21220)));
    let (_, view) = sim.get(&one).await;
    assert!(view["duration"].is_string());
    assert_eq!(sim.delete(&one).await, 204);
    assert_eq!(sim.get(&one).await.0, 404);
}

#[tokio::test]
async fn callbacks_can_be_repeated_and_withheld() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let number = sim.buy(&agent.url()).await;
    for (delivery, expected) in [("repeated", 2), ("withheld", 0), ("in_order", 1)] {
        agent.lay("/voice", "<Response><Hangup/></Response>");
        let before = agent.hits("/status").len();
        let body = json!({"from": "+14155550199", "to": number, "callbacks": delivery});
        let call = sim.ring_with(body).await;
        let report = sim.finished(&call).await;
        let hits = agent.hits("/status");
        assert_eq!(hits.len() - before, expected, "{delivery}");
        if delivery == "repeated" {
            let token = |at: usize| hits[at].headers["i-twilio-idempotency-token"].clone();
            assert_eq!(token(before), token(before + 1));
        }
        let callbacks = report["callbacks"].as_array().unwrap();
        let last = callbacks.last().unwrap();
        assert_eq!(last["withheld"], delivery == "withheld");
        if delivery == "in_order" {
            let path = format!("/calls/{call}/callbacks/{}/repeat", callbacks.len() - 1);
            let (status, again) = sim.sim("POST", &path, json!({})).await;
            assert_eq!((status, again["status"].as_u64()), (200, Some(204)));
            assert_eq!(again["idempotency_token"], last["idempotency_token"]);
        }
    }
}

#[tokio::test]
async fn nobody_answers_a_number_that_was_not_bought() {
    let sim = support::start().await;
    let (status, why) = sim
        .sim(
            "POST",
            "/calls",
            json!({"from": "+14155550199", "to": "+14155550100"}),
        )
        .await;
    assert_eq!(status, 404);
    assert!(why["error"].as_str().unwrap().contains("+14155550100"));
    let bad = json!({"from": "+14155550199", "to": "+14155550100", "script": [{"dance": 1}]});
    assert_eq!(sim.sim("POST", "/calls", bad).await.0, 400);
}

#[tokio::test]
async fn two_simulators_are_strangers_and_one_can_remember() {
    let file = std::env::temp_dir().join(format!("phony-simulator-{}.json", uuid::Uuid::new_v4()));
    let config = phony_simulator::Config {
        state_file: Some(file.clone()),
        ..Default::default()
    };
    let first = support::start_with(config.clone()).await;
    let second = support::start().await;
    let number = first.buy("http://127.0.0.1:9").await;
    let (_, state) = second.sim("GET", "/state", json!({})).await;
    assert_eq!(state["numbers"], json!([]));
    first.running.stop().await;
    let again = support::start_with(config).await;
    let (_, state) = again.sim("GET", "/state", json!({})).await;
    assert_eq!(state["numbers"][0]["phone_number"], number.as_str());
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn the_owner_of_the_number_signs() {
    let sim = support::start().await;
    let (_, sub) = sim
        .post(&sim.url("/2010-04-01/Accounts.json"), &[("FriendlyName", "Acme")])
        .await;
    let agent = agent::start(sub["auth_token"].as_str().unwrap()).await;
    let (voice, status) = (
        format!("{}/voice?b=2&a=1", agent.url()),
        format!("{}/status", agent.url()),
    );
    let path = format!(
        "/2010-04-01/Accounts/{}/IncomingPhoneNumbers.json",
        sub["sid"].as_str().unwrap()
    );
    let form = [
        ("AreaCode", "617"),
        ("VoiceUrl", &voice),
        ("StatusCallback", &status),
    ];
    let (_, number) = sim.post(&sim.url(&path), &form).await;
    agent.lay("/voice", "<Response/>");
    let call = sim
        .ring(number["phone_number"].as_str().unwrap(), json!([]))
        .await;
    sim.finished(&call).await;
    assert!(agent.hits("/voice")[0].signature_is_true && agent.hits("/status")[0].signature_is_true);
    assert_eq!(
        agent.hits("/voice")[0].params["AccountSid"],
        sub["sid"].as_str().unwrap()
    );

    // The real carrier sorts the query it requests and signs the one it was given.
    sim.sim("PUT", "/settings", json!({"sort_query_on_request": true}))
        .await;
    agent.lay("/voice", "<Response/>");
    let call = sim
        .ring(number["phone_number"].as_str().unwrap(), json!([]))
        .await;
    sim.finished(&call).await;
    assert!(!agent.hits("/voice")[1].signature_is_true);
}
