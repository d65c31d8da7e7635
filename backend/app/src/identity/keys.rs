//! API keys: create, list, revoke. Only a person may, and a key is shown once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use phony_db::keys::{self, KeyRow, NewKey};
use phony_db::{TenantTx, audit};
use phony_kernel::error::Faults;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{ApiKeyId, Error, Kind, Permission, Result, Role, Scope, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::sign_up::check_name;
use super::{ApiKey, Identity, key_format, secrets};
use crate::idempotency::{self, Outcome, RequestKey};
use crate::{Principal, Who};

/// How long a key works when nobody says otherwise.
const DEFAULT_LIFETIME: TimeDelta = TimeDelta::days(365);
/// How long a key works at the most.
const MAX_LIFETIME: TimeDelta = TimeDelta::days(730);
const ROUTE: &str = "POST /v1/api_keys";

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateKey {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends by itself; in a year when not said.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A fresh key as stored for repeats of the request: the key itself is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    view: serde_json::Value,
    sealed: String,
}

/// Whether a role holds all that a scope stands for.
fn covers(role: Role, scope: Scope) -> bool {
    let mut of_scope = Permission::ALL
        .iter()
        .filter(|permission| permission.rule().key_scope == Some(scope));
    of_scope.all(|permission| role.holds(*permission))
}

fn check(new: &CreateKey, role: Role, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let expires_at = new.expires_at.unwrap_or(now + DEFAULT_LIFETIME);
    let mut faults = Faults::new();
    check_name(&mut faults, "name", &new.name);
    faults.require(
        !new.scopes.is_empty(),
        "scopes",
        "required",
        "must name at least one scope",
    );
    for (index, scope) in new.scopes.iter().enumerate() {
        let param = format!("scopes[{index}]");
        faults.require(
            covers(role, *scope),
            &param,
            "not_yours",
            "is more than your own role allows",
        );
        faults.require(
            !new.scopes[..index].contains(scope),
            &param,
            "duplicate",
            "is there twice",
        );
    }
    faults.require(
        expires_at > now,
        "expires_at",
        "in_the_past",
        "must be in the future",
    );
    faults.require(
        expires_at <= now + MAX_LIFETIME,
        "expires_at",
        "too_late",
        "must be within the next 730 days",
    );
    faults.finish()?;
    Ok(expires_at)
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
        let expires_at = check(new, role, now)?;
        let limit = i64::from(principal.plan.limits().api_keys);
        let outcome = idempotency::once(&self.db, principal.tenant, Some(&request), now, 201, async |tx| {
            self.insert_key(tx, user, new, expires_at, limit, now).await
        })
        .await?;
        if outcome.status == 201 {
            self.reveal(principal, &outcome)
        } else {
            Ok(outcome)
        }
    }

    async fn insert_key(
        &self,
        tx: &mut TenantTx,
        user: UserId,
        new: &CreateKey,
        expires_at: DateTime<Utc>,
        limit: i64,
        now: DateTime<Utc>,
    ) -> Result<Kept> {
        if keys::count_live_locked(tx, now).await? >= limit {
            return Err(Error::new(
                Kind::Conflict,
                "too_many_keys",
                format!("a company has at most {limit} working keys; revoke one first"),
            ));
        }
        let (id, text) = (ApiKeyId::new(), key_format::generate()?);
        let hash = key_format::hash_if_well_formed(&text)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("a new key is not well formed")))?;
        let row = KeyRow {
            id,
            name: new.name.trim().to_owned(),
            prefix: key_format::shown_prefix(&text).to_owned(),
            scopes: new.scopes.clone(),
            expires_at: Some(expires_at),
            revoked_at: None,
            last_used_at: None,
            created_at: now,
        };
        let stored = NewKey {
            id,
            name: &row.name,
            prefix: &row.prefix,
            hash: &hash,
            scopes: &row.scopes,
            expires_at,
            created_by: user,
            at: now,
        };
        keys::insert(tx, &stored).await?;
        record(tx, user, "key.create", id, now).await?;
        let context = tx.tenant().to_string();
        let sealed = secrets::seal(&self.inner.replay_key, context.as_bytes(), text.as_bytes())?;
        let view = serde_json::to_value(ApiKey::of(row, now)).map_err(Error::internal)?;
        Ok(Kept {
            view,
            sealed: STANDARD.encode(sealed),
        })
    }

    /// Puts the key back into a stored answer.
    fn reveal(&self, principal: &Principal, outcome: &Outcome) -> Result<Outcome> {
        let Kept { mut view, sealed } = serde_json::from_str(&outcome.body).map_err(Error::internal)?;
        let sealed = STANDARD.decode(sealed).map_err(Error::internal)?;
        let context = principal.tenant.to_string();
        let text = secrets::open(&self.inner.replay_key, context.as_bytes(), &sealed)?;
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
        record(&mut tx, user, "key.revoke", id, now).await?;
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
    now: DateTime<Utc>,
) -> Result<()> {
    let (actor, target) = (user.to_string(), key.to_string());
    let entry = audit::Entry {
        actor: &actor,
        action,
        target: &target,
        detail: &json!({}),
    };
    audit::record(tx, &entry, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_gives_only_scopes_it_holds_in_full() {
        assert!(Scope::ALL.iter().all(|scope| covers(Role::Admin, *scope)));
        assert!(covers(Role::Supervisor, Scope::CallsControl));
        assert!(!covers(Role::Supervisor, Scope::NumbersWrite));
        assert!(!covers(Role::Viewer, Scope::TranscriptsRead));
    }

    #[test]
    fn every_fault_of_a_new_key_is_told_at_once() {
        let now = Utc::now();
        let new = CreateKey {
            name: " ".to_owned(),
            scopes: vec![Scope::CallsRead, Scope::CallsRead, Scope::NumbersWrite],
            expires_at: Some(now + TimeDelta::days(731)),
        };
        let error = check(&new, Role::Supervisor, now).unwrap_err();
        let params: Vec<&str> = error.fields().iter().map(|field| field.param.as_str()).collect();
        assert_eq!(params, ["name", "scopes[1]", "scopes[2]", "expires_at"]);
        let good = CreateKey {
            name: "ci".to_owned(),
            scopes: vec![Scope::CallsRead],
            expires_at: None,
        };
        assert_eq!(check(&good, Role::Admin, now).unwrap(), now + DEFAULT_LIFETIME);
        let none = CreateKey {
            scopes: vec![],
            ..good
        };
        assert!(check(&none, Role::Admin, now).is_err());
    }
}
