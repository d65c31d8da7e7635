//! What a tenant sets on its number: who answers, whose calls, when, and what else happens.

use phony_db::numbers::{self, NumberChange, NumberStatus};
use phony_db::recordings::policy;
use phony_db::{TenantTx, personalities};
use phony_kernel::call::Engine;
use phony_kernel::callers::{AfterHours, AfterHoursAction, CallerPolicy};
use phony_kernel::error::Faults;
use phony_kernel::hours::BusinessHours;
use phony_kernel::recording::{RecordingConsent, RecordingMode};
use phony_kernel::{E164, NumberId, PersonalityId, Result};
use serde_json::json;

use super::{Number, Numbers, check_personality, get, not_held, note, sync};
use crate::Principal;
use crate::outbound_policy;
use crate::personalities::capabilities::ENGINES;

/// Longest label, in characters.
const MAX_LABEL: usize = 64;
/// Longest message to a caller who is not taken, in characters: half a minute of speech.
const MAX_MESSAGE: usize = 300;

/// What to set; what is absent stays. Telephone numbers may be in any common way of writing.
#[derive(Debug, Clone, Default)]
pub struct NumberPatch {
    /// What the tenant calls it.
    pub label: Option<String>,
    /// Who answers.
    pub personality_id: Option<PersonalityId>,
    /// How its calls are spoken.
    pub engine: Option<Engine>,
    /// What a caller hears who cannot be taken; an empty text takes our words.
    pub busy_message: Option<String>,
    /// Where a caller is sent who cannot be taken; an empty text sends nobody anywhere.
    pub overflow_e164: Option<String>,
    /// Whose calls are answered.
    pub caller_policy: Option<CallerPolicy>,
    /// What a caller hears whom nobody knows; an empty text takes our words.
    pub unknown_caller_message: Option<String>,
    /// What a contact hears who has not the premium plan; an empty text takes our words.
    pub not_premium_message: Option<String>,
    /// When somebody is there; `Some(None)` is always.
    pub hours: Option<Option<BusinessHours>>,
    /// What callers meet at other times; `Some(None)` is a message in our words.
    pub after_hours: Option<Option<AfterHoursInput>>,
    /// What rings when nothing of ours answers; an empty text is nothing.
    pub fallback_e164: Option<String>,
    /// What is recorded of its calls, and how callers are told.
    pub recording: Option<RecordingPatch>,
}

/// What is recorded of a number's calls; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct RecordingPatch {
    /// When.
    pub mode: Option<RecordingMode>,
    /// How callers are told.
    pub consent: Option<RecordingConsent>,
    /// In which words; an empty text takes ours.
    pub notice: Option<String>,
}

/// What callers meet outside of business hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterHoursInput {
    /// What happens.
    pub action: AfterHoursAction,
    /// What they hear.
    pub message: Option<String>,
    /// Who answers then.
    pub personality_id: Option<PersonalityId>,
    /// Where they are sent then.
    pub forward_e164: Option<String>,
}

impl Numbers {
    /// Says who answers a number and how.
    ///
    /// # Errors
    /// `not_found`, `validation_failed`, or `number_not_held` when it was released or never came.
    pub async fn update(&self, who: &Principal, id: NumberId, patch: NumberPatch) -> Result<Number> {
        let mut faults = Faults::new();
        if let Some(label) = &patch.label {
            check_label(&mut faults, label);
        }
        let mut tx = self.db.tenant(who.tenant).await?;
        let number = numbers::lock(&mut tx, id).await?;
        if let Some(personality) = patch.personality_id {
            check_personality(&mut tx, &mut faults, personality).await?;
        }
        check_engine(&mut faults, patch.engine);
        for (param, words) in [
            ("busy_message", &patch.busy_message),
            ("unknown_caller_message", &patch.unknown_caller_message),
            ("not_premium_message", &patch.not_premium_message),
        ] {
            if let Some(words) = words {
                faults.line(param, words, 0, MAX_MESSAGE);
            }
        }
        let overflow = match patch.overflow_e164.as_deref() {
            Some(text) => Some(check_elsewhere(&mut tx, &mut faults, "overflow_e164", text).await?),
            None => None,
        };
        let fallback = match patch.fallback_e164.as_deref() {
            Some(text) => Some(check_elsewhere(&mut tx, &mut faults, "fallback_e164", text).await?),
            None => None,
        };
        let recording = patch.recording.unwrap_or_default();
        if let Some(words) = &recording.notice {
            faults.line("recording.notice", words, 0, MAX_MESSAGE);
        }
        if let Some(Some(hours)) = &patch.hours {
            hours.check(&mut faults, "hours");
        }
        let after_hours = match &patch.after_hours {
            Some(Some(input)) => Some(Some(check_after_hours(&mut tx, &mut faults, input).await?)),
            Some(None) => Some(None),
            None => None,
        };
        faults.finish()?;
        if matches!(number.status, NumberStatus::Failed | NumberStatus::Released) {
            return Err(not_held());
        }
        let change = NumberChange {
            label: patch.label.as_deref().map(str::trim),
            personality: patch.personality_id,
            engine: patch.engine,
            busy_message: patch.busy_message.as_deref().map(str::trim),
            overflow: overflow.as_ref().map(Option::as_ref),
            caller_policy: patch.caller_policy,
            unknown_caller_message: patch.unknown_caller_message.as_deref().map(str::trim),
            not_premium_message: patch.not_premium_message.as_deref().map(str::trim),
            hours: patch.hours.as_ref().map(Option::as_ref),
            after_hours: after_hours.as_ref().map(Option::as_ref),
            fallback: fallback.as_ref().map(Option::as_ref),
        };
        let now = self.clock.now();
        numbers::change(&mut tx, id, &change, now).await?;
        let notice = recording.notice.as_deref().map(str::trim);
        policy::set_of_number(&mut tx, id, recording.mode, recording.consent, notice).await?;
        if change
            .fallback
            .is_some_and(|fallback| fallback != number.fallback.as_ref())
            && number.status == NumberStatus::Active
        {
            // The carrier keeps it, for when we cannot be asked.
            sync::ask(&mut tx, id).await?;
        }
        let detail = json!({
            "label": change.label, "personality_id": patch.personality_id, "engine": patch.engine,
            "busy_message": change.busy_message, "overflow_e164": patch.overflow_e164,
            "caller_policy": patch.caller_policy, "unknown_caller_message": change.unknown_caller_message,
            "not_premium_message": change.not_premium_message, "hours": patch.hours, "after_hours": after_hours,
            "fallback_e164": patch.fallback_e164, "recording": recording.mode, "recording_consent": recording.consent,
            "recording_notice": notice,
        });
        note(&mut tx, &who.actor().id, "number.configured", id, &detail, now).await?;
        let number = get(&mut tx, id).await?;
        tx.commit().await?;
        Ok(number)
    }
}

pub(super) fn check_label(faults: &mut Faults, label: &str) {
    faults.line("label", label, 0, MAX_LABEL);
}

pub(super) fn check_engine(faults: &mut Faults, engine: Option<Engine>) {
    faults.require(
        engine.is_none_or(|engine| ENGINES.contains(&engine)),
        "engine",
        "engine_unavailable",
        "is an engine that this installation does not run yet",
    );
}

/// A telephone that callers are sent to; not one of the tenant's own numbers, where they would be no better off.
async fn check_elsewhere(
    tx: &mut TenantTx,
    faults: &mut Faults,
    param: &str,
    text: &str,
) -> Result<Option<E164>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match E164::parse(text, None) {
        Ok(e164) if numbers::is_held(tx, &e164).await? => {
            faults.add(
                param,
                "own_number",
                "is a number that you hold here, and has no room either; take one elsewhere",
            );
            Ok(None)
        }
        Ok(e164) => {
            let allowed = outbound_policy::current(tx).await?.check_destination(&e164);
            if let Err(denied) = &allowed {
                faults.add(param, denied.code(), denied.public());
            }
            Ok(allowed.is_ok().then_some(e164))
        }
        Err(cause) => {
            faults.add(param, cause.code(), cause.to_string());
            Ok(None)
        }
    }
}

async fn check_after_hours(
    tx: &mut TenantTx,
    faults: &mut Faults,
    input: &AfterHoursInput,
) -> Result<AfterHours> {
    let message = input.message.as_deref().unwrap_or_default().trim().to_owned();
    faults.line("after_hours.message", &message, 0, MAX_MESSAGE);
    let mut after = AfterHours {
        action: input.action,
        message,
        personality_id: input.personality_id,
        forward_e164: None,
    };
    if let Some(text) = input.forward_e164.as_deref() {
        after.forward_e164 = check_elsewhere(tx, faults, "after_hours.forward_e164", text).await?;
    }
    if let Some(personality) = input.personality_id
        && !personalities::is_usable(tx, personality).await?
    {
        faults.add(
            "after_hours.personality_id",
            "unknown_personality",
            "is not a personality of yours",
        );
    }
    let blank = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    match input.action {
        AfterHoursAction::Personality if input.personality_id.is_none() => {
            faults.add("after_hours.personality_id", "required", "say who answers then");
        }
        AfterHoursAction::Forward if blank(&input.forward_e164) => {
            faults.add(
                "after_hours.forward_e164",
                "required",
                "say where callers are sent then",
            );
        }
        _ => {}
    }
    Ok(after)
}
