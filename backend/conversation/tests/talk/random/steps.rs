//! What can happen to a call, in any order.

use phony_conversation::command::{Action, Command, SayMode, SayWhen, TakeoverVia, TransferKind};
use phony_conversation::core::{Input, ModelUsage, ReplyId, TransferNews};
use phony_conversation::event::EventBody;
use phony_conversation::plan::ApprovalMode;
use proptest::prelude::*;

use crate::harness::{Talk, ben, mia, transfer};

/// One thing that happens to a call.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Pass(u64),
    Connected,
    Partial(String),
    Final(String),
    Key(char),
    Interrupted(usize),
    Played,
    Voice(bool),
    Token(String),
    Finished,
    Failed(bool),
    Stale,
    Act(u8, Action),
    Watch(bool, bool),
    Lease(bool),
    SupervisorWords(String),
    Closed,
    HungUp,
    Drain,
    News(TransferNews),
}

fn news() -> impl Strategy<Value = TransferNews> {
    let leg = || "CA2".to_owned();
    prop::sample::select(vec![
        TransferNews::Briefed {
            text: Some("They want [[press:1]] a refund.".to_owned()),
            response_id: None,
            used: None,
        },
        TransferNews::Briefed {
            text: None,
            response_id: None,
            used: None,
        },
        TransferNews::Placed { leg: leg() },
        TransferNews::Ringing { leg: leg() },
        TransferNews::Answered { leg: leg() },
        TransferNews::Answered { leg: leg() },
        TransferNews::Accepted { leg: leg() },
        TransferNews::Accepted { leg: leg() },
        TransferNews::Rejected { leg: leg() },
        TransferNews::Mailbox { leg: leg() },
        TransferNews::Over {
            leg: Some(leg()),
            reason: "busy".to_owned(),
        },
        TransferNews::Joined,
        TransferNews::NotJoined,
    ])
}

fn words() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "Hello there, how are you today?",
        "[[press:1]]",
        "[[end_call]]",
        "[[transfer:billing]]",
        "[[trans",
        "fer:+1900",
        "]]",
        "[[request_user:may I?]]",
        " and so on",
        "[",
        "]",
        "[[",
        "",
        "  ",
        "\n",
        "Number 12345.",
        "ünïcödé ☎",
    ])
    .prop_map(str::to_owned)
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (words(), any::<bool>(), any::<bool>()).prop_map(|(text, guidance, after)| Action::Say {
            text,
            mode: if guidance { SayMode::Guidance } else { SayMode::Verbatim },
            when: if after { SayWhen::AfterTurn } else { SayWhen::Now },
        }),
        1 => words().prop_map(|digits| Action::Dtmf { digits }),
        1 => Just(transfer("nobody", None)),
        1 => Just(transfer("billing", None)),
        2 => Just(transfer("billing", Some(TransferKind::Warm))),
        1 => Just(Action::Hold),
        1 => Just(Action::Unhold),
        1 => Just(Action::End { say: Some("Goodbye now.".to_owned()) }),
        1 => Just(Action::End { say: None }),
        2 => Just(Action::Approve { approval_id: "last".to_owned(), text: None }),
        1 => words().prop_map(|text| Action::Approve { approval_id: "last".to_owned(), text: Some(text) }),
        2 => words().prop_map(|text| Action::Reject { approval_id: "last".to_owned(), guidance: Some(text) }),
        1 => prop::sample::select(vec![
            ApprovalMode::Off, ApprovalMode::EveryTurn, ApprovalMode::FirstTurn, ApprovalMode::OnTools,
        ]).prop_map(|mode| Action::ApprovalMode { mode }),
        1 => any::<bool>().prop_map(|take| Action::Claim { take }),
        1 => any::<bool>().prop_map(|any| Action::Release { any }),
        1 => words().prop_map(|text| Action::Note { text }),
        2 => Just(Action::Takeover { via: TakeoverVia::Keyboard }),
        2 => Just(Action::Takeover { via: TakeoverVia::Microphone }),
        2 => words().prop_map(|note| Action::Handback { note: Some(note) }),
        2 => Just(Action::Clarify { clarification_id: "last".to_owned(), answer: "yes".to_owned(), decide: false }),
    ]
}

/// Any step, the common ones more often.
pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0u64..12_000).prop_map(Step::Pass),
        2 => Just(Step::Connected),
        2 => words().prop_map(Step::Partial),
        6 => words().prop_map(Step::Final),
        2 => prop::sample::select(vec!['1', '#', '*', 'x']).prop_map(Step::Key),
        3 => (0usize..12).prop_map(Step::Interrupted),
        1 => Just(Step::Played),
        2 => any::<bool>().prop_map(Step::Voice),
        14 => words().prop_map(Step::Token),
        8 => Just(Step::Finished),
        2 => any::<bool>().prop_map(Step::Failed),
        1 => Just(Step::Stale),
        6 => news().prop_map(Step::News),
        4 => (any::<u8>(), action()).prop_map(|(id, action)| Step::Act(id, action)),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(ben, on)| Step::Watch(ben, on)),
        2 => any::<bool>().prop_map(Step::Lease),
        1 => words().prop_map(Step::SupervisorWords),
        1 => Just(Step::Closed),
        1 => prop::sample::select(vec![Step::HungUp, Step::Drain, Step::Pass(1), Step::Pass(2), Step::Pass(3)]),
    ]
}

/// Lets a step happen; what it names is the newest of its kind.
pub(super) fn play(talk: &mut Talk, step: Step) {
    let open = talk.open.unwrap_or_else(ReplyId::new);
    match step {
        Step::Pass(ms) => talk.pass(ms),
        Step::Connected => talk.put(Input::Connected),
        Step::Partial(text) => talk.put(Input::CallerPartial { text }),
        Step::Final(text) => talk.caller(&text),
        Step::Key(key) => talk.put(Input::Dtmf {
            digit: key.to_string(),
        }),
        Step::Interrupted(words) => {
            let heard = talk.spoken.last().cloned().unwrap_or_default();
            let heard = heard.split_whitespace().take(words).collect::<Vec<_>>().join(" ");
            talk.put(Input::CallerInterrupted {
                heard,
                heard_ms: Some(10),
            });
        }
        Step::Played => talk.put(Input::Played {
            text: "Hello there".to_owned(),
        }),
        Step::Voice(on) => talk.put(Input::AgentSpeaking { on }),
        Step::Token(text) => talk.put(Input::ModelToken { reply: open, text }),
        Step::Finished => {
            talk.open = None;
            talk.put(Input::ModelFinished {
                reply: open,
                usage: Some(ModelUsage {
                    text_in: 9,
                    text_in_cached: 3,
                    text_out: 2,
                    ..ModelUsage::default()
                }),
            });
        }
        Step::Failed(retryable) => {
            talk.open = None;
            let detail = "fault".to_owned();
            talk.put(Input::ModelFailed {
                reply: open,
                retryable,
                retry_after_ms: None,
                detail,
            });
        }
        Step::Stale => {
            let stale = talk.asked.first().map_or_else(ReplyId::new, |(reply, _)| *reply);
            if talk.open != Some(stale) {
                talk.put(Input::ModelToken {
                    reply: stale,
                    text: "stale".to_owned(),
                });
                talk.put(Input::ModelFinished {
                    reply: stale,
                    usage: None,
                });
            }
        }
        Step::Act(id, mut action) => {
            if let Action::Clarify { clarification_id, .. } = &mut action {
                let last = talk.events.iter().rev().find_map(|event| match &event.body {
                    EventBody::ClarificationRequested { clarification_id, .. } => {
                        Some(clarification_id.to_string())
                    }
                    _ => None,
                });
                *clarification_id = last.unwrap_or_default();
            }
            if let Action::Approve { approval_id, .. } | Action::Reject { approval_id, .. } = &mut action {
                let last = talk.events.iter().rev().find_map(|event| match &event.body {
                    EventBody::ApprovalRequested { approval_id, .. } => Some(approval_id.to_string()),
                    _ => None,
                });
                *approval_id = last.unwrap_or_default();
            }
            let actor = if id % 5 == 0 { ben() } else { mia() };
            talk.put(Input::Command(Command {
                action_id: format!("a{}", id % 64),
                actor,
                action,
            }));
        }
        Step::Watch(is_ben, on) => {
            let actor = if is_ben { ben() } else { mia() };
            let socket = format!("socket of {}", actor.name);
            talk.put(if on {
                Input::Watching { socket, actor }
            } else {
                Input::WatchingEnded { socket }
            });
        }
        Step::Lease(kept) => {
            let (actor, via) = match talk.core.taken_over() {
                Some((actor, via)) => (actor.id.clone(), via),
                None => (mia().id, TakeoverVia::Keyboard),
            };
            talk.put(if kept {
                Input::TakeoverRenewed { actor, via }
            } else {
                Input::TakeoverLapsed { actor, via }
            });
        }
        Step::SupervisorWords(text) => talk.put(Input::SupervisorWords {
            line: ReplyId::new(),
            actor: mia(),
            text,
        }),
        Step::Closed => talk.put(Input::SocketClosed {
            cause: "reset".to_owned(),
        }),
        Step::HungUp => talk.put(Input::CallerHungUp),
        Step::Drain => talk.put(Input::Drain),
        Step::News(news) => {
            let transfer = talk.transfer().unwrap_or_else(ReplyId::new);
            talk.put(Input::Transfer { transfer, news });
        }
    }
}
