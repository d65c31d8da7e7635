//! What must hold of a call that people attend, whatever happens in it and in which order.

use std::collections::HashMap;

use phony_conversation::command::{Action, ActionStatus, TakeoverVia};
use phony_conversation::core::Effect;
use phony_conversation::event::{EventBody, Speaker};
use phony_conversation::supervision::{ApprovalDecision, ApprovalOutcome, TakeoverReason};
use proptest::prelude::*;

use crate::harness::Talk;

/// Nothing that is held is said before a person has said yes, or the personality says so when nobody does.
pub(crate) fn people_are_asked(talk: &Talk) -> Result<(), TestCaseError> {
    let mut written = Vec::new();
    let mut lines = HashMap::new();
    let mut open = None;
    for effect in &talk.effects {
        match effect {
            Effect::AskModel {
                reply,
                text_only: true,
                ..
            } => written.push(*reply),
            Effect::Speak {
                item, by_model, text, ..
            } if !text.is_empty() => {
                prop_assert!(!(*by_model && written.contains(item)), "said while held: {text}");
                prop_assert!(lines.get(item) != Some(&false), "said without approval: {text}");
            }
            Effect::Emit(event) => match &event.body {
                EventBody::ApprovalRequested {
                    approval_id, item_id, ..
                } => {
                    prop_assert!(open.is_none(), "two at once");
                    open = Some((*approval_id, *item_id));
                    lines.insert(*item_id, false);
                }
                EventBody::ApprovalDecided {
                    approval_id,
                    decision,
                    ..
                } => {
                    let (id, item) = open.take().expect("decided twice");
                    prop_assert_eq!(id, *approval_id);
                    let said = matches!(decision, ApprovalDecision::Approved | ApprovalDecision::Edited);
                    lines.insert(item, said);
                }
                EventBody::ApprovalExpired { approval_id, did } => {
                    let (id, item) = open.take().expect("expired twice");
                    prop_assert_eq!(id, *approval_id);
                    lines.insert(item, *did == ApprovalOutcome::Speak);
                }
                _ => {}
            },
            Effect::Finish(_) | Effect::Release => prop_assert!(open.is_none(), "left open"),
            _ => {}
        }
    }
    Ok(())
}

/// While a person speaks with the caller the agent does not, and it gets the call back once.
pub(crate) fn one_voice(talk: &Talk) -> Result<(), TestCaseError> {
    let mut taken: Option<(String, TakeoverVia)> = None;
    let mut speakers = HashMap::new();
    for effect in &talk.effects {
        match effect {
            Effect::Emit(event) => match &event.body {
                EventBody::SpeechStarted { item_id, speaker }
                | EventBody::SpeechFinal { item_id, speaker, .. } => {
                    speakers.insert(*item_id, *speaker);
                }
                EventBody::TakeoverChanged { actor, via, reason } => match actor {
                    Some(actor) => {
                        prop_assert_eq!(*reason, TakeoverReason::Taken);
                        let via = via.expect("a way");
                        let before = taken.replace((actor.id.clone(), via));
                        let changed = before.is_none_or(|(id, by)| id == actor.id && by != via);
                        prop_assert!(changed, "taken twice");
                    }
                    None => {
                        prop_assert!(taken.take().is_some(), "given back twice");
                        prop_assert!(via.is_none() && *reason != TakeoverReason::Taken);
                    }
                },
                _ => {}
            },
            Effect::AskModel { .. } => prop_assert!(taken.is_none(), "the model was asked"),
            Effect::Speak { item, text, .. } if !text.is_empty() => match &taken {
                None => {}
                Some((_, TakeoverVia::Microphone)) => prop_assert!(false, "two voices: {text}"),
                Some((_, TakeoverVia::Keyboard)) => {
                    prop_assert_eq!(speakers.get(item), Some(&Speaker::Supervisor), "{}", text);
                }
            },
            Effect::Finish(_) => prop_assert!(taken.is_none(), "taken over beyond the end"),
            _ => {}
        }
    }
    prop_assert_eq!(
        talk.core.taken_over().map(|(actor, via)| (actor.id.clone(), via)),
        taken.filter(|_| !talk.core.is_over())
    );
    Ok(())
}

/// While somebody handles the call, nobody else acts in it.
pub(crate) fn one_acts(talk: &Talk) -> Result<(), TestCaseError> {
    let mut holder: Option<String> = None;
    let mut begun = HashMap::new();
    for event in &talk.events {
        match &event.body {
            EventBody::SupervisionClaimed { actor } => {
                let now = actor.as_ref().map(|actor| actor.id.clone());
                prop_assert!(now != holder, "told again");
                holder = now;
            }
            EventBody::SupervisorAction {
                action_id,
                action,
                by,
                status,
                ..
            } => {
                let free = matches!(
                    action,
                    Action::Note { .. } | Action::Claim { take: true } | Action::Release { any: true }
                );
                let other = holder.as_ref().is_some_and(|holder| *holder != by.id);
                match status {
                    ActionStatus::Accepted => {
                        begun.insert(action_id.clone(), other && !free);
                    }
                    ActionStatus::Applied => {
                        prop_assert_eq!(begun.get(action_id), Some(&false), "{:?}", action);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    Ok(())
}
