//! Contacts: people whom a tenant knows by their telephone number.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use phony_kernel::callers::ContactPlan;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{ContactId, E164, Error, Result};
use sqlx::types::Json;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

mod import;

pub use import::{Imported, list_known, upsert};

/// What a tenant notes of a contact: short texts by name.
pub type Attributes = BTreeMap<String, String>;

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredContact {
    /// Its id.
    pub id: ContactId,
    /// Its number.
    pub e164: E164,
    /// Its name.
    pub name: String,
    /// What it has subscribed to with the tenant.
    pub plan: ContactPlan,
    /// Whether somebody made sure that the number is theirs.
    pub verified: bool,
    /// What else the tenant notes.
    pub attributes: Attributes,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    e164: String,
    name: String,
    plan: String,
    verified: bool,
    attributes: Json<Attributes>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<StoredContact> {
        let column =
            |name: &'static str| Error::internal(anyhow::anyhow!("contacts.{name} is not a known word"));
        Ok(StoredContact {
            id: ContactId::from_uuid(self.id),
            e164: E164::from_canonical(&self.e164).map_err(|_| column("e164"))?,
            name: self.name,
            plan: ContactPlan::from_stored(&self.plan).ok_or_else(|| column("plan"))?,
            verified: self.verified,
            attributes: self.attributes.0,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The columns of a contact, with the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, e164, name, plan, verified, attributes, created_at, updated_at FROM phony.contacts
             WHERE tenant_id = $1 ",
            $rest
        )
    };
}

/// A contact to keep.
#[derive(Debug, Clone)]
pub struct NewContact {
    /// Its id.
    pub id: ContactId,
    /// Its number.
    pub e164: E164,
    /// Its name.
    pub name: String,
    /// What it has subscribed to with the tenant.
    pub plan: ContactPlan,
    /// Whether somebody made sure that the number is theirs.
    pub verified: bool,
    /// What else the tenant notes.
    pub attributes: Attributes,
}

/// What to change of a contact; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct ContactChange<'a> {
    /// Its number.
    pub e164: Option<&'a E164>,
    /// Its name.
    pub name: Option<&'a str>,
    /// What it has subscribed to with the tenant.
    pub plan: Option<ContactPlan>,
    /// Whether somebody made sure that the number is theirs.
    pub verified: Option<bool>,
    /// What else the tenant notes, the whole of it.
    pub attributes: Option<&'a Attributes>,
}

/// Which contacts to list.
#[derive(Debug, Clone, Default)]
pub struct ContactFilter {
    /// Digits that the number begins with, after its `+`; or any part of the name.
    pub search: Option<Search>,
    /// With this plan.
    pub plan: Option<ContactPlan>,
}

/// What is looked for.
#[derive(Debug, Clone)]
pub enum Search {
    /// A number that holds these digits.
    Digits(String),
    /// A name that holds this text, in lower case.
    Name(String),
}

/// The contact with this number, if the tenant knows it.
///
/// # Errors
/// When the database fails.
pub async fn find_by_number(tx: &mut TenantTx, e164: &str) -> Result<Option<StoredContact>> {
    let row: Option<Row> = sqlx::query_as(select!("AND e164 = $2"))
        .bind(tx.tenant().uuid())
        .bind(e164)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.map(Row::read).transpose()
}

/// A contact of the tenant, if it has it.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut TenantTx, id: ContactId) -> Result<Option<StoredContact>> {
    let row: Option<Row> = sqlx::query_as(select!("AND id = $2"))
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.map(Row::read).transpose()
}

/// Contacts that fit, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut TenantTx,
    filter: &ContactFilter,
    page: &PageRequest<Uuid>,
) -> Result<Page<StoredContact>> {
    let (digits, name) = match &filter.search {
        Some(Search::Digits(digits)) => (Some(digits), None),
        Some(Search::Name(name)) => (None, Some(name)),
        None => (None, None),
    };
    let rows: Vec<Row> = sqlx::query_as(select!(
        "AND ($2::uuid IS NULL OR id < $2) AND ($4::text IS NULL OR position($4 IN e164) > 0)
         AND ($5::text IS NULL OR position($5 IN lower(name)) > 0) AND ($6::text IS NULL OR plan = $6)
         ORDER BY id DESC LIMIT $3"
    ))
    .bind(tx.tenant().uuid())
    .bind(page.after)
    .bind(page.rows())
    .bind(digits)
    .bind(name)
    .bind(filter.plan.map(ContactPlan::as_str))
    .fetch_all(tx.connection())
    .await
    .db()?;
    let contacts: Vec<StoredContact> = rows.into_iter().map(Row::read).collect::<Result<_>>()?;
    Ok(Page::from_rows(contacts, page.limit, |contact| contact.id.uuid()))
}

/// How many contacts the tenant has. Holds off others who add some until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn count_locked(tx: &mut TenantTx) -> Result<i64> {
    let tenant = tx.tenant().uuid();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('contacts:' || $1::text, 0))")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?;
    sqlx::query_scalar("SELECT count(*) FROM phony.contacts WHERE tenant_id = $1")
        .bind(tenant)
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Keeps a new contact.
///
/// # Errors
/// `already_exists` when the tenant has one with this number.
pub async fn insert(tx: &mut TenantTx, new: &NewContact, at: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.contacts (tenant_id, id, e164, name, plan, verified, attributes, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(tx.tenant().uuid())
    .bind(new.id.uuid())
    .bind(new.e164.as_str())
    .bind(&new.name)
    .bind(new.plan.as_str())
    .bind(new.verified)
    .bind(Json(&new.attributes))
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Changes a contact.
///
/// # Errors
/// `not_found`, or `already_exists` when another one has the number.
pub async fn change(
    tx: &mut TenantTx,
    id: ContactId,
    change: &ContactChange<'_>,
    at: DateTime<Utc>,
) -> Result<StoredContact> {
    let row: Row = sqlx::query_as(
        "UPDATE phony.contacts
         SET e164 = coalesce($3, e164), name = coalesce($4, name), plan = coalesce($5, plan),
             verified = coalesce($6, verified), attributes = coalesce($7, attributes), updated_at = $8
         WHERE tenant_id = $1 AND id = $2
         RETURNING id, e164, name, plan, verified, attributes, created_at, updated_at",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(change.e164.map(E164::as_str))
    .bind(change.name)
    .bind(change.plan.map(ContactPlan::as_str))
    .bind(change.verified)
    .bind(change.attributes.map(Json))
    .bind(at)
    .fetch_one(tx.connection())
    .await
    .db()?;
    row.read()
}

/// Forgets a contact; its calls stay without it. False when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut TenantTx, id: ContactId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM phony.contacts WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(done.rows_affected() == 1)
}
