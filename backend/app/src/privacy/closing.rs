//! The end of a company: its doors are shut, its numbers and its carrier's account are given back, its content goes,
//! its people are told. Each step may be repeated.

use std::collections::HashSet;

use phony_calls::bus::EventBus;
use phony_db::privacy::copies::ToRemove;
use phony_db::privacy::erasures::ErasureRecord;
use phony_db::privacy::{person, tenant as rows};
use phony_db::{exports, identity};
use phony_kernel::{Error, Result, TenantId};

use super::Privacy;
use super::receipt::{Counts, ERASED, stand_in};
use super::retention::remove_files;
use crate::App;
use crate::mail::{Mail, Template};

/// Calls read at one time.
const PAGE: i64 = 100;

impl Privacy {
    /// Closes a company; `None` while calls go on, which are let finish.
    pub(super) async fn close(
        &self,
        app: &App,
        tenant: TenantId,
        record: &ErasureRecord,
    ) -> Result<Option<Counts>> {
        let mut tx = self.db.tenant(tenant).await?;
        rows::set_status(&mut tx, &["active", "suspended"], "closing").await?;
        rows::shut_doors(&mut tx).await?;
        tx.commit().await?;
        let mut tx = self.db.tenant(tenant).await?;
        if rows::count_live(&mut tx).await? > 0 {
            return Ok(None);
        }
        let held = rows::list_numbers(&mut tx).await?;
        drop(tx);
        let mut counts = Counts::default();
        for number in held {
            app.numbers.release_as(tenant, &record.created_by, number).await?;
            counts.numbers += 1;
        }
        app.carrier_accounts.close(tenant).await?;
        let content = self.empty(Some(&app.bus), tenant).await?;
        counts.calls = content.calls;
        counts.recordings = content.recordings;
        counts.contacts = content.contacts;
        counts.people = self.say_goodbye(app, tenant).await?;
        let mut tx = self.db.tenant(tenant).await?;
        rows::set_status(&mut tx, &["closing"], "closed").await?;
        tx.commit().await?;
        Ok(Some(counts))
    }

    /// Erases the content of a company, whoever it is about.
    pub(super) async fn empty(&self, live: Option<&EventBus>, tenant: TenantId) -> Result<Counts> {
        let mut counts = Counts::default();
        let mut tx = self.db.tenant(tenant).await?;
        let own: HashSet<String> = rows::list_own_e164(&mut tx).await?.into_iter().collect();
        drop(tx);
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let calls = rows::list_calls(&mut tx, PAGE).await?;
            drop(tx);
            if calls.is_empty() {
                break;
            }
            for (call, from, to) in calls {
                let mut instead = Vec::new();
                for number in [from, to] {
                    if !own.contains(&number) && !number.starts_with(ERASED) && !number.is_empty() {
                        let hmac = self.stand_in_bytes(tenant, &number).unwrap_or_default();
                        instead.push((number, stand_in(&hmac)));
                    }
                }
                let pairs: Vec<(&str, &str)> = instead
                    .iter()
                    .map(|(number, text)| (number.as_str(), text.as_str()))
                    .collect();
                counts.recordings += self.erase_call(live, tenant, call, &pairs).await?;
                counts.calls += 1;
            }
        }
        // Contacts that nobody has talked with are told apart by their numbers alone.
        while remove_files(&self.db, &*self.store, tenant, ToRemove::All).await? > 0 {}
        let mut tx = self.db.tenant(tenant).await?;
        exports::expire_all(&mut tx).await?;
        counts.contacts = rows::delete_content(&mut tx).await?;
        tx.commit().await?;
        while crate::exports::remove_expired(&self.db, &self.store, tenant).await? > 0 {}
        Ok(counts)
    }

    /// Tells the people of a company that it is closed, and forgets those who belong to no other one.
    async fn say_goodbye(&self, app: &App, tenant: TenantId) -> Result<u64> {
        let mut tx = self.db.tenant(tenant).await?;
        let company = identity::get_tenant(&mut tx).await?.name;
        let mut forgotten = 0;
        for (user, email) in rows::list_people(&mut tx).await? {
            if email.ends_with("@invalid") {
                continue;
            }
            let template = Template::Notice {
                name: String::new(),
                subject: format!("{company} is closed at Phony"),
                paragraphs: vec![
                    format!("The account of {company} at Phony is closed, as one of its admins asked."),
                    "Its numbers were given back, and what was said and recorded in its calls is erased. What was \
                     charged stays for the bill."
                        .to_owned(),
                ],
            };
            let mail = Mail {
                to: email,
                template,
                good_until: None,
            };
            app.mails.queue(&mut tx, &mail).await?;
            if rows::forget_person(&mut tx, user).await? {
                forgotten += 1;
            }
        }
        tx.commit().await?;
        Ok(forgotten)
    }

    /// Numbers of a company that it has dealt with, page by page; for the list of erasures.
    pub(super) async fn known_numbers(&self, tenant: TenantId, after: &str) -> Result<Vec<String>> {
        let mut tx = self.db.tenant(tenant).await?;
        person::list_numbers(&mut tx, after, 1_000).await
    }

    /// Where a company stands; `None` for one that there is not.
    pub(super) async fn standing(&self, tenant: TenantId) -> Result<Option<String>> {
        let mut tx = self.db.tenant(tenant).await?;
        match rows::get_status(&mut tx).await {
            Ok(status) => Ok(Some(status)),
            Err(error) if error.kind() == phony_kernel::Kind::NotFound => Ok(None),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// Shuts and empties a company that was closed before the backup from which it came back.
    pub(super) async fn close_again(&self, tenant: TenantId) -> Result<Counts> {
        let mut tx = self.db.tenant(tenant).await?;
        rows::set_status(&mut tx, &["active", "suspended", "closing"], "closed").await?;
        rows::shut_doors(&mut tx).await?;
        tx.commit().await?;
        let counts = self.empty(None, tenant).await?;
        let mut tx = self.db.tenant(tenant).await?;
        for (user, _) in rows::list_people(&mut tx).await? {
            rows::forget_person(&mut tx, user).await?;
        }
        tx.commit().await?;
        Ok(counts)
    }
}
