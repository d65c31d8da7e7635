//! Contacts: whom a tenant knows. Kept, found, verified; many at once in `import`.
//!
//! What the audit log says of them names nobody: it stays when a contact is forgotten.

mod import;
mod table;
mod verify;

use phony_db::Db;
use phony_db::contacts::{self, ContactChange, ContactFilter, NewContact, Search};
use phony_kernel::callers::ContactPlan;
use phony_kernel::error::Faults;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Clock, ContactId, E164, Error, Kind, Result};
use serde_json::json;

use crate::Principal;
use crate::noting::note;

pub use import::{ImportContacts, ImportReport, OnKnown, Refused};
pub use phony_db::contacts::{Attributes, StoredContact as Contact};
pub use verify::Verification;

/// Contacts of one tenant.
const MAX_CONTACTS: i64 = 200_000;
/// Longest name, in characters.
const MAX_NAME: usize = 120;
/// Notes on one contact.
const MAX_ATTRIBUTES: usize = 50;
/// Longest name of a note.
const MAX_ATTRIBUTE_NAME: usize = 40;
/// Longest note.
const MAX_ATTRIBUTE: usize = 500;
/// Longest text that is looked for.
const MAX_SEARCH: usize = 64;

/// Use cases around contacts.
#[derive(Debug, Clone)]
pub struct Contacts {
    db: Db,
    clock: Clock,
}

/// A contact to keep.
#[derive(Debug, Clone, Default)]
pub struct ContactInput {
    /// Its number, in any common way of writing.
    pub e164: String,
    /// Its name.
    pub name: Option<String>,
    /// What it has subscribed to with the tenant; standard when absent.
    pub plan: Option<ContactPlan>,
    /// Whether somebody made sure that the number is theirs; not when absent.
    pub verified: Option<bool>,
    /// What else the tenant notes.
    pub attributes: Option<Attributes>,
}

/// What to change; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct ContactPatch {
    /// Its number, in any common way of writing.
    pub e164: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// What it has subscribed to with the tenant.
    pub plan: Option<ContactPlan>,
    /// Whether somebody made sure that the number is theirs.
    pub verified: Option<bool>,
    /// What else the tenant notes, the whole of it.
    pub attributes: Option<Attributes>,
}

impl Contacts {
    /// On a database signed in as the API.
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Contacts, newest first; `search` is digits of a number, or part of a name.
    ///
    /// # Errors
    /// `bad_cursor`, a limit out of range, or a search that is too long.
    pub async fn list(
        &self,
        who: &Principal,
        search: Option<&str>,
        plan: Option<ContactPlan>,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Contact>> {
        let page = PageRequest::read(limit, cursor)?;
        let filter = ContactFilter {
            search: read_search(search.unwrap_or_default())?,
            plan,
        };
        let mut tx = self.db.tenant(who.tenant).await?;
        contacts::list(&mut tx, &filter, &page).await
    }

    /// One contact.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get(&self, who: &Principal, id: ContactId) -> Result<Contact> {
        let mut tx = self.db.tenant(who.tenant).await?;
        contacts::find(&mut tx, id).await?.ok_or_else(Error::not_found)
    }

    /// Keeps a contact.
    ///
    /// # Errors
    /// `validation_failed`, `already_exists` when the number is a contact's, or `too_many_contacts`.
    pub async fn create(&self, who: &Principal, input: ContactInput) -> Result<Contact> {
        let mut faults = Faults::new();
        let e164 = read_number(&mut faults, &input.e164);
        let name = input.name.unwrap_or_default();
        faults.line("name", &name, 0, MAX_NAME);
        let attributes = input.attributes.unwrap_or_default();
        check_attributes(&mut faults, &attributes);
        faults.finish()?;
        let new = NewContact {
            id: ContactId::new(),
            e164: e164.ok_or_else(|| Error::invalid_field("e164", "required", "must be given"))?,
            name: name.trim().to_owned(),
            plan: input.plan.unwrap_or(ContactPlan::Standard),
            verified: input.verified.unwrap_or(false),
            attributes,
        };
        let now = self.clock.now();
        let mut tx = self.db.tenant(who.tenant).await?;
        check_room(contacts::count_locked(&mut tx).await? + 1)?;
        contacts::insert(&mut tx, &new, now).await?;
        let detail = json!({ "plan": new.plan });
        note(&mut tx, &who.actor().id, "contact.created", new.id, &detail, now).await?;
        let contact = contacts::find(&mut tx, new.id)
            .await?
            .ok_or_else(Error::not_found)?;
        tx.commit().await?;
        Ok(contact)
    }

    /// Changes a contact.
    ///
    /// # Errors
    /// `not_found`, `validation_failed`, or `already_exists` when the number is another contact's.
    pub async fn update(&self, who: &Principal, id: ContactId, patch: ContactPatch) -> Result<Contact> {
        let mut tx = self.db.tenant(who.tenant).await?;
        contacts::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
        let mut faults = Faults::new();
        let e164 = match &patch.e164 {
            Some(text) => read_number(&mut faults, text),
            None => None,
        };
        if let Some(name) = &patch.name {
            faults.line("name", name, 0, MAX_NAME);
        }
        if let Some(attributes) = &patch.attributes {
            check_attributes(&mut faults, attributes);
        }
        faults.finish()?;
        let change = ContactChange {
            e164: e164.as_ref(),
            name: patch.name.as_deref().map(str::trim),
            plan: patch.plan,
            verified: patch.verified,
            attributes: patch.attributes.as_ref(),
        };
        let contact = contacts::change(&mut tx, id, &change, self.clock.now()).await?;
        let detail = json!({
            "number": e164.is_some(), "name": patch.name.is_some(), "plan": patch.plan,
            "verified": patch.verified, "attributes": patch.attributes.is_some(),
        });
        let (actor, at) = (who.actor().id, self.clock.now());
        note(&mut tx, &actor, "contact.changed", id, &detail, at).await?;
        tx.commit().await?;
        Ok(contact)
    }

    /// Forgets a contact; its calls stay.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete(&self, who: &Principal, id: ContactId) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        if !contacts::delete(&mut tx, id).await? {
            return Err(Error::not_found());
        }
        let (actor, at) = (who.actor().id, self.clock.now());
        note(&mut tx, &actor, "contact.deleted", id, &json!({}), at).await?;
        tx.commit().await
    }
}

fn check_room(contacts: i64) -> Result<()> {
    if contacts <= MAX_CONTACTS {
        return Ok(());
    }
    Err(Error::new(
        Kind::Conflict,
        "too_many_contacts",
        format!("there can be {MAX_CONTACTS} contacts"),
    ))
}

/// Digits are looked for in numbers, anything else in names.
fn read_search(text: &str) -> Result<Option<Search>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > MAX_SEARCH {
        return Err(Error::invalid_field(
            "search",
            "too_long",
            format!("must have at most {MAX_SEARCH} characters"),
        ));
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number =
        |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '.' | '/') || c.is_whitespace();
    if !digits.is_empty() && text.chars().all(number) {
        return Ok(Some(Search::Digits(digits)));
    }
    // The database takes no NUL in a text; no name holds one either.
    Ok(Some(Search::Name(text.to_lowercase().replace('\0', "\u{fffd}"))))
}

fn read_number(faults: &mut Faults, text: &str) -> Option<E164> {
    match E164::parse(text, None) {
        Ok(e164) => Some(e164),
        Err(cause) => {
            faults.add("e164", cause.code(), cause.to_string());
            None
        }
    }
}

fn check_attributes(faults: &mut Faults, attributes: &Attributes) {
    if attributes.len() > MAX_ATTRIBUTES {
        faults.add(
            "attributes",
            "too_many",
            format!("may be at most {MAX_ATTRIBUTES}"),
        );
    }
    for (name, value) in attributes.iter().take(MAX_ATTRIBUTES) {
        if !is_attribute_name(name) {
            faults.add(
                "attributes",
                "bad_name",
                format!("names have 1 to {MAX_ATTRIBUTE_NAME} characters, none of them a control character"),
            );
        }
        if value.chars().count() > MAX_ATTRIBUTE {
            faults.add(
                format!("attributes.{name}"),
                "too_long",
                format!("must have at most {MAX_ATTRIBUTE} characters"),
            );
        }
        if value.contains('\0') {
            faults.add(
                format!("attributes.{name}"),
                "control_character",
                "holds a character that cannot be kept",
            );
        }
    }
}

fn is_attribute_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=MAX_ATTRIBUTE_NAME).contains(&length) && !name.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_looked_for_in_numbers_and_words_in_names() {
        let digits = |text: &str| match read_search(text).unwrap() {
            Some(Search::Digits(digits)) => digits,
            other => panic!("{other:?}"),
        };
        assert_eq!(digits(" +1 (415) 555 "), "1415555");
        assert_eq!(digits("98765-43210"), "9876543210");
        assert!(matches!(read_search("Agent 007").unwrap(), Some(Search::Name(name)) if name == "agent 007"));
        assert!(matches!(read_search("+").unwrap(), Some(Search::Name(_))));
        assert!(read_search("  ").unwrap().is_none());
        assert!(read_search(&"x".repeat(65)).is_err());
    }
}
