//! From a credential to a [`Principal`]. What may have changed since it was issued is asked of the database and
//! remembered for at most five seconds.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;
use phony_db::Db;
use phony_db::keys::{self, KeyStandingRow};
use phony_db::sessions::{self, StandingRow};
use phony_kernel::{ApiKeyId, Error, Kind, Network, Result, Role, SessionId, TenantId};

use super::session::suspended;
use super::{Identity, key_format};
use crate::{Principal, Who};

/// How long an answer of the database is believed.
const BELIEVED: TimeDelta = TimeDelta::seconds(5);
/// The same for sockets that stay open: they ask every two seconds, and both together must stay under five.
const BELIEVED_BY_SOCKETS: TimeDelta = TimeDelta::seconds(2);
/// A key's use is noted at most this often.
const USE_NOTED: TimeDelta = TimeDelta::minutes(1);
/// How long a request waits until its key's use is noted.
const NOTED_WITHIN: Duration = Duration::from_millis(250);
/// Code of what [`Identity::recheck`] says of somebody who is still signed in but may do more or less now.
pub const RIGHTS_CHANGED: &str = "rights_changed";
/// Longest credential that is looked at.
const MAX_CREDENTIAL: usize = 4_096;

/// Something read from the database, with the time of it by our own clock.
#[derive(Debug)]
pub(super) struct Read<T> {
    at: DateTime<Utc>,
    pub(super) value: T,
}

type Remembered<K, T> = Cache<K, Arc<Read<T>>>;

/// What is remembered of sessions and keys.
#[derive(Debug)]
pub(super) struct Standings {
    sessions: Remembered<(TenantId, SessionId), StandingRow>,
    key_ids: Remembered<[u8; 32], (TenantId, ApiKeyId)>,
    keys: Remembered<(TenantId, ApiKeyId), KeyStandingRow>,
    /// When a key's use was last noted.
    uses: Remembered<(TenantId, ApiKeyId), ()>,
}

fn cache<K: Hash + Eq + Send + Sync + 'static, T: Send + Sync + 'static>(
    keep: TimeDelta,
) -> Remembered<K, T> {
    let keep = keep.to_std().unwrap_or(Duration::from_secs(5));
    Cache::builder().max_capacity(20_000).time_to_live(keep).build()
}

/// The remembered value, unless it is too old.
async fn recent<K: Hash + Eq + Send + Sync + 'static, T: Send + Sync + 'static>(
    cache: &Remembered<K, T>,
    key: &K,
    now: DateTime<Utc>,
    keep: TimeDelta,
) -> Option<Arc<Read<T>>> {
    cache.get(key).await.filter(|read| now - read.at < keep)
}

impl Standings {
    pub(super) fn new() -> Self {
        Self {
            sessions: cache(BELIEVED),
            key_ids: cache(BELIEVED),
            keys: cache(BELIEVED),
            uses: cache(USE_NOTED),
        }
    }

    /// Asks the database the next time.
    pub(super) async fn forget_session(&self, tenant: TenantId, session: SessionId) {
        self.sessions.invalidate(&(tenant, session)).await;
    }

    /// Asks the database about everybody the next time.
    pub(super) fn forget_all(&self) {
        self.sessions.invalidate_all();
        self.keys.invalidate_all();
    }

    /// Asks the database the next time.
    pub(super) async fn forget_key(&self, tenant: TenantId, key: ApiKeyId) {
        self.keys.invalidate(&(tenant, key)).await;
    }
}

impl Identity {
    /// Finds out who holds a credential, coming from nowhere in particular; see [`Identity::authenticate_from`].
    ///
    /// # Errors
    /// Those of [`Identity::authenticate_from`].
    pub async fn authenticate(&self, credential: &str) -> Result<Principal> {
        self.authenticate_from(credential, None).await
    }

    /// Finds out who sends a credential: an access token or an API key. `from` is where the request came from.
    ///
    /// # Errors
    /// `unauthenticated`, `address_not_allowed`, `tenant_suspended`.
    pub async fn authenticate_from(&self, credential: &str, from: Option<IpAddr>) -> Result<Principal> {
        if credential.len() > MAX_CREDENTIAL {
            return Err(Error::unauthenticated());
        }
        if key_format::looks_like_key(credential) {
            return self.authenticate_key(credential, from).await;
        }
        let now = self.clock.now();
        let claims = self
            .inner
            .access
            .read(credential, now)
            .ok_or_else(Error::unauthenticated)?;
        let standing = self.session_standing(claims.tid, claims.sid, now).await?;
        let row = &standing.value;
        // A change of role or a removal has made the token worthless before its time.
        if row.user != claims.sub || row.epoch != claims.epoch || row.role != claims.role {
            return Err(Error::unauthenticated());
        }
        Ok(Principal {
            tenant: claims.tid,
            plan: row.plan,
            viewers_read_transcripts: row.viewers_read_transcripts,
            tenant_verified: row.tenant_verified,
            must_enrol: row.must_enrol,
            rates: row.rates.clone(),
            from,
            who: Who::Member {
                user: row.user,
                name: row.name.clone(),
                role: row.role,
                session: claims.sid,
                auth_at: claims.auth_at(),
            },
        })
    }

    /// Whether a principal of a while ago is still what it was: for sockets that stay open.
    ///
    /// # Errors
    /// `unauthenticated`, `tenant_suspended`, `rights_changed`; `unavailable` when it cannot be known just now.
    pub async fn recheck(&self, principal: &Principal) -> Result<()> {
        let now = self.clock.now();
        match &principal.who {
            Who::Member { role, session, .. } => {
                let keep = BELIEVED_BY_SOCKETS;
                let standing = self
                    .session_standing_of(principal.tenant, *session, now, keep)
                    .await?;
                let row = &standing.value;
                if row.role != *role {
                    return Err(Error::unauthenticated());
                }
                if row.must_enrol && !principal.must_enrol {
                    return Err(rights_changed());
                }
                // Decides alone whether a viewer reads what is said.
                if *role == Role::Viewer && row.viewers_read_transcripts != principal.viewers_read_transcripts
                {
                    return Err(rights_changed());
                }
                Ok(())
            }
            Who::Key { id, .. } => {
                let keep = BELIEVED_BY_SOCKETS;
                let standing = self.key_standing(principal.tenant, *id, now, keep).await?;
                check_address(&standing.value, principal.from)
            }
        }
    }

    /// The same of who follows events live: programs do so no more on a plan that has none for them.
    ///
    /// # Errors
    /// Those of [`Self::recheck`]; `rights_changed`.
    pub async fn recheck_following(&self, principal: &Principal) -> Result<()> {
        self.recheck(principal).await?;
        if let Who::Key { id, .. } = &principal.who {
            let (now, keep) = (self.clock.now(), BELIEVED_BY_SOCKETS);
            let standing = self.key_standing(principal.tenant, *id, now, keep).await?;
            if !standing.value.plan.limits().live_events {
                return Err(rights_changed());
            }
        }
        Ok(())
    }

    /// Asks the database about everybody the next time, for what changes for a whole company at once. Other instances do
    /// so within five seconds.
    pub fn forget_standings(&self) {
        self.inner.standings.forget_all();
    }

    /// Asks the database about a session the next time.
    pub(crate) async fn forget_session(&self, tenant: TenantId, session: SessionId) {
        self.inner.standings.forget_session(tenant, session).await;
    }

    pub(super) async fn session_standing(
        &self,
        tenant: TenantId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Arc<Read<StandingRow>>> {
        self.session_standing_of(tenant, session, now, BELIEVED).await
    }

    /// The same, believing what was read for `keep` alone.
    async fn session_standing_of(
        &self,
        tenant: TenantId,
        session: SessionId,
        now: DateTime<Utc>,
        keep: TimeDelta,
    ) -> Result<Arc<Read<StandingRow>>> {
        let (cache, key) = (&self.inner.standings.sessions, (tenant, session));
        let standing = match recent(cache, &key, now, keep).await {
            Some(standing) => standing,
            None => {
                let mut tx = self.db.tenant(tenant).await?;
                let row = sessions::find_standing(&mut tx, session).await?;
                let row = row.ok_or_else(Error::unauthenticated)?;
                let standing = Arc::new(Read { at: now, value: row });
                cache.insert(key, Arc::clone(&standing)).await;
                standing
            }
        };
        let row = &standing.value;
        if !row.good || row.absolute_expires_at <= now {
            return Err(Error::unauthenticated());
        }
        if row.tenant_active {
            Ok(standing)
        } else {
            Err(suspended())
        }
    }

    async fn authenticate_key(&self, key: &str, from: Option<IpAddr>) -> Result<Principal> {
        let now = self.clock.now();
        let hash = key_format::hash_if_well_formed(key).ok_or_else(Error::unauthenticated)?;
        let (tenant, id) = self.key_id(hash, now).await?;
        let standing = self.key_standing(tenant, id, now, BELIEVED).await?;
        let row = &standing.value;
        check_address(row, from)?;
        self.note_use(tenant, id, now).await;
        Ok(Principal {
            tenant,
            plan: row.plan,
            viewers_read_transcripts: row.viewers_read_transcripts,
            tenant_verified: row.tenant_verified,
            must_enrol: false,
            rates: row.rates.clone(),
            from,
            who: Who::Key {
                id,
                name: row.name.clone(),
                scopes: row.scopes.clone(),
                mode: row.mode,
            },
        })
    }

    async fn key_id(&self, hash: [u8; 32], now: DateTime<Utc>) -> Result<(TenantId, ApiKeyId)> {
        let cache = &self.inner.standings.key_ids;
        if let Some(known) = recent(cache, &hash, now, BELIEVED).await {
            return Ok(known.value);
        }
        let mut tx = self.db.system("whose an api key is").await?;
        let row = keys::find_live(&mut tx, &hash)
            .await?
            .ok_or_else(Error::unauthenticated)?;
        let value = (row.tenant, row.id);
        cache.insert(hash, Arc::new(Read { at: now, value })).await;
        Ok(value)
    }

    async fn key_standing(
        &self,
        tenant: TenantId,
        id: ApiKeyId,
        now: DateTime<Utc>,
        keep: TimeDelta,
    ) -> Result<Arc<Read<KeyStandingRow>>> {
        let cache = &self.inner.standings.keys;
        let standing = match recent(cache, &(tenant, id), now, keep).await {
            Some(standing) => standing,
            None => {
                let mut tx = self.db.tenant(tenant).await?;
                let standing = Arc::new(Read {
                    at: now,
                    value: keys::get_standing(&mut tx, id).await.map_err(gone)?,
                });
                cache.insert((tenant, id), Arc::clone(&standing)).await;
                standing
            }
        };
        let row = &standing.value;
        if row.revoked_at.is_some() || row.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::unauthenticated());
        }
        if row.tenant_active {
            Ok(standing)
        } else {
            Err(suspended())
        }
    }

    /// Notes the use of a key. A request neither fails with it nor waits long for it.
    async fn note_use(&self, tenant: TenantId, id: ApiKeyId, now: DateTime<Utc>) {
        let uses = self.inner.standings.uses.clone();
        if recent(&uses, &(tenant, id), now, USE_NOTED).await.is_some() {
            return;
        }
        // Before the work: requests that come at the same time leave it to this one.
        uses.insert((tenant, id), Arc::new(Read { at: now, value: () }))
            .await;
        let db = self.db.clone();
        let noted = tokio::spawn(async move {
            if let Err(error) = record_use(&db, tenant, id, now).await {
                tracing::debug!(key.id = %id, error = ?error, "the use of a key is not noted");
                uses.invalidate(&(tenant, id)).await;
            }
        });
        // It goes on by itself.
        let _ = tokio::time::timeout(NOTED_WITHIN, noted).await;
    }
}

/// A key that has networks comes from one of them.
fn check_address(row: &KeyStandingRow, from: Option<IpAddr>) -> Result<()> {
    let welcome = |network: &Network| from.is_some_and(|from| network.contains(from));
    if row.allowed.is_empty() || row.allowed.iter().any(welcome) {
        return Ok(());
    }
    Err(Error::new(
        Kind::Forbidden,
        "address_not_allowed",
        "this key may not be used from your address",
    ))
}

/// Still signed in, but another in what they may do.
fn rights_changed() -> Error {
    Error::new(Kind::Forbidden, RIGHTS_CHANGED, "what you may do has changed")
}

async fn record_use(db: &Db, tenant: TenantId, id: ApiKeyId, now: DateTime<Utc>) -> Result<()> {
    let mut tx = db.tenant(tenant).await?;
    keys::record_use(&mut tx, id, now, now - USE_NOTED).await?;
    tx.commit().await
}

/// A key that is gone is one that we do not know, not a page that is missing.
fn gone(error: Error) -> Error {
    match error.kind() {
        Kind::NotFound => Error::unauthenticated(),
        _ => error,
    }
}
