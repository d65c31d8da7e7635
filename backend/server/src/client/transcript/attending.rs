//! What people who attend a call do, as lines.

use serde_json::Value;

use super::{Line, Who, line, text, words};

/// Who did something, by name.
fn name<'a>(data: &'a Value, field: &str) -> &'a str {
    match text(&data[field], "name") {
        "" => "somebody",
        name => name,
    }
}

/// What people who attend a call do among each other, and what is held for them.
pub(super) fn of_event(event: &str, data: &Value) -> Option<Line> {
    let actor = name(data, "actor");
    match event {
        "supervision.joined" => line(Who::Call, format!("{actor} watches")),
        "supervision.left" => line(Who::Call, format!("{actor} watches no more")),
        "supervision.claimed" if data["actor"].is_null() => line(Who::Call, "nobody handles the call"),
        "supervision.claimed" => line(Who::Call, format!("{actor} handles the call")),
        "supervision.noted" => line(Who::Supervisor, format!("{actor} notes: {}", text(data, "text"))),
        "approval.mode" => line(Who::Call, format!("approval: {}", words(text(data, "mode")))),
        "approval.requested" => {
            let commands = data["commands"].as_array().into_iter().flatten();
            let commands = commands
                .filter_map(Value::as_str)
                .map(|command| format!("[{command}]"));
            let held: Vec<String> = std::iter::once(text(data, "text").to_owned())
                .chain(commands)
                .filter(|part| !part.is_empty())
                .collect();
            line(Who::Agent, format!("waits for approval: {}", held.join(" ")))
        }
        "approval.decided" => {
            let said = match (text(data, "decision"), text(data, "text"), text(data, "guidance")) {
                ("edited", words, _) => format!("{actor} edits: {words}"),
                ("rejected", _, "") => format!("{actor} rejects"),
                ("rejected", _, guidance) => format!("{actor} rejects: {guidance}"),
                (decision, ..) => format!("{actor}: {}", words(decision)),
            };
            line(Who::Supervisor, said)
        }
        "approval.expired" if text(data, "did") == "withdrawn" => {
            line(Who::Call, "no approval is needed any more")
        }
        "approval.expired" => line(
            Who::Call,
            format!("nobody approved in time: {}", words(text(data, "did"))),
        ),
        "takeover.changed" if data["actor"].is_null() => {
            let why = words(text(data, "reason"));
            line(Who::Call, format!("the agent speaks again ({why})"))
        }
        "takeover.changed" => line(
            Who::Supervisor,
            format!("{actor} speaks with the caller, by {}", words(text(data, "via"))),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::terminal::Paint;
    use crate::client::transcript::Voices;

    #[test]
    fn what_people_do_reads_like_a_transcript() {
        for (name, data, expected) in [
            (
                "supervision.claimed",
                json!({"actor": {"id": "usr_1", "name": "Ana"}}),
                "10:20:30              Ana handles the call",
            ),
            (
                "supervision.claimed",
                json!({"actor": null}),
                "10:20:30              nobody handles the call",
            ),
            (
                "supervision.noted",
                json!({"actor": {"name": "Ana"}, "text": "A friend."}),
                "10:20:30  supervisor  Ana notes: A friend.",
            ),
            (
                "approval.requested",
                json!({"text": "Goodbye.", "commands": ["end_call"]}),
                "10:20:30  agent       waits for approval: Goodbye. [end_call]",
            ),
            (
                "approval.decided",
                json!({"decision": "edited", "actor": {"name": "Ana"}, "text": "Good day."}),
                "10:20:30  supervisor  Ana edits: Good day.",
            ),
            (
                "approval.decided",
                json!({"decision": "approved", "actor": {"name": "Ana"}}),
                "10:20:30  supervisor  Ana: approved",
            ),
            (
                "approval.expired",
                json!({"did": "offer_callback"}),
                "10:20:30              nobody approved in time: offer callback",
            ),
            (
                "takeover.changed",
                json!({"actor": {"name": "Ana"}, "via": "keyboard", "reason": "taken"}),
                "10:20:30  supervisor  Ana speaks with the caller, by keyboard",
            ),
            (
                "takeover.changed",
                json!({"actor": null, "via": null, "reason": "lapsed"}),
                "10:20:30              the agent speaks again (lapsed)",
            ),
            ("attention.changed", json!({"attention": []}), ""),
        ] {
            let line = of_event(name, &data);
            let shown = line.map(|line| Voices::inbound().shown("10:20:30", &line, Paint::off()));
            assert_eq!(shown.unwrap_or_default().trim_end(), expected, "{name}");
        }
    }
}
