//! How numbers are shown.

use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::numbers::{AvailableNumber, Drift, Number};
use phony_kernel::call::Engine;
use phony_kernel::callers::{AfterHours, CallerPolicy};
use phony_kernel::hours::BusinessHours;
use phony_kernel::recording::{RecordingConsent, RecordingMode};
use phony_kernel::{E164, NumberId, PersonalityId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::MoneyView;
use crate::routes::personalities::CapabilityView;

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
