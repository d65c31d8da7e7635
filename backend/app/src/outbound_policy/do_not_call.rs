//! The tenant's own list of numbers that are not to be rung, and how people get on it by themselves.

use chrono::{DateTime, Utc};
use phony_db::outbound_policy::consents;
use phony_db::outbound_policy::do_not_call::{self as rows, DoNotCall, NewDoNotCall};
use phony_db::{Db, TenantTx};
use phony_kernel::error::Faults;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{CallId, DoNotCallId, E164, Error, Result, TenantId};
use serde_json::json;

use super::{Policies, current, note, read_number};
use crate::Principal;
use crate::number_keys::NumberKeys;

/// Longest reason, in characters.
const MAX_REASON: usize = 300;
/// Why a number is on the list whose holder has said so in a call.
pub(crate) const BY_VOICE: &str = "asked for in a call";
/// Why a number is on the list whose holder has pressed the key for it.
pub(crate) const BY_KEY: &str = "asked for by a key";
/// Numbers hashed in one transaction.
const HASHED_AT_ONCE: i64 = 500;

impl Policies {
    /// The numbers that are not to be rung, newest first; with a number, that one alone.
    ///
    /// # Errors
    /// A bad limit or cursor, or what is no number.
    pub async fn do_not_call(
        &self,
        who: &Principal,
        number: Option<&str>,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<DoNotCall>> {
        let page = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let number = match number {
            Some(text) => {
                let number = read_number(&mut tx, "e164", text).await?;
                Some(self.keys.hash(&mut tx, &number).await?)
            }
            None => None,
        };
        let page = rows::list(&mut tx, number.as_ref(), &page).await?;
        // A key may have been made.
        tx.commit().await?;
        Ok(page)
    }

    /// Puts a number on the list; one that is there stays as it is.
    ///
    /// # Errors
    /// `validation_failed`.
    pub async fn add_do_not_call(
        &self,
        who: &Principal,
        e164: &str,
        reason: Option<&str>,
    ) -> Result<DoNotCall> {
        let reason = reason.unwrap_or_default().trim();
        let mut faults = Faults::new();
        faults.line("reason", reason, 0, MAX_REASON);
        let now = self.clock.now();
        let mut tx = self.db.tenant(who.tenant).await?;
        let policy = current(&mut tx).await?;
        let number = policy.read_number("e164", e164, &mut faults);
        faults.finish()?;
        let number = number.ok_or_else(Error::not_found)?;
        let actor = who.actor().id;
        let new = NewDoNotCall {
            id: DoNotCallId::new(),
            number: &self.keys.hash(&mut tx, &number).await?,
            reason,
            added_by: &actor,
            added_at: now,
        };
        let listed = rows::add(&mut tx, &new).await?;
        if listed.id == new.id {
            let target = listed.id.to_string();
            note(&mut tx, &actor, "do_not_call.added", &target, &json!({}), now).await?;
        }
        tx.commit().await?;
        Ok(listed)
    }

    /// Takes a number off the list.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn remove_do_not_call(&self, who: &Principal, id: DoNotCallId) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        rows::remove(&mut tx, id).await?;
        let (actor, now) = (who.actor().id, self.clock.now());
        let target = id.to_string();
        note(&mut tx, &actor, "do_not_call.removed", &target, &json!({}), now).await?;
        tx.commit().await
    }

    /// Hashes the numbers of a tenant that are in clear, from before they were hashed; for the worker.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn hash_numbers(&self, db: &Db, tenant: TenantId) -> Result<()> {
        hash_numbers_in_clear(db, &self.keys, tenant).await
    }
}

/// Hashes the numbers of a tenant that are in clear.
///
/// # Errors
/// Those of the database.
pub async fn hash_numbers_in_clear(db: &Db, keys: &NumberKeys, tenant: TenantId) -> Result<()> {
    loop {
        let mut tx = db.tenant(tenant).await?;
        let numbers = rows::list_in_clear(&mut tx, HASHED_AT_ONCE).await?;
        if numbers.is_empty() {
            return Ok(());
        }
        let key = keys.of(&mut tx).await?;
        for (id, number) in numbers {
            rows::hash(&mut tx, id, &key.hash(&number)).await?;
        }
        tx.commit().await?;
    }
}

/// Somebody who was rung wants to be rung no more: their number is on the list from now on, and what they had agreed
/// to is taken back.
pub(crate) async fn opt_out(
    tx: &mut TenantTx,
    keys: &NumberKeys,
    call: CallId,
    number: &E164,
    reason: &str,
) -> Result<()> {
    let number = keys.hash(tx, number).await?;
    let now = Utc::now();
    let new = NewDoNotCall {
        id: DoNotCallId::new(),
        number: &number,
        reason,
        added_by: &call.to_string(),
        added_at: now,
    };
    rows::add(tx, &new).await?;
    consents::revoke_all(tx, &number, now).await?;
    Ok(())
}

/// A key that looked like a wish to be rung no more was none: undoes what this call has done about it since.
pub(crate) async fn stay_in(
    tx: &mut TenantTx,
    keys: &NumberKeys,
    call: CallId,
    number: &E164,
    since: DateTime<Utc>,
) -> Result<()> {
    if rows::take_back(tx, &call.to_string(), BY_KEY, since).await? {
        let number = keys.hash(tx, number).await?;
        consents::restore(tx, &number, since).await?;
    }
    Ok(())
}
