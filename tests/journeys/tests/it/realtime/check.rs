//! What every call must show, whatever happened in it.

use std::collections::HashMap;
use std::sync::LazyLock;

use phony_journeys::Spoken;
use serde_json::{Value, json};

/// The published schema of what a client sends, by type.
static FROM_CLIENT: LazyLock<HashMap<String, jsonschema::Validator>> = LazyLock::new(|| {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../specs/openai_realtime.schema.json"
    );
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let branches = schema["$defs"]["ClientEvent"]["oneOf"].as_array().unwrap();
    let branch = |reference: &Value| {
        let name = reference["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let kind = &schema["$defs"][name]["properties"]["type"];
        let kind = kind["const"].as_str().or(kind["enum"][0].as_str()).unwrap();
        let root = json!({"$schema": schema["$schema"], "$ref": reference["$ref"], "$defs": schema["$defs"]});
        (kind.to_owned(), jsonschema::validator_for(&root).unwrap())
    };
    branches.iter().map(branch).collect()
});

/// Refusals of the model that a correct client may meet: both sides act at the same time.
const HARMLESS: &[&str] = &[
    "response_cancel_not_active",
    "conversation_already_has_active_response",
];

/// Everything we sent is what the carrier and the model take, and no sound came before the settings were in force.
pub(crate) fn protocols(spoken: &Spoken) {
    assert_eq!(spoken.report["errors"], json!([]), "{spoken}");
    models(spoken);
}

/// The same for the model's side alone, where the line itself was made to fail.
pub(crate) fn models(spoken: &Spoken) {
    for session in &spoken.sessions {
        for entry in session["received"].as_array().unwrap() {
            let event = &entry["event"];
            let kind = event["type"].as_str().unwrap_or_default();
            let branch = FROM_CLIENT
                .get(kind)
                .unwrap_or_else(|| panic!("no such event: {event}"));
            let faults: Vec<String> = branch.iter_errors(event).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{faults:?} in {event:#}");
        }
        assert_eq!(session["audio"]["bytes_before_update"], 0);
        let errors = session["errors"].as_array().unwrap().iter();
        let ours: Vec<&Value> = errors
            .filter(|error| !HARMLESS.contains(&error["code"].as_str().unwrap_or_default()))
            .collect();
        if session["faults"] == json!([]) {
            assert!(ours.is_empty(), "refused by the model: {ours:#?}\n{spoken}");
        }
    }
}

/// The caller heard this and nothing else.
pub(crate) fn heard(spoken: &Spoken, sentences: &[&str]) {
    assert_eq!(spoken.heard_text(), sentences.join(" "), "{spoken}");
}

/// Shorter ones may be of the machine that runs the test.
const HOLE_MS: u64 = 1_000;

/// No hole in the agent's speech.
pub(crate) fn whole_sound(spoken: &Spoken) {
    for stream in spoken.streams() {
        let mut gaps = stream["gaps"].as_array().unwrap().iter();
        assert!(gaps.all(|gap| gap["ms"].as_u64().unwrap() < HOLE_MS), "{spoken}");
    }
}
