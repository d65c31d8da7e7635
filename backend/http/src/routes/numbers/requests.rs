//! What requests about numbers bring.

use phony_app::numbers::{AfterHoursInput, RecordingPatch};
use phony_kernel::PersonalityId;
use phony_kernel::call::Engine;
use phony_kernel::callers::{AfterHoursAction, CallerPolicy};
use phony_kernel::hours::BusinessHours;
use phony_kernel::recording::{RecordingConsent, RecordingMode};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What to look for among the numbers on sale.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// ISO 3166 country.
    #[param(example = "US")]
    pub country: String,
    /// Area code (US and Canada).
    #[param(example = "415")]
    pub area_code: Option<String>,
    /// Digits or letters that the number should contain.
    pub contains: Option<String>,
    /// `local`, `toll_free` or `mobile`; local when absent.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    pub kind: Option<String>,
}

/// Which number to buy: this one, or any in a country and area.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyNumberRequest {
    /// This number.
    #[serde(default)]
    #[schema(example = "+14155550134")]
    pub e164: Option<String>,
    /// Any number of this country.
    #[serde(default)]
    #[schema(example = "US")]
    pub country: Option<String>,
    /// In this area.
    #[serde(default)]
    #[schema(example = "415")]
    pub area_code: Option<String>,
    /// What you call it.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub label: Option<String>,
    /// Who answers; the Professional Assistant when absent.
    #[serde(default)]
    pub personality_id: Option<PersonalityId>,
    /// How calls are spoken; by `relay` when absent.
    #[serde(default)]
    pub engine: Option<Engine>,
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberPatchRequest {
    /// What you call it.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub label: Option<String>,
    /// Who answers.
    #[serde(default)]
    pub personality_id: Option<PersonalityId>,
    /// How calls are spoken.
    #[serde(default)]
    pub engine: Option<Engine>,
    /// What callers hear when all lines are busy; an empty text takes the standard words.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub busy_message: Option<String>,
    /// Where callers are sent then; an empty text sends them nowhere.
    #[serde(default)]
    #[schema(example = "+14155550199")]
    pub overflow_e164: Option<String>,
    /// Whose calls are answered.
    #[serde(default)]
    pub caller_policy: Option<CallerPolicy>,
    /// What callers hear whom nobody knows, where that matters; an empty text takes the standard words.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub unknown_caller_message: Option<String>,
    /// What contacts without the premium plan hear, where that matters; an empty text takes the standard words.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub not_premium_message: Option<String>,
    /// When somebody is there; null is always.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<BusinessHours>)]
    pub hours: Option<Option<BusinessHours>>,
    /// What callers meet at other times; null is a message in the standard words.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<AfterHoursRequest>)]
    pub after_hours: Option<Option<AfterHoursRequest>>,
    /// What rings when nothing of ours answers; an empty text is nothing.
    #[serde(default)]
    #[schema(example = "+14155550177")]
    pub fallback_e164: Option<String>,
    /// What is recorded of its calls, and how callers are told.
    #[serde(default)]
    pub recording: Option<RecordingPatchRequest>,
}

/// What is recorded of a number's calls; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordingPatchRequest {
    /// When.
    #[serde(default)]
    pub mode: Option<RecordingMode>,
    /// How callers are told.
    #[serde(default)]
    pub consent: Option<RecordingConsent>,
    /// In which words; an empty text takes the standard words.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub notice: Option<String>,
}

impl From<RecordingPatchRequest> for RecordingPatch {
    fn from(patch: RecordingPatchRequest) -> Self {
        Self {
            mode: patch.mode,
            consent: patch.consent,
            notice: patch.notice,
        }
    }
}

/// Tells null from nothing.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What callers meet outside of business hours.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AfterHoursRequest {
    /// What happens.
    pub action: AfterHoursAction,
    /// What they hear; empty is the standard words for a message, and none before they are forwarded.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub message: Option<String>,
    /// Who answers then.
    #[serde(default)]
    pub personality_id: Option<PersonalityId>,
    /// Where they are sent then.
    #[serde(default)]
    #[schema(example = "+14155550199")]
    pub forward_e164: Option<String>,
}

impl From<AfterHoursRequest> for AfterHoursInput {
    fn from(after: AfterHoursRequest) -> Self {
        Self {
            action: after.action,
            message: after.message,
            personality_id: after.personality_id,
            forward_e164: after.forward_e164,
        }
    }
}

/// Which number to take over: by the carrier's id of it, or the number.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportNumberRequest {
    /// The carrier's id of it.
    #[serde(default)]
    #[schema(example = "PN0123456789abcdef0123456789abcdef")]
    pub sid: Option<String>,
    /// The number.
    #[serde(default)]
    #[schema(example = "+14155550134")]
    pub e164: Option<String>,
    /// What you call it.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub label: Option<String>,
    /// Who answers; the Professional Assistant when absent.
    #[serde(default)]
    pub personality_id: Option<PersonalityId>,
    /// How calls are spoken; by `relay` when absent.
    #[serde(default)]
    pub engine: Option<Engine>,
}
