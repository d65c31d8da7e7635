//! What a number's row says, as types.

use std::fmt;

use chrono::{DateTime, Utc};
use phony_conversation::plan::Personality;
use phony_kernel::call::Engine;
use phony_kernel::callers::{AfterHours, CallerPolicy};
use phony_kernel::hours::BusinessHours;
use phony_kernel::{E164, Error, NumberId, PersonalityId, Result};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow as _, Row as _};
use uuid::Uuid;

use crate::error::DbResult;
use crate::recordings::policy::NumberRecording;

/// Where a number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberStatus {
    /// Being bought; the carrier has not confirmed it.
    Pending,
    /// Ours; calls to it are answered.
    Active,
    /// The carrier did not sell it.
    Failed,
    /// Given back.
    Released,
}

impl NumberStatus {
    const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Failed, Self::Released];

    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Failed => "failed",
            Self::Released => "released",
        }
    }
}

impl fmt::Display for NumberStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A number of a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredNumber {
    /// Its id.
    pub id: NumberId,
    /// The number.
    pub e164: E164,
    /// What the tenant calls it.
    pub label: String,
    /// ISO 3166 country.
    pub country: String,
    /// Where it stands.
    pub status: NumberStatus,
    /// Why it could not be bought, in words for the tenant.
    pub failure: Option<String>,
    /// How its calls are spoken.
    pub engine: Engine,
    /// Who answers.
    pub personality: Option<PersonalityRef>,
    /// Its current version, as a call takes it.
    pub speaker: Option<Personality>,
    /// What a caller hears who cannot be taken; empty is our own words.
    pub busy_message: String,
    /// Where a caller is sent who cannot be taken.
    pub overflow: Option<E164>,
    /// Whose calls are answered.
    pub caller_policy: CallerPolicy,
    /// What a caller hears whom nobody knows; empty is our own words.
    pub unknown_caller_message: String,
    /// What a contact hears who has not the premium plan; empty is our own words.
    pub not_premium_message: String,
    /// When somebody is there; none is always.
    pub hours: Option<BusinessHours>,
    /// What callers meet at other times; none is a message in our words.
    pub after_hours: Option<AfterHours>,
    /// What rings when nothing of ours answers.
    pub fallback: Option<E164>,
    /// What is recorded of its calls, and how callers are told.
    pub recording: NumberRecording,
    /// What differed at the carrier at the last look.
    pub drift: Vec<Drift>,
    /// When that was.
    pub checked_at: Option<DateTime<Utc>>,
    /// The carrier's id of it.
    pub carrier_sid: Option<String>,
    /// The carrier's account that holds it.
    pub carrier_account_sid: Option<String>,
    /// When its purchase began.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// One setting at the carrier that is not ours any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Which, by the carrier's name.
    pub field: String,
    /// What it should be.
    pub expected: String,
    /// What it is; empty is nothing.
    pub found: String,
}

/// A personality by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalityRef {
    /// Its id.
    pub id: PersonalityId,
    /// Its name.
    pub name: String,
}

/// A number to hold while it is bought.
#[derive(Debug)]
pub struct NewNumber<'a> {
    /// Its id.
    pub id: NumberId,
    /// The number.
    pub e164: &'a E164,
    /// What the tenant calls it.
    pub label: &'a str,
    /// ISO 3166 country.
    pub country: &'a str,
    /// How its calls are spoken.
    pub engine: Engine,
    /// Who answers.
    pub personality: PersonalityId,
    /// The carrier's account that will hold it.
    pub carrier_account_sid: &'a str,
    /// `Idempotency-Key` of the request that buys it.
    pub purchase_key: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// Reads the columns that the statements of this module select.
pub(super) fn read(row: &PgRow) -> Result<StoredNumber> {
    let column =
        |name: &'static str| Error::internal(anyhow::anyhow!("phone_numbers.{name} is not a known word"));
    let e164: String = row.try_get("e164").db()?;
    let status: String = row.try_get("status").db()?;
    let engine: String = row.try_get("engine").db()?;
    let policy: String = row.try_get("caller_policy").db()?;
    let other = |name: &'static str| {
        let text: Option<String> = row.try_get(name).db()?;
        let e164 = text.map(|text| E164::from_canonical(&text)).transpose();
        e164.map_err(|_| column(name))
    };
    let personality: Option<Uuid> = row.try_get("personality_id").db()?;
    let name: Option<String> = row.try_get("personality_name").db()?;
    Ok(StoredNumber {
        id: NumberId::from_uuid(row.try_get("id").db()?),
        e164: E164::from_canonical(&e164).map_err(|_| column("e164"))?,
        label: row.try_get("label").db()?,
        country: row.try_get("country").db()?,
        status: NumberStatus::ALL
            .into_iter()
            .find(|word| word.as_str() == status)
            .ok_or_else(|| column("status"))?,
        failure: row.try_get("failure").db()?,
        engine: Engine::from_stored(&engine).ok_or_else(|| column("engine"))?,
        personality: personality.zip(name).map(|(id, name)| PersonalityRef {
            id: PersonalityId::from_uuid(id),
            name,
        }),
        speaker: row
            .try_get::<Option<Json<Personality>>, _>("speaker")
            .db()?
            .map(|body| body.0),
        busy_message: row.try_get("busy_message").db()?,
        overflow: other("overflow_e164")?,
        caller_policy: CallerPolicy::from_stored(&policy).ok_or_else(|| column("caller_policy"))?,
        unknown_caller_message: row.try_get("unknown_caller_message").db()?,
        not_premium_message: row.try_get("not_premium_message").db()?,
        hours: row
            .try_get::<Option<Json<BusinessHours>>, _>("hours")
            .db()?
            .map(|hours| hours.0),
        after_hours: row
            .try_get::<Option<Json<AfterHours>>, _>("after_hours")
            .db()?
            .map(|after| after.0),
        fallback: other("fallback_e164")?,
        recording: NumberRecording::from_row(row).db()?,
        drift: row.try_get::<Json<Vec<Drift>>, _>("drift").db()?.0,
        checked_at: row.try_get("checked_at").db()?,
        carrier_sid: row.try_get("carrier_sid").db()?,
        carrier_account_sid: row.try_get("carrier_account_sid").db()?,
        created_at: row.try_get("created_at").db()?,
        updated_at: row.try_get("updated_at").db()?,
    })
}
