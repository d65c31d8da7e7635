//! After a restore from a backup: what was erased since is erased again, by the list that is kept outside of the
//! database.

use std::collections::{BTreeMap, HashSet};

use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use phony_db::audit;
use phony_kernel::{Error, Result, TenantId};
use serde::Serialize;
use serde_json::json;

use super::Privacy;
use super::erase::Listed;
use crate::operator::OperatorAct;

/// What was erased again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Erasures on the list.
    pub listed: u64,
    /// Contacts that had come back and are gone again.
    pub contacts: u64,
    /// Companies that had come back and are closed again.
    pub companies: u64,
    /// Calls whose content went.
    pub calls: u64,
}

/// What is on the list of one company.
#[derive(Default)]
struct Gone {
    company: bool,
    hmacs: HashSet<String>,
}

impl Privacy {
    /// Goes through the list of erasures and does again what the database does not know of any more; who acts and
    /// why is noted in the log of each company that is touched.
    ///
    /// # Errors
    /// Those of the database and of the file store.
    pub async fn replay(&self, act: &OperatorAct) -> Result<Replayed> {
        self.knowing_former_keys().await?.replay_list(act).await
    }

    async fn replay_list(&self, act: &OperatorAct) -> Result<Replayed> {
        let mut done = Replayed::default();
        for (tenant, gone) in self.read_list(&mut done).await? {
            let Some(status) = self.standing(tenant).await? else {
                continue;
            };
            let before = done;
            if gone.company && status != "closed" {
                done.calls += self.close_again(tenant).await?.calls;
                done.companies += 1;
            }
            if !gone.hmacs.is_empty() {
                self.erase_again(tenant, &gone.hmacs, &mut done).await?;
            }
            if done != before {
                let mut tx = self.db.tenant(tenant).await?;
                let entry = audit::Entry {
                    actor: &act.actor(),
                    action: "privacy.replay",
                    target: &tenant.to_string(),
                    detail: &json!({
                        "reason": act.reason(), "contacts": done.contacts - before.contacts,
                        "calls": done.calls - before.calls,
                    }),
                };
                audit::record(&mut tx, &entry, self.clock.now()).await?;
                tx.commit().await?;
            }
        }
        Ok(done)
    }

    async fn read_list(&self, done: &mut Replayed) -> Result<BTreeMap<TenantId, Gone>> {
        let mut list: BTreeMap<TenantId, Gone> = BTreeMap::new();
        let files: Vec<_> = self
            .store
            .list(Some(&Path::from("privacy/erasures")))
            .try_collect()
            .await
            .map_err(Error::unavailable)?;
        for file in files {
            let bytes = self
                .store
                .get(&file.location)
                .await
                .map_err(Error::unavailable)?
                .bytes()
                .await
                .map_err(Error::unavailable)?;
            let listed: Listed = serde_json::from_slice(&bytes).map_err(Error::internal)?;
            done.listed += 1;
            let gone = list.entry(listed.tenant_id).or_default();
            match listed.subject_hmac {
                Some(hmac) => {
                    gone.hmacs.insert(hmac);
                }
                None => gone.company = true,
            }
        }
        Ok(list)
    }

    async fn erase_again(
        &self,
        tenant: TenantId,
        hmacs: &HashSet<String>,
        done: &mut Replayed,
    ) -> Result<()> {
        let mut after = String::new();
        loop {
            let numbers = self.known_numbers(tenant, &after).await?;
            let Some(last) = numbers.last() else {
                return Ok(());
            };
            after.clone_from(last);
            for number in &numbers {
                let erased = self
                    .stand_ins(tenant, number)
                    .any(|hmac| hmacs.contains(&hex::encode(hmac)));
                if erased {
                    done.calls += self.erase_number(None, tenant, number).await?.calls;
                    done.contacts += 1;
                }
            }
        }
    }
}
