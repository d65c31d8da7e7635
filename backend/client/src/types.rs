//! The API's objects as a client reads them: the fields it uses by name, all others as they came, so
//! that a newer server's answer goes through unharmed.

use phony_kernel::call::{CallStatus, EndedReason};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One page of a list.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) data: Vec<T>,
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
}

/// Money, exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Decimal.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

/// A number on sale.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AvailableNumber {
    /// The number.
    pub e164: String,
    /// Town.
    #[serde(default)]
    pub locality: Option<String>,
    /// State or region.
    #[serde(default)]
    pub region: Option<String>,
    /// ISO 3166 country.
    #[serde(default)]
    pub country: String,
    /// What it costs a month.
    #[serde(default)]
    pub monthly_price: Option<Money>,
    /// Everything else.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Somebody or something by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Everything else.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A number of the company.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Number {
    /// `num_…`.
    pub id: String,
    /// The number.
    pub e164: String,
    /// What the company calls it.
    #[serde(default)]
    pub label: String,
    /// `pending`, `active`, `failed` or `released`.
    #[serde(default)]
    pub status: String,
    /// Why the purchase failed.
    #[serde(default)]
    pub failure: Option<String>,
    /// How its calls are spoken.
    #[serde(default)]
    pub engine: String,
    /// Who answers.
    #[serde(default)]
    pub personality: Option<Named>,
    /// Everything else.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    /// `call_…`.
    pub id: String,
    /// Calling party.
    #[serde(default)]
    pub from: String,
    /// Called party.
    #[serde(default)]
    pub to: String,
    /// Who talks.
    #[serde(default)]
    pub personality: Option<Named>,
    /// `queued`, `dialing`, `ringing`, `in_progress` or `ended`.
    #[serde(default)]
    pub status: String,
    /// Why it ended.
    #[serde(default)]
    pub ended_reason: Option<String>,
    /// More about the end.
    #[serde(default)]
    pub detail: Option<String>,
    /// From answer to end.
    #[serde(default)]
    pub duration_ms: Option<u64>,
    /// What it cost so far.
    #[serde(default)]
    pub cost: Option<Money>,
    /// Waits for an answer.
    #[serde(default)]
    pub latency: Option<Latency>,
    /// Everything else.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Waits for an answer, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Median.
    pub p50: u64,
    /// 95th percentile.
    pub p95: u64,
}

impl Call {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.status == CallStatus::Ended.as_str()
    }

    /// Why it ended, if the word is known to this client.
    #[must_use]
    pub fn reason(&self) -> Option<EndedReason> {
        self.ended_reason.as_deref().and_then(EndedReason::from_stored)
    }
}

/// A personality.
pub type Personality = Named;

/// What to look for among the numbers on sale.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SearchNumbers {
    /// ISO 3166 country.
    pub country: String,
    /// Area code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_code: Option<String>,
    /// Digits or letters to contain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// `local`, `toll_free` or `mobile`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// How calls to a new number are answered; what is absent is for the installation to say.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NumberAnswer {
    /// What the company calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Who answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personality_id: Option<String>,
    /// How its calls are spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
}

/// Which number to buy: this one, or any in a country and area.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BuyNumber {
    /// This one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e164: Option<String>,
    /// Any of this country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// In this area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_code: Option<String>,
    /// How calls to it are answered.
    #[serde(flatten)]
    pub answer: NumberAnswer,
}

/// A number that the company owns at the carrier.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImportNumber {
    /// The number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e164: Option<String>,
    /// Or the carrier's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// How calls to it are answered.
    #[serde(flatten)]
    pub answer: NumberAnswer,
}

/// A call to place.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewCall {
    /// Whom to ring.
    pub to: String,
    /// From which number, `+…` or `num_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Or from a number of this pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool_id: Option<String>,
    /// Who talks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personality_id: Option<String>,
    /// How it is spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The agent's first words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening_message: Option<String>,
    /// How long it may ring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_timeout_seconds: Option<u32>,
    /// Whether to record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<bool>,
    /// What to do when no person answers; absent asks for no detection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_detection: Option<Map<String, Value>>,
    /// The company's own notes.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// What fills the placeholders of the words.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub variables: Map<String, Value>,
}
