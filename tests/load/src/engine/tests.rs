//! The model stand-in against the product's own client and the published schema.

use std::collections::HashMap;
use std::time::Duration;

use phony_models::realtime::protocol::{ClientEvent, ResponseRequest, ServerEvent, SessionConfig};
use phony_models::realtime::{RealtimeClient, RealtimeConfig, RealtimeSession};
use serde_json::{Value, json};

use super::Engine;
use crate::identity::FrameMaker;

/// Judges events of the server, each by the branch of its own type.
fn judges() -> HashMap<String, jsonschema::Validator> {
    let path = format!(
        "{}/../specs/openai_realtime.schema.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let branches = schema["$defs"]["ServerEvent"]["oneOf"].as_array().unwrap();
    let judge = |reference: &Value| {
        let name = reference["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let kind = &schema["$defs"][name]["properties"]["type"];
        let kind = kind["const"].as_str().or(kind["enum"][0].as_str()).unwrap();
        let root = json!({"$schema": schema["$schema"], "$ref": reference["$ref"], "$defs": schema["$defs"]});
        (kind.to_owned(), jsonschema::validator_for(&root).unwrap())
    };
    branches.iter().map(judge).collect()
}

async fn until(
    session: &mut RealtimeSession,
    kind: &str,
    judges: &HashMap<String, jsonschema::Validator>,
) -> Value {
    let found = async {
        loop {
            let message = session.recv().await.unwrap();
            let event: Value = serde_json::from_str(message.as_str()).unwrap();
            let name = event["type"].as_str().unwrap().to_owned();
            let judge = judges
                .get(&name)
                .unwrap_or_else(|| panic!("no such event: {name}"));
            let faults: Vec<String> = judge.iter_errors(&event).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{name}: {faults:?}");
            assert!(
                !matches!(message.event().unwrap(), ServerEvent::Error(_)) || kind == "error",
                "{event}"
            );
            if name == kind {
                return event;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), found)
        .await
        .expect(kind)
}

#[tokio::test]
async fn a_session_is_as_published_and_returns_what_it_hears() {
    let (engine, judges) = (Engine::start(None).unwrap(), judges());
    let url = format!("ws://{}/v1/realtime", engine.model);
    let client = RealtimeClient::new(&RealtimeConfig::new(url, None)).unwrap();
    let (mut session, _) = client
        .open("gpt-realtime", &SessionConfig::new("Be brief.", "marin"))
        .await
        .unwrap();
    let request = ResponseRequest {
        metadata: vec![("turn".to_owned(), "7".to_owned())],
        ..ResponseRequest::default()
    };
    session.send(&ClientEvent::CreateResponse(request), None).unwrap();
    let created = until(&mut session, "response.created", &judges).await;
    assert_eq!(created["response"]["metadata"]["turn"], "7");
    until(&mut session, "response.content_part.added", &judges).await;
    let mut maker = FrameMaker::new(0);
    for sequence in 0..3 {
        let frame = String::from_utf8(maker.frame(sequence).to_vec()).unwrap();
        session.send_audio(&frame).unwrap().unwrap();
        let delta = until(&mut session, "response.output_audio.delta", &judges).await;
        assert_eq!(delta["delta"], frame.as_str());
        assert_eq!(delta["response_id"], created["response"]["id"]);
    }
    engine.voice(0, true);
    until(&mut session, "input_audio_buffer.speech_started", &judges).await;
    let done = until(&mut session, "response.done", &judges).await;
    assert_eq!(done["response"]["status_details"]["reason"], "turn_detected");
    engine.voice(0, false);
    until(
        &mut session,
        "conversation.item.input_audio_transcription.completed",
        &judges,
    )
    .await;
    until(&mut session, "response.created", &judges).await;
    session
        .send(
            &ClientEvent::CreateResponse(ResponseRequest::default()),
            Some("again"),
        )
        .unwrap();
    let error = until(&mut session, "error", &judges).await;
    assert_eq!(error["error"]["event_id"], "again");
    session
        .send(&ClientEvent::CancelResponse { response_id: None }, None)
        .unwrap();
    until(&mut session, "response.done", &judges).await;
    assert_eq!(engine.standing().unwrap().model_faults, 0);
}
