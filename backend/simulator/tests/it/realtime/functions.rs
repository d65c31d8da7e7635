//! Function calls: when, in which order, and what comes after.

use serde_json::{Value, json};

use super::peer::{telephone, voice};
use crate::support;

fn tool(name: &str, properties: &Value, required: &[&str]) -> Value {
    json!({"type": "function", "name": name, "description": "…", "parameters":
        {"type": "object", "properties": properties, "required": required}})
}

fn tools() -> Value {
    json!([
        tool("end_call", &json!({}), &[]),
        tool(
            "transfer",
            &json!({"to": {"type": "string", "enum": ["billing", "sales"]}}),
            &["to"]
        ),
        tool("press_keys", &json!({"digits": {"type": "string"}}), &["digits"]),
        tool(
            "ask_supervisor",
            &json!({"question": {"type": "string"}}),
            &["question"]
        ),
        tool(
            "book_slot",
            &json!({"day": {"type": "string"}, "hour": {"type": "integer"}, "sure": {"type": "boolean"}}),
            &["day", "hour", "sure"]
        ),
    ])
}

#[tokio::test]
async fn what_the_caller_says_calls_a_function() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({"tools": tools()})).await;
    for (words, name, arguments) in [
        ("I want to talk to a person", "transfer", json!({"to": "billing"})),
        ("Please press one", "press_keys", json!({"digits": "1"})),
        (
            "Is parking included?",
            "ask_supervisor",
            json!({"question": "Is parking included?"}),
        ),
        ("Okay, bye", "end_call", json!({})),
        (
            "Please book slot number 7",
            "book_slot",
            json!({"day": "Please book slot number 7", "hour": 7, "sure": true}),
        ),
    ] {
        peer.user_text(words).await;
        let done = peer.reply(json!({})).await;
        let output = done["output"].as_array().unwrap();
        assert_eq!(
            (output.len(), output[0]["type"].as_str()),
            (2, Some("message")),
            "{words}"
        );
        assert_eq!(
            (&output[1]["name"], &output[1]["status"]),
            (&json!(name), &json!("completed"))
        );
        let sent: Value = serde_json::from_str(output[1]["arguments"].as_str().unwrap()).unwrap();
        assert_eq!(sent, arguments);
        let text = output[0]["content"][0]["transcript"].as_str().unwrap();
        assert!(!text.contains("[["), "{text}");
    }
}

#[tokio::test]
async fn the_whole_way_of_a_call_by_voice() {
    let sim = support::start().await;
    let question = voice(&sim, "Please book slot seven.").await;
    let mut peer = telephone(&sim, json!({"tools": tools()})).await;
    let script = json!([{"when_contains": "book slot", "output": [{"call": {"name": "book_slot",
        "arguments": {"day": "Tuesday", "hour": 10, "sure": true}}}]}]);
    sim.sim("POST", "/realtime/replies", script).await;
    peer.say(&question).await;
    peer.until("response.created").await;
    peer.seen.clear();
    let done = peer.until("response.done").await["response"].clone();
    let mut kinds = peer.kinds();
    kinds.retain(|kind| !kind.contains("transcription"));
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "response.output_item.added",
            "conversation.item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
        ]
    );
    let pieces: String = peer
        .all("response.function_call_arguments.delta")
        .iter()
        .map(|delta| delta["delta"].as_str().unwrap())
        .collect();
    let call = done["output"][0].clone();
    assert_eq!(call["arguments"], pieces);
    assert_eq!(
        peer.all("response.function_call_arguments.done")[0]["call_id"],
        call["call_id"]
    );

    let output = json!({"type": "function_call_output", "call_id": call["call_id"], "output": "{\"result\":\"Tuesday at ten\"}"});
    peer.send(json!({"type": "conversation.item.create", "item": output}))
        .await;
    peer.until("conversation.item.done").await;
    let after = peer.reply(json!({})).await;
    let said = after["output"][0]["content"][0]["transcript"].as_str().unwrap();
    assert_eq!(said, "Here is what I have: Tuesday at ten");

    let failed = json!({"type": "function_call_output", "call_id": call["call_id"], "output": "{\"error\":\"no_such_slot\"}"});
    peer.send(json!({"type": "conversation.item.create", "item": failed}))
        .await;
    let after = peer.reply(json!({})).await;
    let said = after["output"][0]["content"][0]["transcript"].as_str().unwrap();
    assert!(said.starts_with("I am sorry"), "{said}");
}

#[tokio::test]
async fn a_choice_of_the_client_is_kept() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({"tools": tools(), "tool_choice": "none"})).await;
    peer.user_text("I want to talk to a person").await;
    let none = peer.reply(json!({})).await;
    assert_eq!(none["output"].as_array().unwrap().len(), 1);
    let choice = json!({"type": "function", "name": "transfer"});
    let forced = peer.reply(json!({"tool_choice": choice})).await;
    assert_eq!(forced["output"][0]["name"], "transfer");
    let required = peer.reply(json!({"tool_choice": "required"})).await;
    assert_eq!(required["output"][0]["name"], "end_call");
    // Without tools there is nothing to call, and nothing of the command is spoken.
    let without = peer.reply(json!({"tools": [], "tool_choice": "auto"})).await;
    assert_eq!(without["output"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_interrupted_call_is_cut_off() {
    let sim = support::start().await;
    let script =
        json!([{"output": [{"call": {"name": "book_slot", "arguments": {"day": "x".repeat(8_000)}}}]}]);
    sim.sim("POST", "/realtime/replies", script).await;
    let mut peer = telephone(&sim, json!({"tools": tools()})).await;
    peer.send(json!({"type": "response.create"})).await;
    peer.until("response.function_call_arguments.delta").await;
    peer.send(json!({"type": "response.cancel"})).await;
    let done = peer.until("response.done").await["response"].clone();
    assert_eq!(
        (&done["status"], &done["output"][0]["status"]),
        (&json!("cancelled"), &json!("incomplete"))
    );
    let arguments = done["output"][0]["arguments"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(arguments).is_err());
}
