//! Who has agreed to be rung, as the tenant has recorded it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use phony_db::outbound_policy::consents::{self as rows, NewConsent};
use phony_kernel::error::Faults;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{ConsentId, Error, Result};
use serde_json::json;

use super::consent_rules::ConsentKind;
use super::{Policies, current, note, read_number};
use crate::Principal;

/// Longest source, in characters.
const MAX_SOURCE: usize = 120;
/// Proofs of one consent.
const MAX_EVIDENCE: usize = 20;
/// Longest name of a proof, in characters.
const MAX_EVIDENCE_NAME: usize = 40;
/// Longest proof, in characters.
const MAX_EVIDENCE_TEXT: usize = 1_000;
/// How far another clock may be before ours.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);
/// The oldest consent that is taken, in days.
const MAX_AGE_DAYS: i64 = 36_500;

/// That somebody has agreed to be rung.
#[derive(Debug, Clone, PartialEq)]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// First and last digits of their number.
    pub masked: String,
    /// To what.
    pub kind: ConsentKind,
    /// Where it was given.
    pub source: String,
    /// What proves it.
    pub evidence: BTreeMap<String, String>,
    /// When it was given.
    pub captured_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When we were told.
    pub created_at: DateTime<Utc>,
}

/// A consent to record.
#[derive(Debug, Clone)]
pub struct ConsentInput {
    /// Whose, in any common way of writing.
    pub e164: String,
    /// To what.
    pub kind: ConsentKind,
    /// Where it was given: a form, a letter, a call.
    pub source: String,
    /// When; now when absent.
    pub captured_at: Option<DateTime<Utc>>,
    /// What proves it.
    pub evidence: BTreeMap<String, String>,
}

impl TryFrom<rows::Consent> for Consent {
    type Error = Error;

    fn try_from(row: rows::Consent) -> Result<Self> {
        let unknown = || Error::internal(anyhow::anyhow!("a consent of an unknown kind"));
        Ok(Self {
            id: row.id,
            masked: row.masked,
            kind: ConsentKind::from_stored(&row.kind).ok_or_else(unknown)?,
            source: row.source,
            evidence: serde_json::from_value(row.evidence).map_err(Error::internal)?,
            captured_at: row.captured_at,
            revoked_at: row.revoked_at,
            created_at: row.created_at,
        })
    }
}

impl Policies {
    /// Consents, newest first; of one number or one kind alone, if so wanted.
    ///
    /// # Errors
    /// A bad limit or cursor, or what is no number.
    pub async fn consents(
        &self,
        who: &Principal,
        number: Option<&str>,
        kind: Option<ConsentKind>,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Consent>> {
        let page = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let number = match number {
            Some(text) => {
                let number = read_number(&mut tx, "e164", text).await?;
                Some(self.keys.hash(&mut tx, &number).await?)
            }
            None => None,
        };
        let found = rows::list(&mut tx, number.as_ref(), kind.map(ConsentKind::as_str), &page).await?;
        // A key may have been made.
        tx.commit().await?;
        Ok(Page {
            data: found
                .data
                .into_iter()
                .map(Consent::try_from)
                .collect::<Result<_>>()?,
            next_cursor: found.next_cursor,
        })
    }

    /// Records that somebody has agreed to be rung.
    ///
    /// # Errors
    /// `validation_failed` with every fault.
    pub async fn record_consent(&self, who: &Principal, input: &ConsentInput) -> Result<Consent> {
        let now = self.clock.now();
        let mut faults = Faults::new();
        let source = input.source.trim();
        faults.line("source", source, 1, MAX_SOURCE);
        let captured_at = input.captured_at.unwrap_or(now);
        let oldest = now - TimeDelta::days(MAX_AGE_DAYS);
        faults.require(
            captured_at <= now + CLOCK_SKEW && captured_at >= oldest,
            "captured_at",
            "out_of_range",
            "must be a time that has been, within a hundred years",
        );
        check_evidence(&mut faults, &input.evidence);
        let mut tx = self.db.tenant(who.tenant).await?;
        let policy = current(&mut tx).await?;
        let number = policy.read_number("e164", &input.e164, &mut faults);
        faults.finish()?;
        let number = number.ok_or_else(Error::not_found)?;
        let actor = who.actor().id;
        let new = NewConsent {
            id: ConsentId::new(),
            number: &self.keys.hash(&mut tx, &number).await?,
            kind: input.kind.as_str(),
            source,
            evidence: &json!(input.evidence),
            captured_at: captured_at.min(now),
            recorded_by: &actor,
            created_at: now,
        };
        rows::insert(&mut tx, &new).await?;
        let (target, detail) = (new.id.to_string(), json!({ "kind": new.kind }));
        note(&mut tx, &actor, "consent.recorded", &target, &detail, now).await?;
        let consent = rows::find(&mut tx, new.id).await?.ok_or_else(Error::not_found)?;
        tx.commit().await?;
        consent.try_into()
    }

    /// Takes a consent back. It stays on record as one that was; one that was taken back stays so.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn revoke_consent(&self, who: &Principal, id: ConsentId) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(who.tenant).await?;
        if rows::revoke(&mut tx, id, now).await? {
            let (actor, target) = (who.actor().id, id.to_string());
            note(&mut tx, &actor, "consent.revoked", &target, &json!({}), now).await?;
        }
        tx.commit().await
    }
}

fn check_evidence(faults: &mut Faults, evidence: &BTreeMap<String, String>) {
    faults.require(
        evidence.len() <= MAX_EVIDENCE,
        "evidence",
        "too_many",
        "may have up to 20 entries",
    );
    for (name, text) in evidence.iter().take(MAX_EVIDENCE) {
        let named =
            (1..=MAX_EVIDENCE_NAME).contains(&name.chars().count()) && !name.contains(char::is_control);
        faults.require(
            named,
            "evidence",
            "bad_name",
            "has a name that is empty or longer than 40 characters",
        );
        let param = format!("evidence.{name}");
        faults.length(&param, text, 0, MAX_EVIDENCE_TEXT);
        faults.require(
            !text.contains('\0'),
            &param,
            "control_character",
            "must be plain text",
        );
    }
}
