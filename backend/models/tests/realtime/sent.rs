//! Everything we send is valid by the published schema.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phony_models::realtime::protocol::{
    ClientEvent, Eagerness, Effort, NewItem, NoiseReduction, Placement, ResponseRequest, SessionConfig,
    SessionPatch, Tool, ToolChoice, Transcription, TurnDetection, append_into,
};
use serde_json::{Value, json};

use crate::spec::{Judge, samples};

fn configs() -> Vec<SessionConfig> {
    let plain = SessionConfig::new("You answer calls. \"Be\" brief.\n🙂", "marin");
    let mut full = plain.clone();
    full.speed = Some(1.1);
    full.turn_detection = TurnDetection::ServerVad {
        threshold: 0.6,
        prefix_padding_ms: 200,
        silence_duration_ms: 400,
        idle_timeout_ms: Some(5_000),
        create_response: true,
        interrupt_response: false,
    };
    full.transcription = Some(Transcription {
        model: "gpt-transcribe".to_owned(),
        language: Some("en".to_owned()),
        keywords: vec!["crown".to_owned()],
    });
    full.noise_reduction = Some(NoiseReduction::NearField);
    full.tools = vec![tool()];
    full.tool_choice = ToolChoice::Function("book_slot".to_owned());
    full.max_output_tokens = Some(1_024);
    full.effort = Some(Effort::Low);
    full.retention_ratio = Some(0.8);
    let mut other = full.clone();
    other.turn_detection = TurnDetection::SemanticVad {
        eagerness: Eagerness::Low,
        create_response: false,
        interrupt_response: false,
    };
    other.noise_reduction = Some(NoiseReduction::FarField);
    other.tool_choice = ToolChoice::Required;
    let mut manual = plain.clone();
    manual.turn_detection = TurnDetection::Manual;
    manual.tool_choice = ToolChoice::None;
    vec![plain, full, other, manual]
}

fn tool() -> Tool {
    let parameters = json!({"type": "object", "properties": {"day": {"type": "string"}}});
    Tool {
        name: "book_slot".to_owned(),
        description: "Book an appointment".to_owned(),
        parameters: parameters.as_object().unwrap().clone(),
    }
}

/// At least one of every event and every form of it.
fn everything_we_send() -> Vec<ClientEvent> {
    let mut events: Vec<ClientEvent> = configs()
        .into_iter()
        .map(|config| ClientEvent::Configure(Box::new(config)))
        .collect();
    for patch in [
        SessionPatch::default(),
        SessionPatch {
            instructions: Some(String::new()),
            turn_detection: Some(TurnDetection::Manual),
            tools: Some(Vec::new()),
            tool_choice: Some(ToolChoice::Auto),
        },
        SessionPatch {
            turn_detection: Some(TurnDetection::server_vad(false, false)),
            tools: Some(vec![tool()]),
            ..SessionPatch::default()
        },
    ] {
        events.push(ClientEvent::Patch(Box::new(patch)));
    }
    for item in [
        NewItem::System("Earlier the caller gave the name Ada.".to_owned()),
        NewItem::User("The caller pressed 3.".to_owned()),
        NewItem::Assistant("Hello.".to_owned()),
        NewItem::FunctionOutput {
            call_id: "call_1".to_owned(),
            output: r#"{"ok":true}"#.to_owned(),
        },
    ] {
        for placement in [
            Placement::End,
            Placement::Start,
            Placement::After("item_1".to_owned()),
        ] {
            let item = item.clone();
            events.push(ClientEvent::CreateItem { item, placement });
        }
    }
    events.extend([
        ClientEvent::CommitAudio,
        ClientEvent::ClearAudio,
        ClientEvent::TruncateItem {
            item_id: "item_1".to_owned(),
            content_index: 0,
            audio_end_ms: 1_480,
        },
        ClientEvent::DeleteItem {
            item_id: "item_1".to_owned(),
        },
        ClientEvent::CreateResponse(ResponseRequest::default()),
        ClientEvent::CreateResponse(ResponseRequest {
            max_output_tokens: Some(200),
            tool_choice: Some(ToolChoice::None),
            metadata: vec![("purpose".to_owned(), "greeting".to_owned())],
            ..ResponseRequest::saying("Greet the caller.")
        }),
        ClientEvent::CancelResponse { response_id: None },
        ClientEvent::CancelResponse {
            response_id: Some("resp_1".to_owned()),
        },
    ]);
    events
}

#[test]
fn everything_we_send_is_valid() {
    let judge = Judge::of("ClientEvent");
    for event in everything_we_send() {
        for id in [None, Some("phony-1")] {
            let event = event.to_json(id);
            assert_eq!(judge.faults(&event), Vec::<String>::new(), "{event}");
            assert_eq!(event.get("event_id").and_then(Value::as_str), id);
        }
    }
    let mut audio = String::new();
    append_into(&mut audio, &STANDARD.encode([0xff; 160])).unwrap();
    let audio: Value = serde_json::from_str(&audio).unwrap();
    assert_eq!(judge.faults(&audio), Vec::<String>::new());
}

#[test]
fn the_whole_session_is_named_and_audio_has_no_rate() {
    let event = ClientEvent::Configure(Box::new(configs()[0].clone())).to_json(None);
    let audio = &event["session"]["audio"];
    for side in ["input", "output"] {
        assert_eq!(audio[side]["format"], json!({"type": "audio/pcmu"}));
    }
    assert_eq!(audio["input"]["turn_detection"]["silence_duration_ms"], 500);
    assert_eq!(event["session"]["output_modalities"], json!(["audio"]));
    assert_eq!(event["session"]["max_output_tokens"], "inf");
    let manual = ClientEvent::Configure(Box::new(configs()[3].clone())).to_json(None);
    let turns = manual.pointer("/session/audio/input/turn_detection");
    assert_eq!(
        turns,
        Some(&Value::Null),
        "an absent member would leave the default in force"
    );
}

#[test]
fn settings_that_would_be_refused_are_found_before() {
    let check = |change: &dyn Fn(&mut SessionConfig)| {
        let mut config = configs()[1].clone();
        change(&mut config);
        config.check().map_err(|invalid| invalid.0)
    };
    for config in configs() {
        assert_eq!(config.check(), Ok(()));
    }
    assert_eq!(check(&|c| c.speed = Some(3.0)), Err("speed"));
    assert_eq!(check(&|c| c.speed = Some(f64::NAN)), Err("speed"));
    assert_eq!(
        check(&|c| c.max_output_tokens = Some(0)),
        Err("max_output_tokens")
    );
    assert_eq!(check(&|c| c.retention_ratio = Some(1.5)), Err("retention_ratio"));
    let vad = |threshold: f64, idle_timeout_ms: Option<u32>| {
        check(&|c| {
            c.turn_detection = TurnDetection::ServerVad {
                threshold,
                prefix_padding_ms: 300,
                silence_duration_ms: 500,
                idle_timeout_ms,
                create_response: true,
                interrupt_response: true,
            };
        })
    };
    assert_eq!(vad(0.5, Some(1_000)), Err("turn_detection.idle_timeout_ms"));
    assert_eq!(vad(1.5, None), Err("turn_detection.threshold"));
}

#[test]
fn samples_are_judged_as_published() {
    for direction in ["ClientEvent", "ServerEvent"] {
        let judge = Judge::of(direction);
        for event in samples("valid", direction) {
            assert_eq!(judge.faults(&event), Vec::<String>::new(), "{event}");
        }
        for event in samples("invalid", direction) {
            assert!(!judge.faults(&event).is_empty(), "{event}");
        }
    }
}
