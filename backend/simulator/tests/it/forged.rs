//! Requests of strangers.

use serde_json::json;

use crate::agent;
use crate::support;

#[tokio::test]
async fn webhooks_with_every_kind_of_signature() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let url = format!("{}/status?b=1&a=2", agent.url());
    for (sign, honest) in [
        ("good", true),
        ("bad", false),
        ("none", false),
        ("other_token", false),
    ] {
        let body = json!({"url": url, "params": {"CallSid": "CA1", "Tag": ["b", "a", "b"], "é": "ü x+y"}, "sign": sign});
        let (status, answer) = sim.sim("POST", "/webhooks", body).await;
        assert_eq!((status, answer["status"].as_u64()), (200, Some(204)));
        let hit = agent.hits("/status").pop().unwrap();
        assert_eq!(hit.signature_is_true, honest, "{sign}");
        assert_eq!(hit.headers.contains_key("x-twilio-signature"), sign != "none");
    }
    let altered = json!({"url": url, "params": {"CallSid": "CA1"}, "raw_body": "CallSid=CA2"});
    sim.sim("POST", "/webhooks", altered).await;
    assert!(!agent.hits("/status").pop().unwrap().signature_is_true);
}

#[tokio::test]
async fn upgrades_with_every_kind_of_signature() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    let url = format!("{}/relay", agent.url().replace("http", "ws"));
    for sign in ["bad", "none", "other_token"] {
        let (_, answer) = sim
            .sim("POST", "/sockets", json!({"url": url, "sign": sign}))
            .await;
        assert_eq!(answer["status"], 403, "{sign}");
    }
    agent.say("Hi.");
    let body = json!({"url": url, "messages": ["{not json", {"type": "setup"}], "listen_ms": 300});
    let (_, answer) = sim.sim("POST", "/sockets", body).await;
    assert_eq!(answer["status"], 101);
    assert_eq!(answer["received"][0]["token"], "Hi.");
    assert_eq!(agent.next().await, "{not json");
    assert_eq!(agent.next().await, json!({"type": "setup"}));
}
