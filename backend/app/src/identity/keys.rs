//! API keys: create, rotate, list, revoke. Only a person may, and a key is shown once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use phony_db::keys::{self, KeyRow, NewKey};
use phony_db::{TenantTx, audit};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{ApiKeyId, Error, KeyMode, Kind, Network, Permission, Result, Scope, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::key_rules::{DEFAULT_LIFETIME, MAX_LIFETIME, check, covers};
use super::{ApiKey, Identity, key_format, secrets};
use crate::idempotency::{self, Outcome, RequestKey};
use crate::{Principal, Who};

const ROUTE: &str = "POST /v1/api_keys";
const ROTATE_ROUTE: &str = "POST /v1/api_keys/{id}/rotate";
/// How long a key goes on after another was put in its place, when nobody says otherwise.
const DEFAULT_OVERLAP_HOURS: u32 = 24;
/// The same at the most.
const MAX_OVERLAP_HOURS: u32 = 7 * 24;

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateKey {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends by itself; in a year when not said.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it acts for real.
    #[serde(default)]
    pub mode: KeyMode,
    /// Networks that it may come from, `198.51.100.0/24`; empty is anywhere.
    #[serde(default)]
    pub allowed_cidrs: Vec<String>,
}

/// A fresh key as stored for repeats of the request: the key itself is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    view: serde_json::Value,
    sealed: String,
}

/// A key that is about to be made.
struct Fresh<'a> {
    name: &'a str,
    scopes: &'a [Scope],
    mode: KeyMode,
    allowed: &'a [Network],
    expires_at: DateTime<Utc>,
    rotated_from: Option<ApiKeyId>,
}

fn too_many(limit: i64) -> Error {
    Error::new(
        Kind::Conflict,
        "too_many_keys",
        format!("a company has at most {limit} working keys; revoke one first"),
    )
}

impl Identity {
    /// Makes a key. The outcome's body is the view with the whole key in `key`; it is not to be had again, but
    /// for repeats with the same `Idempotency-Key`.
    ///
    /// # Errors
    /// `forbidden`, `step_up_required`, `validation_failed`, `too_many_keys`, and those of idempotency.
    pub async fn create_key(
        &self,
        principal: &Principal,
        idempotency_key: Option<&str>,
        new: &CreateKey,
    ) -> Result<Outcome> {
        let now = self.clock.now();
        principal.require(Permission::KeyCreate, now)?;
        let Who::Member { user, role, .. } = principal.who else {
            return Err(Error::forbidden());
        };
        let request = RequestKey::required(idempotency_key, ROUTE, new)?;
        let checked = check(new, role, now)?;
        let limit = i64::from(principal.plan.limits().api_keys);
        let outcome = idempotency::once(&self.db, principal.tenant, Some(&request), now, 201, async |tx| {
            if keys::count_live_locked(tx, now).await? >= limit {
                return Err(too_many(limit));
            }
            let fresh = Fresh {
                name: new.name.trim(),
                scopes: &new.scopes,
                mode: new.mode,
                allowed: &checked.allowed,
                expires_at: checked.expires_at,
                rotated_from: None,
            };
            let (id, kept) = self.insert_key(tx, user, &fresh, now).await?;
            let detail =
                json!({ "scopes": new.scopes, "mode": new.mode, "allowed_cidrs": new.allowed_cidrs });
            record(tx, user, "key.create", id, &detail, now).await?;
            Ok(kept)
        })
        .await?;
        self.revealed(principal, outcome)
    }

    /// Makes another key with the same name, scopes, networks and length of life, to stand in a key's place. The old one goes
    /// on for the overlap, but never beyond its own end. The outcome is as of [`Identity::create_key`].
    ///
    /// # Errors
    /// `forbidden`, `step_up_required`, `validation_failed`, `not_found`, `key_ended`, `too_many_keys`, and those of
    /// idempotency.
    pub async fn rotate_key(
        &self,
        principal: &Principal,
        id: ApiKeyId,
        idempotency_key: Option<&str>,
        overlap_hours: Option<u32>,
    ) -> Result<Outcome> {
        let now = self.clock.now();
        principal.require(Permission::KeyRotate, now)?;
        let Who::Member { user, role, .. } = principal.who else {
            return Err(Error::forbidden());
        };
        let request = RequestKey::required(idempotency_key, ROTATE_ROUTE, &json!([id, overlap_hours]))?;
        let overlap = overlap_hours.unwrap_or(DEFAULT_OVERLAP_HOURS);
        if overlap > MAX_OVERLAP_HOURS {
            return Err(Error::invalid_field(
                "overlap_hours",
                "out_of_range",
                "must be from 0 to 168",
            ));
        }
        let limit = i64::from(principal.plan.limits().api_keys);
        let outcome = idempotency::once(&self.db, principal.tenant, Some(&request), now, 201, async |tx| {
            // Counted first: it is what others wait for.
            let live = keys::count_live_locked(tx, now).await?;
            let old = keys::lock(tx, id).await?;
            if old.revoked_at.is_some() || old.expires_at.is_some_and(|at| at <= now) {
                return Err(Error::new(
                    Kind::Conflict,
                    "key_ended",
                    "this key has ended; create a new one",
                ));
            }
            if !old.scopes.iter().all(|scope| covers(role, *scope)) {
                return Err(Error::forbidden());
            }
            if live - i64::from(overlap == 0) >= limit {
                return Err(too_many(limit));
            }
            let end = now + TimeDelta::hours(overlap.into());
            keys::retire(tx, id, now, end).await?;
            let lifetime = old.expires_at.map_or(DEFAULT_LIFETIME, |at| at - old.created_at);
            let fresh = Fresh {
                name: &old.name,
                scopes: &old.scopes,
                mode: old.mode,
                allowed: &old.allowed,
                expires_at: now + lifetime.min(MAX_LIFETIME),
                rotated_from: Some(id),
            };
            let (new, kept) = self.insert_key(tx, user, &fresh, now).await?;
            let detail = json!({ "key": new, "overlap_hours": overlap });
            record(tx, user, "key.rotate", id, &detail, now).await?;
            Ok(kept)
        })
        .await?;
        self.inner.standings.forget_key(principal.tenant, id).await;
        self.revealed(principal, outcome)
    }

    async fn insert_key(
        &self,
        tx: &mut TenantTx,
        user: UserId,
        fresh: &Fresh<'_>,
        now: DateTime<Utc>,
    ) -> Result<(ApiKeyId, Kept)> {
        let (id, text) = (ApiKeyId::new(), key_format::generate(fresh.mode)?);
        let hash = key_format::hash_if_well_formed(&text)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("a new key is not well formed")))?;
        let row = KeyRow {
            id,
            name: fresh.name.to_owned(),
            prefix: key_format::shown_prefix(&text).to_owned(),
            scopes: fresh.scopes.to_vec(),
            mode: fresh.mode,
            allowed: fresh.allowed.to_vec(),
            expires_at: Some(fresh.expires_at),
            revoked_at: None,
            last_used_at: None,
            created_at: now,
            rotated_from: fresh.rotated_from,
            rotated_at: None,
        };
        let stored = NewKey {
            id,
            name: &row.name,
            prefix: &row.prefix,
            hash: &hash,
            scopes: &row.scopes,
            mode: row.mode,
            allowed: &row.allowed,
            rotated_from: row.rotated_from,
            expires_at: fresh.expires_at,
            created_by: user,
            at: now,
        };
        keys::insert(tx, &stored).await?;
        let context = tx.tenant().to_string();
        let sealed = secrets::seal(
            self.inner.replay_keys.first(),
            context.as_bytes(),
            text.as_bytes(),
        )?;
        let view = serde_json::to_value(ApiKey::of(row, now)).map_err(Error::internal)?;
        let sealed = STANDARD.encode(sealed);
        Ok((id, Kept { view, sealed }))
    }

    /// The outcome with the key in it, if one was made.
    fn revealed(&self, principal: &Principal, outcome: Outcome) -> Result<Outcome> {
        if outcome.status == 201 {
            self.reveal(principal, &outcome)
        } else {
            Ok(outcome)
        }
    }

    /// Puts the key back into a stored answer.
    fn reveal(&self, principal: &Principal, outcome: &Outcome) -> Result<Outcome> {
        let Kept { mut view, sealed } = serde_json::from_str(&outcome.body).map_err(Error::internal)?;
        let sealed = STANDARD.decode(sealed).map_err(Error::internal)?;
        let context = principal.tenant.to_string();
        let opened = self
            .inner
            .replay_keys
            .iter()
            .map(|key| secrets::open(key, context.as_bytes(), &sealed));
        let text = opened.fold(
            Err(Error::internal(anyhow::anyhow!("no key opens it"))),
            Result::or,
        )?;
        view["key"] = String::from_utf8(text).map_err(Error::internal)?.into();
        Ok(Outcome {
            body: view.to_string(),
            ..outcome.clone()
        })
    }

    /// Keys of the tenant, newest first, revoked ones too.
    ///
    /// # Errors
    /// `forbidden`, `bad_cursor`, `validation_failed`.
    pub async fn list_keys(
        &self,
        principal: &Principal,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<ApiKey>> {
        let page = PageRequest::<ApiKeyId>::read(limit, cursor)?;
        let now = self.clock.now();
        principal.require(Permission::KeyRead, now)?;
        let mut tx = self.db.tenant(principal.tenant).await?;
        let rows = keys::list(&mut tx, page.after, i64::from(page.limit) + 1).await?;
        Ok(Page::from_rows(rows, page.limit, |row| row.id).map(|row| ApiKey::of(row, now)))
    }

    /// Revokes a key; it stops within five seconds everywhere. A second time changes nothing.
    ///
    /// # Errors
    /// `forbidden`, `step_up_required`, `not_found`.
    pub async fn revoke_key(&self, principal: &Principal, id: ApiKeyId) -> Result<()> {
        let now = self.clock.now();
        principal.require(Permission::KeyRevoke, now)?;
        let Who::Member { user, .. } = principal.who else {
            return Err(Error::forbidden());
        };
        let mut tx = self.db.tenant(principal.tenant).await?;
        keys::revoke(&mut tx, id, now).await?;
        record(&mut tx, user, "key.revoke", id, &json!({}), now).await?;
        tx.commit().await?;
        self.inner.standings.forget_key(principal.tenant, id).await;
        Ok(())
    }
}

async fn record(
    tx: &mut TenantTx,
    user: UserId,
    action: &str,
    key: ApiKeyId,
    detail: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let (actor, target) = (user.to_string(), key.to_string());
    let entry = audit::Entry {
        actor: &actor,
        action,
        target: &target,
        detail,
    };
    audit::record(tx, &entry, now).await
}
