//! What is acceptable in the settings of the `realtime` engine, and who speaks first.

use std::ops::RangeInclusive;

use phony_conversation::plan::{GreetingPolicy, RealtimeSettings, TurnDetection};
use phony_kernel::error::Faults;
use phony_models::catalog;

use super::draft::Bounds;

/// How loud speech may be said to be.
const THRESHOLD: RangeInclusive<f64> = 0.0..=1.0;
/// How fast a voice may be told to speak.
const SPEED: RangeInclusive<f64> = 0.25..=1.5;
/// Audio before the speech that belongs to it.
const PREFIX_PADDING_MS: RangeInclusive<u32> = 0..=2_000;
/// Silence that ends a turn: shorter cuts every word off, longer feels like a dead line.
const SILENCE_MS: RangeInclusive<u32> = 100..=5_000;

/// Who speaks first: the agent when it has words, unless something else is said.
pub(super) fn check_policy(
    faults: &mut Faults,
    policy: Option<GreetingPolicy>,
    greeting: Option<&str>,
) -> GreetingPolicy {
    if policy == Some(GreetingPolicy::AgentFirst) && greeting.is_none() {
        faults.add(
            "greeting",
            "required",
            "is needed when the agent speaks first, word for word",
        );
    }
    policy.unwrap_or_default()
}

/// Checks every setting.
pub(super) fn check_realtime(faults: &mut Faults, settings: &RealtimeSettings, bounds: Bounds<'_>) {
    if let Some(model) = &settings.model {
        check_model(faults, model, bounds);
    }
    faults.require(
        SPEED.contains(&settings.speed),
        "realtime.speed",
        "out_of_range",
        "must be from 0.25 to 1.5",
    );
    if let TurnDetection::ServerVad {
        threshold,
        prefix_padding_ms,
        silence_duration_ms,
    } = &settings.turn_detection
    {
        faults.require(
            THRESHOLD.contains(threshold),
            "realtime.turn_detection.threshold",
            "out_of_range",
            "must be from 0 to 1",
        );
        faults.require(
            PREFIX_PADDING_MS.contains(prefix_padding_ms),
            "realtime.turn_detection.prefix_padding_ms",
            "out_of_range",
            "must be at most 2000",
        );
        faults.require(
            SILENCE_MS.contains(silence_duration_ms),
            "realtime.turn_detection.silence_duration_ms",
            "out_of_range",
            "must be from 100 to 5000",
        );
    }
}

fn check_model(faults: &mut Faults, model: &str, bounds: Bounds<'_>) {
    let before = bounds.before.and_then(|before| before.realtime.model.as_deref());
    if model == bounds.realtime_model || before == Some(model) {
        return;
    }
    match catalog::realtime_model(model).and_then(catalog::RealtimeModel::model) {
        None => faults.add(
            "realtime.model",
            "unknown_model",
            "is not a speech-to-speech model that we know",
        ),
        Some(known) if !known.is_served_on(bounds.today) => faults.add(
            "realtime.model",
            "model_retired",
            "is not served any more by its provider",
        ),
        Some(_) => {}
    }
}
