//! The product's own client: it holds a session here, and what it sends fits the schema, too.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phony_models::realtime::protocol::{
    ClientEvent, NewItem, Placement, ResponseRequest, ServerEvent, SessionConfig, Tool, Transcription,
};
use phony_models::realtime::{RealtimeClient, RealtimeConfig, RealtimeErrorKind, RealtimeSession};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::peer::{is_client_event, record, silence, voice};
use crate::support::{self, Sim};

fn client(sim: &Sim) -> RealtimeClient {
    let url = sim.url("/v1/realtime").replace("http://", "ws://");
    RealtimeClient::new(&RealtimeConfig::new(url, Some("sk-test".into()))).unwrap()
}

fn config() -> SessionConfig {
    let mut config = SessionConfig::new("You are Maya, a receptionist.", "marin");
    config.transcription = Some(Transcription {
        model: "gpt-transcribe".to_owned(),
        language: Some("en".to_owned()),
        keywords: vec!["crown".to_owned()],
    });
    let Value::Object(parameters) =
        json!({"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]})
    else {
        return config;
    };
    config.tools = vec![
        Tool {
            name: "transfer".to_owned(),
            description: "Hands the caller over.".to_owned(),
            parameters,
        },
        Tool {
            name: "end_call".to_owned(),
            description: "Hangs up.".to_owned(),
            parameters: Map::new(),
        },
    ];
    config
}

/// Reads until `wanted` says yes.
async fn until(session: &mut RealtimeSession, mut wanted: impl FnMut(&ServerEvent<'_>) -> bool) {
    let reading = async {
        loop {
            let incoming = session.recv().await.unwrap();
            let event = incoming.event().unwrap();
            if wanted(&event) {
                break;
            }
        }
    };
    timeout(Duration::from_secs(60), reading).await.unwrap();
}

#[tokio::test]
async fn it_talks_calls_a_function_and_says_goodbye() {
    let sim = support::start().await;
    let question = voice(&sim, "I want to talk to a person, please.").await;
    let (mut session, info) = client(&sim).open("gpt-realtime-2.1", &config()).await.unwrap();
    assert!(info.is_mulaw() && info.expires_at.is_some());
    for frame in question.chunks(160).chain(silence(1_000).chunks(160)) {
        session.send_audio(&STANDARD.encode(frame)).unwrap().unwrap();
    }
    let (mut words, mut said, mut bytes, mut call) = (None, String::new(), 0, None);
    until(&mut session, |event| {
        match event {
            ServerEvent::TranscriptionCompleted { transcript, .. } => words = Some(transcript.clone()),
            ServerEvent::TranscriptDelta(delta) => said.push_str(&delta.delta),
            ServerEvent::AudioDelta(delta) => bytes += STANDARD.decode(&*delta.base64).unwrap().len(),
            ServerEvent::ArgumentsDone(done) => call = Some((**done).clone()),
            _ => {}
        }
        words.is_some() && matches!(event, ServerEvent::ResponseDone(done) if done.usage.is_some())
    })
    .await;
    assert_eq!(words.as_deref(), Some("I want to talk to a person, please."));
    assert_eq!(said, "Of course, I will connect you with billing now.");
    assert!(bytes > 8_000);
    let call = call.unwrap();
    assert_eq!(
        (call.name.as_deref(), call.arguments.as_str()),
        (Some("transfer"), r#"{"to":"billing"}"#)
    );

    let mut item = String::new();
    for event in [
        ClientEvent::CreateItem {
            item: NewItem::FunctionOutput {
                call_id: call.call_id,
                output: json!({"error": "target_not_allowed"}).to_string(),
            },
            placement: Placement::End,
        },
        ClientEvent::CreateItem {
            item: NewItem::System("The caller is a friend.".to_owned()),
            placement: Placement::Start,
        },
        ClientEvent::CreateItem {
            item: NewItem::Assistant("Hello.".to_owned()),
            placement: Placement::Start,
        },
        ClientEvent::CreateResponse(ResponseRequest::saying(
            "Say exactly this, word for word: \"One moment.\"",
        )),
    ] {
        session.send(&event, Some("ours")).unwrap();
    }
    until(&mut session, |event| {
        if let ServerEvent::OutputItemDone(done) = event {
            item.clone_from(&done.item.id);
        }
        matches!(event, ServerEvent::ResponseDone(done) if done.output[0].words() == "One moment.")
    })
    .await;
    for event in [
        ClientEvent::TruncateItem {
            item_id: item.clone(),
            content_index: 0,
            audio_end_ms: 200,
        },
        ClientEvent::DeleteItem { item_id: item },
        ClientEvent::ClearAudio,
        ClientEvent::CommitAudio,
        ClientEvent::CancelResponse { response_id: None },
    ] {
        session.send(&event, None).unwrap();
    }
    let mut codes = Vec::new();
    until(&mut session, |event| {
        if let ServerEvent::Error(fault) = event {
            codes.push(fault.code.clone().unwrap());
        }
        codes.len() == 2
    })
    .await;
    assert_eq!(
        codes,
        ["input_audio_buffer_commit_empty", "response_cancel_not_active"]
    );
    session.close().await;

    let record = record(&sim).await;
    assert_eq!(
        (&record["closed"]["by"], &record["closed"]["code"]),
        (&json!("client"), &json!(1000))
    );
    assert_eq!(record["audio"]["bytes_before_update"], 0);
    let received = record["received"].as_array().unwrap();
    assert!(received.len() >= 10);
    for entry in received {
        assert!(is_client_event(&entry["event"]), "{entry:#}");
    }
}

#[tokio::test]
async fn it_sees_each_fault_for_what_it_is() {
    use RealtimeErrorKind as K;
    let sim = support::start().await;
    for (kind, expected) in [
        ("invalid_key", K::Unauthenticated),
        ("model_not_found", K::ModelNotFound),
        ("quota", K::QuotaExhausted),
        ("beta_shape", K::BetaShape),
        ("forbidden", K::Forbidden),
        ("rate_limited", K::RateLimited),
        ("overloaded", K::Server),
        ("never_updated", K::StartTimeout),
        ("session_expired", K::SessionExpired),
        ("drop", K::Disconnected),
    ] {
        let (status, _) = sim
            .sim("POST", "/faults", json!({"target": "realtime", "kind": kind}))
            .await;
        assert_eq!(status, 201);
        let error = client(&sim)
            .open("gpt-realtime-2.1", &config())
            .await
            .unwrap_err();
        assert_eq!(error.kind, expected, "{kind}");
        sim.sim("DELETE", "/faults", Value::Null).await;
    }
}
