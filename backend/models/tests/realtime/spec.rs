//! The published schema and its samples.

use std::collections::HashMap;

use serde_json::{Value, json};

pub(crate) fn specs(file: &str) -> Value {
    let path = format!("{}/../../tests/specs/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Judges events of one direction, each by the branch of its own type.
pub(crate) struct Judge {
    branches: HashMap<String, jsonschema::Validator>,
}

impl Judge {
    pub(crate) fn of(direction: &str) -> Self {
        let schema = specs("openai_realtime.schema.json");
        let branches = schema["$defs"][direction]["oneOf"].as_array().unwrap();
        let branch = |reference: &Value| {
            let name = reference["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
            let kind = &schema["$defs"][name]["properties"]["type"];
            let kind = kind["const"].as_str().or(kind["enum"][0].as_str()).unwrap();
            let root =
                json!({"$schema": schema["$schema"], "$ref": reference["$ref"], "$defs": schema["$defs"]});
            (kind.to_owned(), jsonschema::validator_for(&root).unwrap())
        };
        Self {
            branches: branches.iter().map(branch).collect(),
        }
    }

    pub(crate) fn faults(&self, event: &Value) -> Vec<String> {
        match self.branches.get(event["type"].as_str().unwrap_or_default()) {
            Some(branch) => branch.iter_errors(event).map(|fault| fault.to_string()).collect(),
            None => vec!["no such event".to_owned()],
        }
    }
}

pub(crate) fn samples(list: &str, direction: &str) -> Vec<Value> {
    let samples = specs("samples/openai_realtime.samples.json");
    let list = samples[list].as_array().unwrap().iter();
    let list: Vec<Value> = list
        .filter(|sample| sample["direction"] == direction)
        .map(|sample| sample["event"].clone())
        .collect();
    assert!(!list.is_empty());
    list
}
