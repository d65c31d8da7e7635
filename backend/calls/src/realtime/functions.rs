//! The functions that a speech model acts by: what inline commands are to a model that writes.

use phony_conversation::command::RecordOp;
use phony_conversation::core::inline::InlineCommand;
use phony_conversation::plan::CallPlan;
use phony_models::realtime::protocol::Tool;
use serde_json::{Map, Value, json};

/// Longest argument that is looked at.
const MAX_ARGUMENT_CHARS: usize = 1_000;

/// What it may do with the recording of a call that has one.
const RECORDING: [(&str, &str); 3] = [
    (
        "pause_recording",
        "Leaves out of the recording what follows. Call it before the caller tells card data.",
    ),
    (
        "resume_recording",
        "Goes on with the recording, once the card data are told.",
    ),
    (
        "stop_recording",
        "Records no more. Call it when the caller does not want to be recorded.",
    ),
];

/// What the model may do in a call.
pub(crate) fn tools(plan: &CallPlan) -> Vec<Tool> {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let mut tools = vec![
        tool(
            "end_call",
            "Hangs up once everything you said was heard. Say goodbye first.",
            &[],
        ),
        tool(
            "press_keys",
            "Presses keys when you talk to a phone menu.",
            &[("keys", text("Digits, * and #, at most 32."))],
        ),
        tool(
            "ask_supervisor",
            "Asks a colleague for a fact or a permission. The answer comes later as a note.",
            &[("question", text("The question, in one sentence."))],
        ),
    ];
    if plan.policy.recordable {
        for (name, description) in RECORDING {
            tools.push(tool(name, description, &[]));
        }
    }
    let targets = &plan.personality.transfer_targets;
    if !targets.is_empty() {
        let aliases: Vec<&str> = targets.iter().map(|target| target.alias.as_str()).collect();
        let to = json!({ "type": "string", "enum": aliases });
        tools.push(tool(
            "transfer",
            "Hands the caller over to a person. Say so first.",
            &[("to", to)],
        ));
    }
    tools
}

fn tool(name: &str, description: &str, arguments: &[(&str, Value)]) -> Tool {
    let names: Vec<&str> = arguments.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> = arguments
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    let mut parameters = Map::new();
    parameters.insert("type".to_owned(), json!("object"));
    parameters.insert("properties".to_owned(), Value::Object(properties));
    parameters.insert("required".to_owned(), json!(names));
    parameters.insert("additionalProperties".to_owned(), json!(false));
    Tool {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters,
    }
}

/// What a call of a function means. What it cannot mean is refused by the conversation.
pub(crate) fn command(name: &str, arguments: &str) -> InlineCommand {
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
    let text = |member: &str| {
        let text = arguments.get(member).and_then(Value::as_str).unwrap_or_default();
        text.chars().take(MAX_ARGUMENT_CHARS).collect::<String>()
    };
    match name {
        "end_call" => InlineCommand::EndCall,
        "press_keys" => {
            let keys = text("keys");
            let good = (1..=32).contains(&keys.len())
                && keys
                    .bytes()
                    .all(|key| key.is_ascii_digit() || matches!(key, b'*' | b'#'));
            if good {
                InlineCommand::Press(keys)
            } else {
                InlineCommand::Malformed("press_keys".to_owned())
            }
        }
        "pause_recording" => InlineCommand::Record(RecordOp::Pause),
        "resume_recording" => InlineCommand::Record(RecordOp::Resume),
        "stop_recording" => InlineCommand::Record(RecordOp::Stop),
        "ask_supervisor" => InlineCommand::RequestUser(text("question")),
        "transfer" => InlineCommand::Transfer(text("to")),
        other => InlineCommand::Malformed(other.chars().take(64).collect()),
    }
}

/// What a function gives.
pub(crate) fn output(refusal: Option<&str>) -> String {
    match refusal {
        None => json!({ "done": true }),
        Some(code) => json!({ "done": false, "error": code }),
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_targets_of_the_list_are_offered() {
        let mut plan = CallPlan::example();
        assert!(tools(&plan).iter().all(|tool| tool.name != "transfer"));
        plan.personality.transfer_targets = vec![phony_conversation::plan::TransferTarget::cold(
            "billing",
            "+14155550134".parse().unwrap(),
        )];
        let tools = tools(&plan);
        let transfer = tools.iter().find(|tool| tool.name == "transfer").unwrap();
        assert_eq!(
            transfer.parameters["properties"]["to"]["enum"],
            json!(["billing"])
        );
    }

    #[test]
    fn odd_arguments_are_no_commands() {
        assert_eq!(
            command("press_keys", r#"{"keys":"12#"}"#),
            InlineCommand::Press("12#".to_owned())
        );
        for odd in [
            r#"{"keys":"12a"}"#,
            r#"{"keys":12}"#,
            "{",
            "",
            "[]",
            r#"{"keys":""}"#,
        ] {
            assert!(
                matches!(command("press_keys", odd), InlineCommand::Malformed(_)),
                "{odd}"
            );
        }
        assert!(matches!(
            command("delete_everything", "{}"),
            InlineCommand::Malformed(_)
        ));
        assert_eq!(command("transfer", "{}"), InlineCommand::Transfer(String::new()));
    }
}
