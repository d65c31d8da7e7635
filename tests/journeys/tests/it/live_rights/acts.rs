//! Every act on a live call, with what belongs to it, and those that have an older address.

use serde_json::{Value, json};

use super::REFUSED;

const NO_ITEM: &str = "itm_00000000000000000000000000000000";

/// Every act, with what belongs to it.
pub(super) fn acts() -> Vec<(&'static str, Value)> {
    vec![
        ("say", json!({ "text": REFUSED })),
        ("say", json!({ "text": REFUSED, "mode": "guidance" })),
        ("dtmf", json!({ "digits": "1" })),
        ("transfer", json!({ "to": "+14155550149", "brief": REFUSED })),
        ("hold", json!({})),
        ("unhold", json!({})),
        ("end", json!({ "say": REFUSED })),
        (
            "clarify",
            json!({ "clarification_id": NO_ITEM, "answer": REFUSED }),
        ),
        ("record", json!({ "op": "start" })),
        ("claim", json!({ "take": true })),
        ("release", json!({})),
        ("note", json!({ "text": REFUSED })),
        ("approval_mode", json!({ "mode": "every_turn" })),
        ("approve", json!({ "approval_id": NO_ITEM, "text": REFUSED })),
        ("reject", json!({ "approval_id": NO_ITEM, "guidance": REFUSED })),
        ("takeover", json!({ "via": "keyboard" })),
        ("handback", json!({ "note": REFUSED })),
    ]
}

/// The acts in the form of older dashboards.
pub(super) fn older_acts(call: &str) -> Vec<(&'static str, Value)> {
    let act = |more: Value| {
        let mut act = json!({ "callSid": call });
        if let (Value::Object(act), Value::Object(more)) = (&mut act, more) {
            act.extend(more);
        }
        act
    };
    let transfer = act(json!({ "number": "+14155550149" }));
    vec![
        ("/override/text", act(json!({ "text": REFUSED }))),
        ("/override/dtmf", act(json!({ "digit": "1" }))),
        ("/override/end", act(json!({}))),
        ("/override/transfer", transfer.clone()),
        ("/api/transfer-call", transfer),
        (
            "/override/clarification",
            act(json!({ "response": REFUSED, "clarification_id": NO_ITEM })),
        ),
    ]
}
