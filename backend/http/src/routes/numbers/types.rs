//! What requests about numbers bring, and how numbers are shown.

use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::numbers::{AfterHoursInput, AvailableNumber, Drift, Number, RecordingPatch};
use phony_kernel::call::Engine;
use phony_kernel::callers::{AfterHours, AfterHoursAction, CallerPolicy};
use phony_kernel::hours::BusinessHours;
use phony_kernel::recording::{RecordingConsent, RecordingMode};
use phony_kernel::{E164, NumberId, PersonalityId};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::routes::MoneyView;
use crate::routes::personalities::CapabilityView;

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

/// A number on sale.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailableNumberView {
    /// The number.
    pub e164: E164,
    /// Town, where the carrier knows it.
    #[schema(required)]
    pub locality: Option<String>,
    /// State or region.
    #[schema(required)]
    pub region: Option<String>,
    /// ISO 3166 country.
    pub country: String,
    /// What it can do.
    pub capabilities: CapabilitiesView,
    /// What it costs a month.
    #[schema(required)]
    pub monthly_price: Option<MoneyView>,
}

/// What a number can do.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapabilitiesView {
    /// Calls.
    pub voice: bool,
    /// Text messages.
    pub sms: bool,
    /// Picture messages.
    pub mms: bool,
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

/// What is recorded of a number's calls, and how callers are told.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberRecordingView {
    /// When.
    pub mode: RecordingMode,
    /// How callers are told.
    pub consent: RecordingConsent,
    /// In which words; empty is the standard words.
    pub notice: String,
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

/// A phone number of the company.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberView {
    /// Its id.
    pub id: NumberId,
    /// The number.
    pub e164: E164,
    /// What you call it.
    pub label: String,
    /// ISO 3166 country.
    pub country: String,
    /// `pending`, `active`, `failed` or `released`.
    pub status: String,
    /// Why the purchase failed.
    #[schema(required)]
    pub failure: Option<String>,
    /// How its calls are spoken.
    pub engine: Engine,
    /// Who answers.
    #[schema(required)]
    pub personality: Option<PersonalityRefView>,
    /// What its engine cannot honour of who answers; null when nobody does.
    #[schema(required)]
    pub capability: Option<CapabilityView>,
    /// What callers hear when all lines are busy; empty is the standard words.
    pub busy_message: String,
    /// Where callers are sent then.
    #[schema(required)]
    pub overflow_e164: Option<E164>,
    /// Whose calls are answered.
    pub caller_policy: CallerPolicy,
    /// What callers hear whom nobody knows; empty is the standard words.
    pub unknown_caller_message: String,
    /// What contacts without the premium plan hear; empty is the standard words.
    pub not_premium_message: String,
    /// When somebody is there; null is always.
    #[schema(required)]
    pub hours: Option<BusinessHours>,
    /// What callers meet at other times; null is a message in the standard words.
    #[schema(required)]
    pub after_hours: Option<AfterHours>,
    /// What rings when nothing of ours answers.
    #[schema(required)]
    pub fallback_e164: Option<E164>,
    /// What is recorded of its calls, and how callers are told.
    pub recording: NumberRecordingView,
    /// Whether the carrier still sends us what happens to it.
    pub webhooks: WebhooksView,
    /// When it was bought.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Whether the carrier still sends us what happens to a number.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhooksView {
    /// `in_sync`, `drifted`, or `unchecked` before the first look.
    pub status: WebhooksStatus,
    /// What was changed at the carrier.
    pub drift: Vec<DriftView>,
    /// When was last looked.
    #[schema(required)]
    pub checked_at: Option<DateTime<Utc>>,
}

/// How the settings of a number at the carrier stand.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhooksStatus {
    /// As they should be.
    InSync,
    /// Somebody changed them.
    Drifted,
    /// Nobody has looked yet.
    Unchecked,
}

/// One setting that was changed at the carrier.
#[derive(Debug, Serialize, ToSchema)]
pub struct DriftView {
    /// Which, by the carrier's name; `phone_number` is a number that is gone.
    #[schema(example = "voice_url")]
    pub field: String,
    /// What it should be.
    pub expected: String,
    /// What it is; empty is nothing.
    pub found: String,
}

/// A personality by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonalityRefView {
    /// Its id.
    pub id: PersonalityId,
    /// Its name.
    pub name: String,
}

impl From<AvailableNumber> for AvailableNumberView {
    fn from(number: AvailableNumber) -> Self {
        let capabilities = number.capabilities;
        Self {
            e164: number.e164,
            locality: number.locality,
            region: number.region,
            country: number.country,
            capabilities: CapabilitiesView {
                voice: capabilities.voice,
                sms: capabilities.sms,
                mms: capabilities.mms,
            },
            monthly_price: number.monthly_price.map(|price| MoneyView {
                amount: price.amount.to_string(),
                currency: price.currency,
            }),
        }
    }
}

impl From<Drift> for DriftView {
    fn from(drift: Drift) -> Self {
        Self {
            field: drift.field,
            expected: drift.expected,
            found: drift.found,
        }
    }
}

/// A number as it is shown, with what its engine makes of who answers.
pub(super) fn view(app: &App, number: Number) -> NumberView {
    let engine = number.engine;
    let capability = number
        .speaker
        .map(|speaker| app.personalities.capability(&speaker, engine).into());
    NumberView {
        id: number.id,
        e164: number.e164,
        label: number.label,
        country: number.country,
        status: number.status.as_str().to_owned(),
        failure: number.failure,
        engine,
        personality: number.personality.map(|personality| PersonalityRefView {
            id: personality.id,
            name: personality.name,
        }),
        capability,
        busy_message: number.busy_message,
        overflow_e164: number.overflow,
        caller_policy: number.caller_policy,
        unknown_caller_message: number.unknown_caller_message,
        not_premium_message: number.not_premium_message,
        hours: number.hours,
        after_hours: number.after_hours,
        fallback_e164: number.fallback,
        recording: NumberRecordingView {
            // Words that this build does not know record nothing, and tell.
            mode: RecordingMode::from_stored(&number.recording.mode).unwrap_or(RecordingMode::Off),
            consent: RecordingConsent::from_stored(&number.recording.consent)
                .unwrap_or(RecordingConsent::Announce),
            notice: number.recording.notice,
        },
        webhooks: WebhooksView {
            status: match (number.checked_at, number.drift.is_empty()) {
                (None, _) => WebhooksStatus::Unchecked,
                (Some(_), true) => WebhooksStatus::InSync,
                (Some(_), false) => WebhooksStatus::Drifted,
            },
            drift: number.drift.into_iter().map(Into::into).collect(),
            checked_at: number.checked_at,
        },
        created_at: number.created_at,
        updated_at: number.updated_at,
    }
}
