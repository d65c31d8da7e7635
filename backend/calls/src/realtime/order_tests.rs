//! Any order of events, over the conversation and the translator together: never two replies at once, never sound
//! after the end, never sound of a reply that was taken back, every word of sound at most once.

use phony_conversation::command::{Action, Actor, Command, SayMode, SayWhen};
use phony_conversation::core::Input;
use phony_conversation::{EventBody, Snapshot};
use proptest::prelude::*;

use super::bridge::Bridge;
use super::hearing::Hearing;

mod world;

use world::{PIECE, Response, World, piece};

#[derive(Debug, Clone, Copy)]
enum Step {
    Pass(u64),
    Create,
    Sound(u8),
    Words(&'static str),
    Done(&'static str, Option<&'static str>),
    Foreign,
    SpeechStarted,
    SpeechStopped(u64),
    Written(Option<&'static str>),
    Marks(usize),
    StaleMark,
    Key(char),
    Say(u8, bool),
    Act(u8, bool),
    SessionLost,
    SessionBack,
    Down,
    SocketLost,
    SocketBack,
    HungUp,
}

fn step() -> impl Strategy<Value = Step> {
    let words = prop::sample::select(vec![
        "Hello there. ",
        "We open at nine ",
        "and close at five.",
        "",
        "  ",
    ]);
    let status = prop::sample::select(vec![
        "completed",
        "completed",
        "completed",
        "failed",
        "cancelled",
        "incomplete",
    ]);
    let call = prop::sample::select(vec![
        None,
        None,
        None,
        Some("end_call"),
        Some("press_keys"),
        Some("transfer"),
    ]);
    let written = prop::sample::select(vec![
        None,
        Some(""),
        Some("Mm-hm."),
        Some("No, wait."),
        Some("What are your hours?"),
    ]);
    prop_oneof![
        8 => (0u64..3_000).prop_map(Step::Pass),
        8 => Just(Step::Create),
        12 => (1u8..12).prop_map(Step::Sound),
        8 => words.prop_map(Step::Words),
        7 => (status, call).prop_map(|(status, call)| Step::Done(status, call)),
        1 => Just(Step::Foreign),
        5 => Just(Step::SpeechStarted),
        5 => (0u64..3_000).prop_map(Step::SpeechStopped),
        5 => written.prop_map(Step::Written),
        10 => (1usize..9).prop_map(Step::Marks),
        1 => Just(Step::StaleMark),
        1 => prop::sample::select(vec!['1', '#']).prop_map(Step::Key),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(id, after)| Step::Say(id, after)),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(id, end)| Step::Act(id, end)),
        1 => Just(Step::SessionLost),
        2 => Just(Step::SessionBack),
        1 => prop::sample::select(vec![Step::Down, Step::Pass(1), Step::Pass(2), Step::Pass(3)]),
        1 => prop::sample::select(vec![Step::SocketLost, Step::Pass(1), Step::Pass(2)]),
        1 => Just(Step::SocketBack),
        1 => prop::sample::select(vec![Step::HungUp, Step::Pass(1), Step::Pass(2), Step::Pass(3)]),
    ]
}

fn play(world: &mut World, step: Step) {
    use serde_json::json;
    match step {
        Step::Pass(ms) => world.pass(ms),
        Step::Create => {
            if world.asked.take().is_some() {
                world.responses += 1;
                let id = format!("resp_{}", world.responses);
                world.model(
                    &json!({"type": "response.created", "response": {"id": id, "status": "in_progress"}}),
                );
                world.open = Some(Response {
                    id,
                    pieces: 0,
                    cancelled: false,
                });
            }
        }
        Step::Sound(count) => {
            // Late sound of a cancelled response is what servers send.
            let Some(open) = &mut world.open else { return };
            let number: u16 = open.id.trim_start_matches("resp_").parse().unwrap();
            for _ in 0..count {
                open.pieces += 1;
                let sound = piece(number, open.pieces);
                world
                    .bridge
                    .on_sound(world.ms, &open.id, &format!("item_{number}"), sound);
            }
            world.sounds += u32::from(count);
        }
        Step::Words(text) => {
            if let Some(open) = &world.open {
                let id = open.id.clone();
                let number = id.trim_start_matches("resp_").to_owned();
                world.model(&json!({"type": "response.output_audio_transcript.delta", "response_id": id,
                    "item_id": format!("item_{number}"), "output_index": 0, "content_index": 0, "delta": text}));
            }
        }
        Step::Done(status, call) => {
            if let Some(open) = world.open.take() {
                let status = if open.cancelled { "cancelled" } else { status };
                let output: Vec<_> = call
                    .map(|name| {
                        json!({"type": "function_call", "id": "fc", "call_id": format!("call_{}", open.id),
                        "status": "completed", "name": name,
                        "arguments": "{\"keys\":\"12\",\"to\":\"billing\"}"})
                    })
                    .into_iter()
                    .collect();
                world.model(
                    &json!({"type": "response.done", "response": {"id": open.id, "status": status,
                    "output": output, "usage": {"input_tokens": 10, "output_tokens": 5}}}),
                );
            }
        }
        Step::Foreign => world.model(&json!({"type": "response.done",
            "response": {"id": "resp_foreign", "status": "completed", "output": []}})),
        Step::SpeechStarted => {
            world.said += 1;
            let id = format!("user_{}", world.said);
            let at = world.ms;
            world.model(
                &json!({"type": "input_audio_buffer.speech_started", "item_id": id, "audio_start_ms": at}),
            );
        }
        Step::SpeechStopped(_) | Step::Written(_) if world.said == 0 => {}
        Step::SpeechStopped(ms) => {
            let id = format!("user_{}", world.said);
            let at = world.ms + ms;
            world.model(
                &json!({"type": "input_audio_buffer.speech_stopped", "item_id": id, "audio_end_ms": at}),
            );
        }
        Step::Written(text) => {
            let id = format!("user_{}", world.said);
            world.model(&match text {
                Some(text) => json!({"type": "conversation.item.input_audio_transcription.completed",
                    "item_id": id, "content_index": 0, "transcript": text, "usage": {"type": "duration", "seconds": 1.2}}),
                None => json!({"type": "conversation.item.input_audio_transcription.failed", "item_id": id,
                    "content_index": 0, "error": {"type": "server_error", "message": "no"}}),
            });
        }
        Step::Marks(count) => {
            world.play_out();
            for _ in 0..count {
                if let Some(name) = world.marks.pop_front() {
                    world.bridge.on_mark(world.ms, &name);
                }
            }
        }
        Step::StaleMark => world.bridge.on_mark(world.ms, "0.480"),
        Step::Key(key) => world.input(Input::Dtmf {
            digit: key.to_string(),
        }),
        Step::Say(id, after) => act(
            world,
            id,
            Action::Say {
                text: "The supervisor speaks.".to_owned(),
                mode: SayMode::Verbatim,
                when: if after { SayWhen::AfterTurn } else { SayWhen::Now },
            },
        ),
        Step::Act(id, true) => act(
            world,
            id,
            Action::End {
                say: (id % 2 == 0).then(|| "Goodbye.".to_owned()),
            },
        ),
        Step::Act(id, false) => act(
            world,
            id,
            Action::Transfer {
                to: "billing".to_owned(),
                kind: None,
                brief: None,
                stay_as: None,
                allowed: false,
            },
        ),
        Step::SessionLost => world.lose_session(),
        Step::SessionBack if world.lost => {}
        Step::SessionBack => world.bridge.session_ready(world.ms),
        Step::Down => world.input(Input::EngineDown {
            detail: "no session".to_owned(),
        }),
        Step::SocketLost => {
            world.lost = true;
            world.lose_session();
            world.buffer.clear();
            let cause = "reset".to_owned();
            world.input(Input::SocketClosed { cause });
        }
        // Another socket has a wire of its own.
        Step::SocketBack if world.lost => {
            world.lost = false;
            world.marks.clear();
            (world.asked, world.open) = (None, None);
            world.bridge = Bridge::new(Hearing::new(300, 500), "gpt-transcribe");
            world.input(Input::Connected);
            world.bridge.session_ready(world.ms);
        }
        Step::SocketBack => {}
        Step::HungUp => world.input(Input::CallerHungUp),
    }
    world.settle();
}

fn act(world: &mut World, id: u8, action: Action) {
    let actor = Actor {
        id: "usr_1".to_owned(),
        name: "Mia".to_owned(),
    };
    world.input(Input::Command(Command {
        action_id: format!("a{}", id % 32),
        actor,
        action,
    }));
}

fn check(world: &World) -> Result<(), TestCaseError> {
    prop_assert!(world.faults.is_empty(), "{:?}", world.faults);
    prop_assert!(world.ended <= 1);
    for ((response, at), bytes) in &world.heard {
        // Every cut may play three milliseconds twice, and the clock knows whole milliseconds.
        prop_assert!(
            *bytes <= PIECE as u64 + 8 * 32,
            "piece {at} of {response}: {bytes} bytes"
        );
    }
    let mut snapshot = Snapshot::default();
    for (at, event) in world.events.iter().enumerate() {
        prop_assert_eq!(event.seq, at as u64 + 1);
        snapshot.apply(event);
        if let EventBody::SpeechInterrupted { heard, unheard, .. } = &event.body {
            prop_assert!(!heard.is_empty() || !unheard.is_empty());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_order_of_events_keeps_the_rules(steps in prop::collection::vec(step(), 1..90)) {
        let mut world = World::new();
        for step in steps {
            // A wire ends with its call.
            if world.ended > 0 {
                break;
            }
            play(&mut world, step);
            check(&world)?;
        }
        // Left alone, every call comes to its end.
        if world.ended == 0 {
            world.bridge.session_ready(world.ms);
            world.pass(4_000_000);
            check(&world)?;
            prop_assert_eq!(world.ended, 1);
        }
    }
}
