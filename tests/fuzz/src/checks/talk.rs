//! A whole conversation: the core with inputs in any order and any words. A seed is a script, one input a line.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use phony_conversation::command::{Action, Actor, Command, SayMode, SayWhen};
use phony_conversation::core::inline::{InlineCommand, is_digits};
use phony_conversation::core::{Core, Effect, Input, ModelUsage, Now, ReplyId};
use phony_conversation::event::Event;
use phony_conversation::plan::{CallPlan, TransferTarget};
use phony_conversation::snapshot::Snapshot;
use phony_kernel::call::Engine;
use phony_kernel::{E164, ItemId};

/// Longest script.
const MAX_STEPS: usize = 200;

/// No mark of a command is ever spoken, one request is open at a time, nothing happens after the end, the clock always
/// goes on, and the events tell the same again.
pub fn talk(data: &[u8]) {
    let Some(script) = super::text(data) else { return };
    let mut lines = script.lines();
    let Some(mut talk) = lines.next().and_then(Talk::new) else {
        return;
    };
    for line in lines.take(MAX_STEPS) {
        talk.step(line);
    }
    talk.check_events();
}

struct Talk {
    core: Core,
    ms: u64,
    open: Option<ReplyId>,
    over: bool,
    given_back: bool,
    /// What was spoken since the last end of a talk cycle.
    cycle: String,
    line: ItemId,
    events: Vec<Event>,
    acts: u32,
}

impl Talk {
    fn new(head: &str) -> Option<Self> {
        let mut plan = CallPlan::example();
        plan.engine = match head {
            "relay" => Engine::Relay,
            "realtime" => Engine::Realtime,
            "gather" => Engine::Gather,
            _ => return None,
        };
        let e164 = E164::from_canonical("+14155550134").ok()?;
        let alias = "billing".to_owned();
        plan.personality.transfer_targets = vec![TransferTarget::cold(alias, e164)];
        let ms = 1_000;
        Some(Self {
            core: Core::new(Arc::new(plan), now(ms)),
            ms,
            open: None,
            over: false,
            given_back: false,
            cycle: String::new(),
            line: ItemId::new(),
            events: Vec::new(),
            acts: 0,
        })
    }

    fn step(&mut self, line: &str) {
        let (word, text) = line.split_once(' ').unwrap_or((line, ""));
        let reply = self.open.unwrap_or(self.line);
        let text = text.to_owned();
        let input = match word {
            "wait" => return self.pass(text.parse().unwrap_or(500)),
            "connected" => Input::Connected,
            "partial" => Input::CallerPartial { text },
            "final" => Input::CallerFinal { text, language: None },
            "voice" => {
                self.line = ItemId::new();
                Input::CallerSpeaking { line: self.line }
            }
            "turn" => Input::CallerTurn {
                line: self.line,
                quiet_ms: 500,
            },
            "words" => Input::CallerWords {
                line: self.line,
                text,
                language: None,
            },
            "noise" => Input::CallerNoise { line: self.line },
            "silent" => Input::NoInput,
            "key" => Input::Dtmf { digit: text },
            "cut" => Input::CallerInterrupted {
                heard: text,
                heard_ms: Some(10),
            },
            "played" => Input::Played { text },
            "speaks" => Input::AgentSpeaking { on: true },
            "quiet" => Input::AgentSpeaking { on: false },
            "token" => Input::ModelToken { reply, text },
            "break" => Input::ModelToken {
                reply,
                text: "\n".to_owned(),
            },
            "does" => Input::ModelCommand {
                reply,
                command: command(&text),
            },
            "done" => {
                self.open = None;
                Input::ModelFinished {
                    reply,
                    usage: Some(ModelUsage {
                        text_in: 9,
                        text_out: 2,
                        ..ModelUsage::default()
                    }),
                }
            }
            "fails" => {
                self.open = None;
                let retryable = text.is_empty();
                Input::ModelFailed {
                    reply,
                    retryable,
                    retry_after_ms: None,
                    detail: text,
                }
            }
            "down" => Input::EngineDown { detail: text },
            "say" => self.act(Action::Say {
                text,
                mode: SayMode::Verbatim,
                when: SayWhen::Now,
            }),
            "later" => self.act(Action::Say {
                text,
                mode: SayMode::Verbatim,
                when: SayWhen::AfterTurn,
            }),
            "guide" => self.act(Action::Say {
                text,
                mode: SayMode::Guidance,
                when: SayWhen::Now,
            }),
            "press" => self.act(Action::Dtmf { digits: text }),
            "transfer" => self.act(Action::Transfer {
                to: text,
                kind: None,
                brief: None,
                stay_as: None,
                allowed: false,
            }),
            "end" => self.act(Action::End {
                say: (!text.is_empty()).then_some(text),
            }),
            "lost" => Input::SocketClosed { cause: text },
            "hungup" => Input::CallerHungUp,
            "drain" => Input::Drain,
            _ => return,
        };
        self.put(input);
    }

    fn act(&mut self, action: Action) -> Input {
        self.acts += 1;
        let actor = Actor {
            id: "usr_1".to_owned(),
            name: "Mia".to_owned(),
        };
        Input::Command(Command {
            action_id: format!("a{}", self.acts),
            actor,
            action,
        })
    }

    fn put(&mut self, input: Input) {
        if matches!(input, Input::SocketClosed { .. }) {
            self.cycle.clear();
        }
        let mut out = Vec::new();
        self.core.on_input(now(self.ms), input, &mut out);
        self.take(out);
    }

    fn pass(&mut self, ms: u64) {
        let end = self.ms + ms.min(600_000);
        let mut left = 2_000;
        while let Some(due) = self.core.deadline().filter(|due| *due <= end) {
            self.ms = self.ms.max(due);
            let mut out = Vec::new();
            self.core.on_deadline(now(self.ms), &mut out);
            self.take(out);
            left -= 1;
            assert!(left > 0, "the core asks for the same time again and again");
        }
        self.ms = end;
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            assert!(
                !self.over || matches!(effect, Effect::Acted { .. }),
                "{effect:?} after the end"
            );
            match effect {
                Effect::Speak { text, last, .. } => {
                    assert!(!self.given_back, "words after the call was given back");
                    self.cycle.push_str(&text);
                    assert!(
                        !self.cycle.contains("[[") && !self.cycle.contains("]]"),
                        "{}",
                        self.cycle
                    );
                    if last {
                        self.cycle.clear();
                    }
                }
                Effect::AskModel { reply, messages, .. } => {
                    assert_eq!(self.open.replace(reply), None, "two requests");
                    for message in messages.iter().skip(1) {
                        assert!(!message.content.contains("[[") && !message.content.contains("]]"));
                    }
                }
                Effect::CancelModel { reply } => assert_eq!(self.open.take(), Some(reply)),
                Effect::SendDigits { digits } => {
                    assert!((1..=32).contains(&digits.len()));
                    assert!(digits.bytes().all(|key| b"0123456789*#w".contains(&key)));
                }
                Effect::EndSession { .. } => {
                    assert!(!self.given_back, "given back twice");
                    self.given_back = true;
                }
                Effect::Use(usage) => assert!(usage.quantity > 0),
                Effect::Emit(event) => {
                    assert_eq!(event.seq, self.events.len() as u64 + 1);
                    self.events.push(event);
                }
                Effect::Finish(_) | Effect::Release => self.over = true,
                _ => {}
            }
        }
        assert!(!self.over || (self.core.is_over() && self.core.deadline().is_none()));
    }

    /// Folding the events, and some of them twice, gives one picture; so does reading them back from where they are kept.
    fn check_events(&self) {
        let fold = |events: &mut dyn Iterator<Item = &Event>| {
            let mut picture = Snapshot::default();
            for event in events {
                picture.apply(event);
            }
            picture
        };
        let once = fold(&mut self.events.iter());
        let half = &self.events[self.events.len() / 2..];
        assert_eq!(once, fold(&mut self.events.iter().chain(half)));
        let stored = serde_json::to_string(&self.events).unwrap_or_default();
        let back: Vec<Event> = serde_json::from_str(&stored).unwrap_or_default();
        assert_eq!(back, self.events);
    }
}

fn now(ms: u64) -> Now {
    let began = DateTime::<Utc>::from_timestamp_millis(1_795_226_400_000).unwrap_or_default();
    Now {
        ms,
        at: began + TimeDelta::milliseconds(i64::try_from(ms).unwrap_or_default()),
    }
}

/// A function that the model calls, whose arguments are the model's own words; keys are checked where they are read.
fn command(text: &str) -> InlineCommand {
    let (name, argument) = text.split_once(' ').unwrap_or((text, ""));
    let argument = argument.to_owned();
    match name {
        "press" if is_digits(&argument) => InlineCommand::Press(argument),
        "transfer" => InlineCommand::Transfer(argument),
        "end" => InlineCommand::EndCall,
        "ask" => InlineCommand::RequestUser(argument),
        _ => InlineCommand::Malformed(argument),
    }
}
