//! Many contacts at once: what is taken of a table is kept, what is not is told. How it is read is in `table`.

use phony_db::contacts::{self, Imported};
use phony_kernel::Result;
use serde_json::json;

use super::table::Lines;
use super::verify::check_country;
use super::{Contacts, check_room};
use crate::Principal;
use crate::noting::note;

/// Refusals that are told one by one.
pub(super) const MAX_TOLD: usize = 1_000;

/// A table of contacts.
#[derive(Debug, Clone)]
pub struct ImportContacts {
    /// CSV with a line of names: a number, and any of `name`, `plan`, `verified`; other columns become attributes.
    pub csv: String,
    /// Where numbers without a country code are (ISO 3166).
    pub country: Option<String>,
    /// What happens to contacts that are known.
    pub on_known: OnKnown,
}

/// What happens to contacts that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnKnown {
    /// They get what the table says.
    #[default]
    Update,
    /// They stay, and the line is refused.
    Keep,
}

/// What became of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// New contacts.
    pub accepted: u32,
    /// Known contacts that were changed.
    pub updated: u32,
    /// Lines that were not taken.
    pub refused: u32,
    /// Why, in the order of the lines, up to a thousand.
    pub refusals: Vec<Refused>,
}

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which line of the table, its line of names being the first.
    pub line: u64,
    /// What stands where the number should be.
    pub phone_number: String,
    /// Stable word for the reason.
    pub code: &'static str,
    /// The reason.
    pub detail: String,
}

impl ImportReport {
    pub(super) fn refuse(
        &mut self,
        line: u64,
        phone_number: &str,
        code: &'static str,
        detail: impl Into<String>,
    ) {
        self.refused += 1;
        if self.refusals.len() < MAX_TOLD {
            self.refusals.push(Refused {
                line,
                phone_number: phone_number
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(64)
                    .collect(),
                code,
                detail: detail.into(),
            });
        }
    }
}

impl Contacts {
    /// Takes in a table. Lines that cannot be taken are told; the others are kept all together or, when the database
    /// fails, not at all.
    ///
    /// # Errors
    /// `validation_failed` when it is no table with a column of numbers, or has too many lines, or `too_many_contacts`.
    pub async fn import(&self, who: &Principal, input: &ImportContacts) -> Result<ImportReport> {
        check_country(input.country.as_deref())?;
        let mut report = ImportReport::default();
        let mut lines = Lines::open(&input.csv, input.country.as_deref())?;
        let now = self.clock.now();
        let mut tx = self.db.tenant(who.tenant).await?;
        let mut room = contacts::count_locked(&mut tx).await?;
        loop {
            let batch = lines.next_batch(&mut report)?;
            if batch.is_empty() {
                break;
            }
            let batch = match input.on_known {
                OnKnown::Update => batch,
                OnKnown::Keep => {
                    let known = contacts::list_known(&mut tx, &numbers_of(&batch)).await?;
                    let (known, new): (Vec<_>, Vec<_>) = batch
                        .into_iter()
                        .partition(|(_, contact)| known.contains(&contact.e164));
                    for (line, contact) in known {
                        report.refuse(line, &contact.e164, "known", "is a contact already");
                    }
                    new
                }
            };
            let batch: Vec<Imported> = batch.into_iter().map(|(_, contact)| contact).collect();
            for (_, new) in contacts::upsert(&mut tx, &batch, now).await? {
                if new {
                    report.accepted += 1;
                    room += 1;
                } else {
                    report.updated += 1;
                }
            }
            check_room(room)?;
        }
        // Refusals of the database come after those of the reader.
        report.refusals.sort_by_key(|refused| refused.line);
        let detail =
            json!({ "accepted": report.accepted, "updated": report.updated, "refused": report.refused });
        let (actor, at) = (who.actor().id, self.clock.now());
        note(&mut tx, &actor, "contact.imported", who.tenant, &detail, at).await?;
        tx.commit().await?;
        Ok(report)
    }
}

fn numbers_of(batch: &[(u64, Imported)]) -> Vec<String> {
    batch.iter().map(|(_, contact)| contact.e164.clone()).collect()
}
