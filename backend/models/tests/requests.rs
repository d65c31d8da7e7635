//! Everything the client can send is valid by the published schema, and so are its samples.

#![expect(clippy::unwrap_used, reason = "helpers of a test may fail it")]

use phony_models::chat::{ChatMessage, ChatRequest, Dialect};
use serde_json::Value;

fn specs(file: &str) -> Value {
    let path = format!("{}/../../tests/specs/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn validator(definition: &str) -> jsonschema::Validator {
    let mut schema = specs("openai_chat.schema.json");
    let root = schema.as_object_mut().unwrap();
    root.retain(|name, _| name == "$schema" || name == "$defs");
    root.insert("$ref".to_owned(), format!("#/$defs/{definition}").into());
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn samples_are_judged_as_published() {
    let samples = specs("samples/openai_chat.samples.json");
    for (list, good) in [("valid", true), ("invalid", false)] {
        let list = samples[list].as_array().unwrap();
        assert!(!list.is_empty());
        for sample in list {
            let validator = validator(sample["direction"].as_str().unwrap());
            assert_eq!(validator.is_valid(&sample["event"]), good, "{sample}");
        }
    }
}

#[test]
fn our_requests_are_valid() {
    let validator = validator("CreateChatCompletionRequest");
    let messages = vec![
        ChatMessage::system("You answer calls. \"Be\" brief.\n"),
        ChatMessage::user("¿Dónde está mi pedido? 🙂"),
        ChatMessage::assistant("Un momento."),
        ChatMessage::user(""),
    ];
    for max_tokens in [None, Some(1), Some(4_096)] {
        for temperature in [None, Some(0.0), Some(0.7), Some(2.0)] {
            let request = ChatRequest {
                max_tokens,
                temperature,
                ..ChatRequest::new("gpt-6-luna", messages.clone())
            };
            for supports_stream_usage in [true, false] {
                let dialect = Dialect {
                    supports_stream_usage,
                    ..Dialect::default()
                };
                let body = request.to_body(&dialect);
                let faults: Vec<String> = validator
                    .iter_errors(&body)
                    .map(|fault| fault.to_string())
                    .collect();
                assert!(faults.is_empty(), "{faults:?}");
            }
        }
    }
    let empty = ChatRequest::new("gpt-6-luna", Vec::new());
    assert!(
        !validator.is_valid(&empty.to_body(&Dialect::default())),
        "the schema does look at messages"
    );
}
