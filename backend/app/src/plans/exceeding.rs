//! What a company has that is more than a plan allows.

use phony_conversation::plan::Personality;
use phony_db::plans::{Holdings, OwnPersonality};
use phony_kernel::error::Faults;
use phony_kernel::plan::{Choice, Limits};
use phony_kernel::{Plan, Result};
use phony_models::catalog;
use serde::Serialize;

use crate::personalities::{PRESETS, Standards};

/// Names shown of one kind at the most.
const NAMES: usize = 100;

/// A thing that the company has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Held {
    /// Its id; absent for what has none.
    #[schema(required)]
    pub id: Option<String>,
    /// What people call it.
    pub name: String,
}

/// Things of one kind of which there are more than a plan allows, or of another sort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Exceeding {
    /// Which limit: `numbers`, `number_pools`, `personalities`, `voices`, `models`, `live_events`, `sso`,
    /// `concurrent_calls`.
    pub what: &'static str,
    /// How many there are.
    pub have: u32,
    /// How many the plan allows.
    pub allowed: u32,
    /// Which go beyond, newest last.
    pub names: Vec<Held>,
    /// What becomes of them, in words.
    pub then: &'static str,
}

/// Everything of `holdings` that goes beyond `limits`.
pub(super) fn of(holdings: &Holdings, limits: &Limits, standards: &Standards) -> Vec<Exceeding> {
    let mut found = Vec::new();
    let mut add = |what, allowed: Option<u32>, all: Vec<Held>, then| {
        let Some(allowed) = allowed else { return };
        let have = u32::try_from(all.len()).unwrap_or(u32::MAX);
        if have > allowed {
            let beyond = all
                .into_iter()
                .skip(usize::try_from(allowed).unwrap_or(usize::MAX));
            found.push(Exceeding {
                what,
                have,
                allowed,
                names: beyond.take(NAMES).collect(),
                then,
            });
        }
    };
    let held = |id: String, name: &str| Held {
        id: Some(id),
        name: name.to_owned(),
    };
    let numbers = holdings
        .numbers
        .iter()
        .map(|(id, e164)| held(id.to_string(), e164))
        .collect();
    add(
        "numbers",
        limits.numbers,
        numbers,
        "they go on working; no number can be added before some are released",
    );
    let pools = holdings
        .pools
        .iter()
        .map(|(_, name)| Held {
            id: None,
            name: name.clone(),
        })
        .collect();
    add(
        "number_pools",
        (!limits.number_pools).then_some(0),
        pools,
        "they go on working; no pool can be added or changed, but for taking numbers out of it",
    );
    let own = &holdings.personalities;
    let named = |keep: &dyn Fn(&OwnPersonality) -> bool| -> Vec<Held> {
        let kept = own.iter().filter(|who| keep(who));
        kept.map(|who| held(who.id.to_string(), &who.name)).collect()
    };
    add(
        "personalities",
        limits.personalities,
        named(&|_| true),
        "they go on answering; none can be added",
    );
    let voice = |who: &OwnPersonality| !has_voice(limits.voices, &who.voice, standards);
    add(
        "voices",
        Some(0),
        named(&voice),
        "they keep their voice; it cannot be chosen again",
    );
    let model = |who: &OwnPersonality| {
        let named = [Some(who.model.as_str()), who.realtime_model.as_deref()];
        !named
            .into_iter()
            .flatten()
            .all(|model| has_model(limits.models, model, standards))
    };
    add(
        "models",
        Some(0),
        named(&model),
        "they keep their model; it cannot be chosen again",
    );
    let keys = holdings.following_keys.iter();
    add(
        "live_events",
        (!limits.live_events).then_some(0),
        keys.map(|(id, name)| held(id.to_string(), name)).collect(),
        "they go on with the rest; what they follow live ends, and cannot be followed again",
    );
    let issuer = holdings.sso_issuer.iter();
    add(
        "sso",
        (!limits.sso).then_some(0),
        issuer
            .map(|issuer| Held {
                id: None,
                name: issuer.clone(),
            })
            .collect(),
        "people go on signing in by it; it cannot be changed, only taken away",
    );
    if let Some(allowed) = limits.concurrent_calls
        && holdings.calls > i64::from(allowed)
    {
        found.push(Exceeding {
            what: "concurrent_calls",
            have: u32::try_from(holdings.calls).unwrap_or(u32::MAX),
            allowed,
            names: Vec::new(),
            then: "they go on to their end; no call begins before fewer go on than the plan allows",
        });
    }
    found
}

/// Goes on only if the plan has the voice and the models of a personality, but for what it had before.
///
/// # Errors
/// `validation_failed` with every field.
pub(crate) fn check_choice(
    plan: Plan,
    body: &Personality,
    before: Option<&Personality>,
    standards: &Standards,
) -> Result<()> {
    let (limits, mut faults) = (plan.limits(), Faults::new());
    let text = format!("is not part of the {} plan", plan.as_str());
    let had = |same: &dyn Fn(&Personality) -> bool| before.is_some_and(same);
    if !has_voice(limits.voices, &body.voice, standards) && !had(&|before| before.voice == body.voice) {
        faults.add("voice", "plan_limit", text.as_str());
    }
    if !has_model(limits.models, &body.model, standards) && !had(&|before| before.model == body.model) {
        faults.add("model", "plan_limit", text.as_str());
    }
    let speech = body.realtime.model.as_deref();
    if !speech.is_none_or(|model| has_model(limits.models, model, standards))
        && !had(&|before| before.realtime.model == body.realtime.model)
    {
        faults.add("realtime.model", "plan_limit", text.as_str());
    }
    faults.finish()
}

/// Whether a plan's choice of voices holds one.
fn has_voice(choice: Choice, voice: &str, standards: &Standards) -> bool {
    match choice {
        Choice::Preset => voice == standards.voice || PRESETS.iter().any(|preset| preset.voice == voice),
        Choice::Several => !catalog::is_custom_voice(voice),
        Choice::Custom => true,
    }
}

/// Whether a plan's choice of models holds one.
fn has_model(choice: Choice, model: &str, standards: &Standards) -> bool {
    let standard = model.is_empty() || model == standards.model || model == standards.realtime_model;
    match choice {
        Choice::Preset => standard,
        Choice::Several => standard || catalog::find(model).is_some(),
        Choice::Custom => true,
    }
}
