//! Rotation: everything sealed is wrapped anew by the first master key, while the product goes on. Words of calls from
//! before words were sealed are sealed.
//!
//! Tenant by tenant, some rows at a time, each batch a transaction of its own. What is wrapped already is passed over, so
//! a rotation that was broken off goes on where it was by being run again. Values that change meanwhile are sealed by
//! the first key anyway.

use std::collections::BTreeMap;

use phony_db::calls::clear_words;
use phony_db::sealed::{self, COLUMNS, SealedColumn};
use phony_db::{Db, retention, totp};
use phony_kernel::{Error, Result, TenantId};
use secrecy::SecretString;
use uuid::Uuid;

use super::{MasterKeys, Parts, Place, Sealed, Sealer};
use crate::carrier_accounts;

/// Rows of a transaction.
const BATCH: i64 = 200;
/// Calls of which the words are sealed, listed at one time.
const CALLS: i64 = 200;
/// Tenants and people listed at one time.
const PAGE: i32 = 200;
/// Places that are named.
const MOST_EXAMPLES: usize = 20;
/// Name of the key of values in a form of before.
const FORMER: &str = "(an older form)";
/// Name of the key of words that are not sealed.
const CLEAR: &str = "(in the clear)";

/// How many values each key wraps, by its id.
pub type Tally = BTreeMap<String, u64>;

/// What a rotation has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Tenants that are done.
    pub tenants: u64,
    /// Values that were looked at.
    pub seen: u64,
    /// Values that were wrapped anew.
    pub wrapped: u64,
    /// Events of calls whose words lay in the clear and are sealed now.
    pub sealed: u64,
    /// Values that do not open; they are as they were.
    pub unreadable: u64,
    /// Where the first of them are.
    pub examples: Vec<String>,
}

impl Progress {
    fn note_unreadable(&mut self, place: &Place<'_>, cause: &Error) {
        self.unreadable += 1;
        let (table, column) = (place.table, place.column);
        if self.examples.len() < MOST_EXAMPLES {
            self.examples
                .push(format!("{table}.{column} of {}", place.tenant));
        }
        tracing::error!(table, column, error = ?cause, "a sealed value does not open and stays as it is");
    }
}

/// Wraps anew. For the operator; signs in as the worker.
#[derive(Debug)]
pub struct Rotation {
    db: Db,
    sealer: Sealer,
    masters: MasterKeys,
}

impl Rotation {
    /// Of everything in a database, by the first of these keys. `db` signs in as the worker.
    ///
    /// # Errors
    /// When the master keys are none.
    pub fn new(db: Db, master_key: &SecretString) -> Result<Self> {
        let sealer = Sealer::new(master_key)?;
        Ok(Self {
            db: db.sealing_words(sealer.words()),
            sealer,
            masters: MasterKeys::read(master_key)?,
        })
    }

    /// Ids of the listed keys; the first one seals.
    #[must_use]
    pub fn key_ids(&self) -> Vec<String> {
        self.masters.ids()
    }

    /// Wraps everything anew, telling how far it is after each tenant.
    ///
    /// # Errors
    /// Those of the database; it can be run again then.
    pub async fn run(&self, mut tell: impl FnMut(&Progress)) -> Result<Progress> {
        let mut progress = Progress::default();
        let mut after = None;
        loop {
            let tenants = self.tenants(after).await?;
            let Some(last) = tenants.last().copied() else {
                break;
            };
            for tenant in tenants {
                for column in COLUMNS {
                    self.rotate_column(tenant, column, &mut progress).await?;
                }
                self.seal_words(tenant, &mut progress).await?;
                progress.tenants += 1;
                tell(&progress);
            }
            after = Some(last);
        }
        self.rotate_people(&mut progress).await?;
        tell(&progress);
        Ok(progress)
    }

    /// Counts what each key wraps. A key that wraps nothing is not needed any more.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn tally(&self) -> Result<Tally> {
        let mut tally: Tally = self.key_ids().into_iter().map(|id| (id, 0)).collect();
        let mut after = None;
        loop {
            let tenants = self.tenants(after).await?;
            let Some(last) = tenants.last().copied() else {
                break;
            };
            for tenant in tenants {
                for column in COLUMNS {
                    self.tally_column(tenant, column, &mut tally).await?;
                }
                let mut tx = self.db.tenant(tenant).await?;
                let clear = u64::try_from(clear_words::count(&mut tx).await?).unwrap_or_default();
                if clear > 0 {
                    *tally.entry(CLEAR.to_owned()).or_default() += clear;
                }
            }
            after = Some(last);
        }
        let mut after = Uuid::nil();
        loop {
            let mut tx = self.db.system("counting what keys wrap").await?;
            let people = totp::list_sealed(&mut tx, after, PAGE).await?;
            let Some((last, ..)) = people.last() else { break };
            after = *last;
            for (_, secret, pending) in &people {
                for value in [secret, pending].into_iter().flatten() {
                    self.count(value, &mut tally);
                }
            }
        }
        Ok(tally)
    }

    async fn tenants(&self, after: Option<TenantId>) -> Result<Vec<TenantId>> {
        let mut tx = self.db.system("rotation of keys").await?;
        retention::list_tenants(&mut tx, after, PAGE).await
    }

    async fn rotate_column(
        &self,
        tenant: TenantId,
        column: &SealedColumn,
        progress: &mut Progress,
    ) -> Result<()> {
        let mut after = String::new();
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let values = sealed::list(&mut tx, column, &after, BATCH).await?;
            let Some((last, _)) = values.last() else { break };
            after.clone_from(last);
            for (record, value) in &values {
                progress.seen += 1;
                match self.anew(tenant, column, record, value) {
                    Ok(None) => {}
                    Ok(Some(anew)) => {
                        if sealed::replace(&mut tx, column, record, value, &anew).await? {
                            progress.wrapped += 1;
                        }
                    }
                    Err(cause) => progress.note_unreadable(&place_of(tenant, column, record), &cause),
                }
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Seals the words of a tenant's calls that lie in the clear.
    async fn seal_words(&self, tenant: TenantId, progress: &mut Progress) -> Result<()> {
        let mut last = None;
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let calls = clear_words::list_calls(&mut tx, last, CALLS).await?;
            drop(tx);
            let Some(newest) = calls.last() else { return Ok(()) };
            last = Some(*newest);
            for call in calls {
                let mut after = Some(i32::MIN);
                while let Some(seq) = after {
                    let mut tx = self.db.tenant(tenant).await?;
                    let part = clear_words::seal(&mut tx, call, seq, BATCH).await?;
                    tx.commit().await?;
                    progress.sealed += part.sealed;
                    after = part.next;
                }
            }
        }
    }

    /// The value under the first key; none when it is already.
    fn anew(
        &self,
        tenant: TenantId,
        column: &SealedColumn,
        record: &str,
        value: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        if column.table == "carrier_accounts" {
            return carrier_accounts::reseal_token(&self.sealer, &self.masters, tenant, record, value);
        }
        Ok(self
            .sealer
            .rewrap(&place_of(tenant, column, record), value)?
            .map(Sealed::into_bytes))
    }

    async fn rotate_people(&self, progress: &mut Progress) -> Result<()> {
        let mut after = Uuid::nil();
        loop {
            let mut tx = self.db.system("rotation of keys").await?;
            let people = totp::list_sealed(&mut tx, after, PAGE).await?;
            let Some((last, ..)) = people.last() else { break };
            after = *last;
            for (user, secret, pending) in &people {
                let record = user.to_string();
                for (column, value) in [("totp_secret_enc", secret), ("totp_pending_enc", pending)] {
                    let Some(value) = value else { continue };
                    progress.seen += 1;
                    let place = Place::of_nobody("user_credentials", column, &record);
                    match self.sealer.rewrap(&place, value) {
                        Ok(None) => {}
                        Ok(Some(anew)) => {
                            if totp::rewrap(&mut tx, *user, value, anew.as_bytes()).await? {
                                progress.wrapped += 1;
                            }
                        }
                        Err(cause) => progress.note_unreadable(&place, &cause),
                    }
                }
            }
            tx.commit().await?;
        }
        Ok(())
    }

    async fn tally_column(&self, tenant: TenantId, column: &SealedColumn, tally: &mut Tally) -> Result<()> {
        let mut after = String::new();
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let values = sealed::list(&mut tx, column, &after, BATCH).await?;
            let Some((last, _)) = values.last() else { break };
            after.clone_from(last);
            for (_, value) in &values {
                self.count(value, tally);
            }
        }
        Ok(())
    }

    fn count(&self, value: &[u8], tally: &mut Tally) {
        let id = match Parts::read(value) {
            Some(parts) => self.masters.name_of(parts.kek_id),
            None => FORMER.to_owned(),
        };
        *tally.entry(id).or_default() += 1;
    }
}

fn place_of<'a>(tenant: TenantId, column: &SealedColumn, record: &'a str) -> Place<'a> {
    Place {
        table: column.table,
        column: column.column,
        tenant,
        record,
    }
}
