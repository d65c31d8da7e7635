//! Where a log stands, signed for outside of the database: hourly, when its old begin is cut off, and after a restore
//! from a backup.

use phony_db::audit::genesis;
use phony_db::audit::log;
use phony_kernel::{Result, TenantId};

use super::heads::{Head, HeadKind};
use super::{AuditLog, PAGE};

impl AuditLog {
    /// Signs for where a log stands, unless that is signed for already; says whether it did.
    ///
    /// # Errors
    /// Those of the database and of the file store.
    pub async fn sign_head(&self, tenant: TenantId) -> Result<bool> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some((seq, hash)) = log::find_head(&mut tx, None).await? else {
            return Ok(false);
        };
        drop(tx);
        let named = self.heads.list(tenant).await?;
        if named
            .last()
            .is_some_and(|last| last.seq == seq && last.kind == HeadKind::Head)
        {
            return Ok(false);
        }
        self.heads
            .write(&self.statement(HeadKind::Head, tenant, seq, &hash))
            .await?;
        Ok(true)
    }

    /// Cuts off what is older than the tenant keeps its log, once that is signed for; returns how many entries went.
    /// For the worker.
    ///
    /// # Errors
    /// Those of the database and of the file store.
    pub async fn cut_off(&self, tenant: TenantId) -> Result<u64> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some((seq, hash)) = log::find_last_expired(&mut tx).await? else {
            return Ok(0);
        };
        drop(tx);
        let named = self.heads.list(tenant).await?;
        if !named
            .iter()
            .any(|name| name.kind == HeadKind::Cut && name.seq == seq)
        {
            self.heads
                .write(&self.statement(HeadKind::Cut, tenant, seq, &hash))
                .await?;
        }
        let mut gone = 0;
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let deleted = log::cut_off(&mut tx, seq, PAGE).await?;
            tx.commit().await?;
            gone += deleted;
            if deleted == 0 {
                break;
            }
        }
        // A restore goes on to say which statements about later entries are void.
        let said = |name: &&super::heads::Named| name.seq < seq && name.kind != HeadKind::Restored;
        for name in named.iter().filter(said) {
            self.heads.delete(name).await?;
        }
        Ok(gone)
    }

    /// Signs that a log ends where it ends since a restore from a backup, if more of it was signed for before; says
    /// whether it did.
    ///
    /// # Errors
    /// Those of the database and of the file store.
    pub async fn accept_restore(&self, tenant: TenantId) -> Result<bool> {
        let mut tx = self.db.tenant(tenant).await?;
        let (seq, hash) = log::find_head(&mut tx, None)
            .await?
            .unwrap_or_else(|| (-1, genesis(tenant)));
        drop(tx);
        let named = self.heads.list(tenant).await?;
        let void = named
            .iter()
            .rposition(|name| name.kind == HeadKind::Restored)
            .map_or(named.as_slice(), |place| named.get(place..).unwrap_or_default())
            .iter()
            .any(|name| name.seq > seq);
        if !void {
            return Ok(false);
        }
        self.heads
            .write(&self.statement(HeadKind::Restored, tenant, seq, &hash))
            .await?;
        Ok(true)
    }

    fn statement(&self, kind: HeadKind, tenant: TenantId, seq: i64, hash: &[u8]) -> Head {
        Head {
            kind,
            tenant,
            seq,
            hash: hex::encode(hash),
            at: self.clock.now(),
        }
    }
}
