//! The simulated caller.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::http::Client;

/// Who rings.
pub(crate) const CALLER: &str = "+14155550142";

/// What the caller talks about. Pauses leave time to read along, to step in and to be heard.
const TALK: &[&str] = &[
    "Hello, am I speaking with the front desk?",
    "I would like to know your opening hours for the weekend.",
    "And is there parking near the entrance?",
    "Lovely. Could I book a table for four on Saturday at seven?",
    "One of us is a vegetarian. Is that a problem?",
    "May I bring a small dog along?",
    "Could you repeat the time for me, please?",
    "Do you have a quiet corner, by a window if possible?",
];

/// How often the talk is gone through before the caller says good-bye.
const ROUNDS: usize = 4;

/// Lets the caller ring `to`; gives the carrier's name of the call.
pub(crate) fn ring(simulator: &Client, to: &str) -> Result<String> {
    let answer = simulator.post(
        "/sim/calls",
        &json!({"from": CALLER, "to": to, "script": script()}),
    )?;
    Ok(answer["call_sid"]
        .as_str()
        .context("the simulator names no call")?
        .to_owned())
}

/// Lets every caller hang up. What does not answer any more has no callers.
pub(crate) fn hang_up(simulator: &Client) {
    let Ok(answer) = simulator.get("/sim/calls") else {
        return;
    };
    for call in answer["data"].as_array().into_iter().flatten() {
        if let Some(sid) = call["call_sid"].as_str() {
            // Those that are over refuse.
            let _ = simulator.send("POST", &format!("/sim/calls/{sid}/hangup"), Some(&json!({})));
        }
    }
}

fn script() -> Vec<Value> {
    let mut script = vec![json!({"wait_ms": 6000})];
    for line in std::iter::repeat_n(TALK, ROUNDS).flatten() {
        script.push(json!({"say": line}));
        script.push(json!({"wait_ms": 11000}));
    }
    script.push(json!({"say": "Thank you for your help. Good-bye."}));
    script.push(json!({"wait_ms": 5000}));
    script.push(json!({"hangup": true}));
    script
}
