//! A supervisor lets a caller wait, has somebody told in their own words, and may reach more numbers than the agent.

use serde_json::json;

use super::{Line, SORRY, colleague, person};

#[tokio::test]
async fn a_supervisor_lets_a_caller_wait_and_asks_somebody_with_a_brief() {
    let sam = colleague(
        "sam",
        "+14155550141",
        "cold",
        person(&json!([{ "wait_for": "press 1" }, { "press": "2" }])),
        "",
    );
    let line = Line::new("relay", &[sam]).await;
    let caller = line.ring().await;
    let hold = json!({ "action_id": "h-1", "type": "hold" });
    let held = line.tenant.admin.act(&caller.call_sid, &hold).await;
    assert_eq!(held["status"], "applied", "{held:#}");
    caller.hears("putting you on hold").await;
    caller.say("My name is Lee.").await;
    caller.hears("I am still here.").await;
    assert!(!caller.heard().await.contains("Nice to meet you"));
    let call = line.call(&caller).await;
    let unhold = json!({ "action_id": "h-2", "type": "unhold" });
    let over = line.tenant.admin.act(&caller.call_sid, &unhold).await;
    assert_eq!(over["status"], "applied", "{over:#}");
    caller.hears("I am back.").await;
    caller.hears("Nice to meet you, Lee.").await;
    assert_eq!(call["status"], "in_progress");
    // Warm, although the target is set to cold, and in the supervisor's own words.
    let transfer = json!({
        "action_id": "t-1", "type": "transfer", "to": "sam", "kind": "warm", "brief": "Lee has a flat tyre.",
    });
    let accepted = line.act(&caller, transfer).await;
    assert_ne!(accepted["code"], "target_not_allowed", "{accepted:#}");
    line.target_hears("+14155550141", "Lee has a flat tyre.").await;
    caller.hears(SORRY).await;
    assert_eq!(line.transfer(&caller, "failed").await["reason"], "rejected");
    // Any number that the rules for calls allow, and no other.
    let to = |id: &str, to: &str| json!({ "action_id": id, "type": "transfer", "to": to, "kind": "warm" });
    for (id, number) in [
        ("t-2", "+19005550134"),
        ("t-3", "+442079460000"),
        ("t-4", "nobody"),
    ] {
        let refused = line.act(&caller, to(id, number)).await;
        assert_eq!(
            (&refused["status"], &refused["code"]),
            (&json!("failed"), &json!("target_not_allowed")),
            "{number}"
        );
    }
    let allowed = line.act(&caller, to("t-5", "+14155550149")).await;
    assert_eq!(allowed["status"], "accepted", "{allowed:#}");
    line.called("+14155550149").await;
    let ended = json!({ "action_id": "e-1", "type": "end", "say": "We call you back. Goodbye." });
    line.act(&caller, ended).await;
    caller.hears("We call you back. Goodbye.").await;
    let call = line.over(&caller).await;
    assert_eq!(call["ended_reason"], "supervisor_hangup", "{call:#}");
    assert_eq!(
        line.items(&caller, "transfer").await.last().unwrap()["reason"],
        "canceled"
    );
}
