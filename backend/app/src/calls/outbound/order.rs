//! What is asked for when a call is to be made, and what is kept of it with the call.

use std::collections::BTreeMap;

use phony_conversation::core::inline::is_digits;
use phony_kernel::call::Engine;
use phony_kernel::error::Faults;
use phony_kernel::{NumberPoolId, PersonalityId};
use serde::{Deserialize, Serialize};

use super::words;
use crate::outbound_policy::CallPurpose;
use crate::personalities::capabilities::ENGINES;

/// Longest opening message, and longest message for a mailbox, in characters.
pub(super) const MAX_WORDS: usize = 1_000;
const MAX_PAIRS: usize = 50;
const MAX_KEY: usize = 64;
const MAX_METADATA: usize = 500;
/// How long it rings when nobody says otherwise.
const RING_SECONDS: u32 = 30;

/// A call to be made, as it was asked for.
#[derive(Debug, Clone, Default)]
pub struct PlaceCall {
    /// Who is called, in any common way of writing.
    pub to: String,
    /// What the call is for.
    pub purpose: CallPurpose,
    /// By which number of the tenant; the oldest one when absent.
    pub from: Option<String>,
    /// Or by which pool of numbers.
    pub pool_id: Option<NumberPoolId>,
    /// Who talks; that of the number when absent.
    pub personality_id: Option<PersonalityId>,
    /// How it is spoken; that of the number when absent.
    pub engine: Option<Engine>,
    /// First words; the personality's greeting when absent.
    pub opening_message: Option<String>,
    /// How long it rings.
    pub answer_timeout_seconds: Option<u32>,
    /// Whether it is recorded; as the number says when absent.
    pub record: Option<bool>,
    /// What to do about machines; absent asks for no detection.
    pub machine_detection: Option<MachinePolicies>,
    /// The tenant's own notes.
    pub metadata: BTreeMap<String, String>,
    /// What the placeholders in the first words and in the personality stand for.
    pub variables: BTreeMap<String, String>,
}

/// What is done when this kind of thing answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MachineAction {
    /// Talk on.
    #[default]
    CarryOn,
    /// End the call.
    HangUp,
    /// Say `text`, after the beep of a mailbox, and end the call.
    LeaveMessage,
    /// Press `digits`, and talk on.
    Press,
}

/// What is done when one kind of thing answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MachinePolicy {
    /// What.
    pub action: MachineAction,
    /// The words of `leave_message`; placeholders are filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub text: Option<String>,
    /// The keys of `press`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32, example = "ww1")]
    pub digits: Option<String>,
}

/// What is done when something answers, for each kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MachinePolicies {
    /// A person; talk on when absent.
    #[serde(default)]
    pub person: Option<MachinePolicy>,
    /// A mailbox; hang up when absent.
    #[serde(default)]
    pub mailbox: Option<MachinePolicy>,
    /// A menu of keys; talk on when absent.
    #[serde(default)]
    pub menu: Option<MachinePolicy>,
    /// A call screener that asks who calls; talk on when absent.
    #[serde(default)]
    pub screening: Option<MachinePolicy>,
    /// It could not be told; talk on when absent.
    #[serde(default)]
    pub unsure: Option<MachinePolicy>,
}

/// What is kept of the order with the call: nothing that would have to be looked up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Whether a test key ordered it: it is made on the test carrier.
    #[serde(default)]
    pub test: bool,
    /// What it is for, by which the consents are that it needs.
    #[serde(default)]
    pub purpose: CallPurpose,
    /// The key by which the person rung opts out, as the policy had it; empty is none.
    #[serde(default)]
    pub opt_out_key: String,
    /// First words.
    pub opening: String,
    /// What placeholders in the personality stand for.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// How long it rings.
    pub ring_seconds: u32,
    /// Longest call.
    pub max_seconds: u32,
    /// Whether it is recorded; none is what the number says.
    #[serde(default)]
    pub record: Option<bool>,
    /// What to do about machines.
    #[serde(default)]
    pub machine: Option<MachinePolicies>,
}

impl PlaceCall {
    /// How long it rings.
    pub(super) fn ring_seconds(&self) -> u32 {
        self.answer_timeout_seconds.unwrap_or(RING_SECONDS)
    }

    /// Judges what can be judged without the database.
    pub(super) fn check(&self, faults: &mut Faults) {
        if let Some(words) = &self.opening_message {
            faults.text("opening_message", words, 1, MAX_WORDS);
        }
        faults.require(
            self.engine.is_none_or(|engine| ENGINES.contains(&engine)),
            "engine",
            "engine_unavailable",
            "is an engine that this installation does not run yet",
        );
        faults.require(
            (5..=600).contains(&self.ring_seconds()),
            "answer_timeout_seconds",
            "out_of_range",
            "must be from 5 to 600",
        );
        faults.require(
            self.from.is_none() || self.pool_id.is_none(),
            "pool_id",
            "exclusive",
            "give either a number or a pool",
        );
        for (param, map, most) in [
            ("metadata", &self.metadata, MAX_METADATA),
            ("variables", &self.variables, words::MAX_VALUE),
        ] {
            faults.require(
                map.len() <= MAX_PAIRS,
                param,
                "too_many",
                "may have up to 50 entries",
            );
            for (key, value) in map.iter().take(MAX_PAIRS) {
                let named =
                    key.chars().count() <= MAX_KEY && !key.is_empty() && !key.contains(char::is_control);
                faults.require(
                    named,
                    param,
                    "bad_key",
                    "has a key that is empty or longer than 64 characters",
                );
                let param = format!("{param}.{key}");
                faults.length(&param, value, 0, most);
                faults.require(
                    !value.contains('\0'),
                    &param,
                    "control_character",
                    "must be plain text",
                );
            }
        }
        for (kind, policy) in self.machine_detection.iter().flat_map(MachinePolicies::given) {
            policy.check(faults, &format!("machine_detection.{kind}"));
        }
    }
}

impl MachinePolicies {
    /// Those that were given, with their names.
    pub(super) fn given(&self) -> impl Iterator<Item = (&'static str, &MachinePolicy)> {
        [
            ("person", &self.person),
            ("mailbox", &self.mailbox),
            ("menu", &self.menu),
            ("screening", &self.screening),
            ("unsure", &self.unsure),
        ]
        .into_iter()
        .filter_map(|(name, policy)| Some((name, policy.as_ref()?)))
    }

    /// The same with every text changed.
    pub(super) fn map_texts(mut self, mut change: impl FnMut(&str) -> String) -> Self {
        for policy in [
            &mut self.person,
            &mut self.mailbox,
            &mut self.menu,
            &mut self.screening,
            &mut self.unsure,
        ] {
            if let Some(text) = policy.as_mut().and_then(|policy| policy.text.as_mut()) {
                *text = change(text);
            }
        }
        self
    }

    /// Whether a message is to be left, for which a mailbox's beep must be waited for.
    pub(super) fn leaves_message(&self) -> bool {
        self.given()
            .any(|(_, policy)| policy.action == MachineAction::LeaveMessage)
    }
}

impl MachinePolicy {
    fn check(&self, faults: &mut Faults, param: &str) {
        let message = self.action == MachineAction::LeaveMessage;
        let press = self.action == MachineAction::Press;
        let (text, digits) = (format!("{param}.text"), format!("{param}.digits"));
        faults.require(
            message || self.text.is_none(),
            &text,
            "unknown_field",
            "does not belong to this action",
        );
        faults.require(
            press || self.digits.is_none(),
            &digits,
            "unknown_field",
            "does not belong to this action",
        );
        if message {
            faults.text(&text, self.text.as_deref().unwrap_or_default(), 1, MAX_WORDS);
        }
        if press {
            let good = self.digits.as_deref().is_some_and(is_digits);
            faults.require(good, &digits, "bad_digits", "may hold 1 to 32 of 0-9 * # w");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_told_at_once() {
        let policy = |action, text: Option<&str>, digits: Option<&str>| {
            Some(MachinePolicy {
                action,
                text: text.map(str::to_owned),
                digits: digits.map(str::to_owned),
            })
        };
        let call = PlaceCall {
            opening_message: Some(String::new()),
            engine: Some(Engine::Pipeline),
            answer_timeout_seconds: Some(4),
            from: Some("+14155550134".to_owned()),
            pool_id: Some(NumberPoolId::new()),
            metadata: [(String::new(), "x".to_owned())].into(),
            variables: [("name".to_owned(), "x".repeat(1_001))].into(),
            machine_detection: Some(MachinePolicies {
                person: policy(MachineAction::CarryOn, Some("no"), None),
                mailbox: policy(MachineAction::LeaveMessage, None, None),
                menu: policy(MachineAction::Press, None, Some("x")),
                ..MachinePolicies::default()
            }),
            ..PlaceCall::default()
        };
        let mut faults = Faults::new();
        call.check(&mut faults);
        let error = faults.finish().unwrap_err();
        let found: Vec<&str> = error.fields().iter().map(|field| field.param.as_str()).collect();
        for param in [
            "opening_message",
            "engine",
            "answer_timeout_seconds",
            "pool_id",
            "metadata",
            "variables.name",
            "machine_detection.person.text",
            "machine_detection.mailbox.text",
            "machine_detection.menu.digits",
        ] {
            assert!(found.contains(&param), "{param} in {found:?}");
        }
    }
}
