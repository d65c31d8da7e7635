//! Personalities and their versions.
//!
//! A version is never changed: a change adds one and moves the personality's `version` to it. What may be
//! written is decided above; here it is only stored.

use chrono::{DateTime, Utc};
use phony_conversation::plan::Personality;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Error, PersonalityId, PersonalityVersionId, Result, UserId};
use sqlx::types::Json;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// A personality with its current version.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPersonality {
    /// The current version, as a call takes it.
    pub body: Personality,
    /// Key of the preset that it was made from at sign-up, if it was.
    pub preset: Option<String>,
    /// What it is for, in words for the tenant.
    pub description: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its current version was made.
    pub updated_at: DateTime<Utc>,
    /// When it was put away, if it was.
    pub archived_at: Option<DateTime<Utc>>,
}

/// A personality to store, or its next version.
#[derive(Debug)]
pub struct NewVersion<'a> {
    /// What a call takes; its `version` is the number of this version.
    pub body: &'a Personality,
    /// What it is for.
    pub description: &'a str,
    /// Who wrote it; none when it was a key or the platform.
    pub created_by: Option<UserId>,
    /// When.
    pub at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    body: Json<Personality>,
    preset: Option<String>,
    description: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    archived_at: Option<DateTime<Utc>>,
}

impl From<Row> for StoredPersonality {
    fn from(row: Row) -> Self {
        Self {
            body: row.body.0,
            preset: row.preset,
            description: row.description,
            created_at: row.created_at,
            updated_at: row.updated_at,
            archived_at: row.archived_at,
        }
    }
}

/// The current version of a personality, as a call takes it; also of one that was put away, because a call
/// must be answered.
///
/// # Errors
/// `not_found` when the tenant has no such personality.
pub async fn load_current(tx: &mut TenantTx, id: PersonalityId) -> Result<Personality> {
    let body: Option<Json<Personality>> = sqlx::query_scalar(
        "SELECT v.body FROM phony.personalities p
         JOIN phony.personality_versions v
           ON v.tenant_id = p.tenant_id AND v.personality_id = p.id AND v.version = p.version
         WHERE p.tenant_id = $1 AND p.id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    body.map(|body| body.0).ok_or_else(Error::not_found)
}

/// A version of a personality as it was, for the record of a call.
///
/// # Errors
/// `not_found` when there is none of this number.
pub async fn load_version(tx: &mut TenantTx, id: PersonalityId, version: i32) -> Result<Personality> {
    let body: Option<Json<Personality>> = sqlx::query_scalar(
        "SELECT body FROM phony.personality_versions
         WHERE tenant_id = $1 AND personality_id = $2 AND version = $3",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(version)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    body.map(|body| body.0).ok_or_else(Error::not_found)
}

/// A personality that has not been put away, if the tenant has it.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut TenantTx, id: PersonalityId) -> Result<Option<StoredPersonality>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT v.body, p.preset, p.description, p.created_at, p.updated_at, p.archived_at
         FROM phony.personalities p
         JOIN phony.personality_versions v
           ON v.tenant_id = p.tenant_id AND v.personality_id = p.id AND v.version = p.version
         WHERE p.tenant_id = $1 AND p.id = $2 AND p.archived_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(row.map(Into::into))
}

/// Takes the personality's row until the transaction ends, so that two writers follow each other.
///
/// # Errors
/// `not_found` when the tenant has no such personality.
pub async fn lock(tx: &mut TenantTx, id: PersonalityId) -> Result<()> {
    sqlx::query("SELECT 1 FROM phony.personalities WHERE tenant_id = $1 AND id = $2 FOR UPDATE")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_one(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// Whether a number may be given to it: the tenant has it and has not put it away. Keeps it so until the
/// transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn is_usable(tx: &mut TenantTx, id: PersonalityId) -> Result<bool> {
    let found: Option<i32> = sqlx::query_scalar(
        "SELECT 1 FROM phony.personalities WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL FOR SHARE",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(found.is_some())
}

/// Those that have not been put away, oldest first, so that the presets lead.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut TenantTx, page: &PageRequest<Uuid>) -> Result<Page<StoredPersonality>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT v.body, p.preset, p.description, p.created_at, p.updated_at, p.archived_at
         FROM phony.personalities p
         JOIN phony.personality_versions v
           ON v.tenant_id = p.tenant_id AND v.personality_id = p.id AND v.version = p.version
         WHERE p.tenant_id = $1 AND p.archived_at IS NULL
           AND ($2::uuid IS NULL OR p.id > $2)
         ORDER BY p.id LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(page.after)
    .bind(page.rows())
    .fetch_all(tx.connection())
    .await
    .db()?;
    let stored = rows.into_iter().map(StoredPersonality::from).collect();
    Ok(Page::from_rows(stored, page.limit, |row| row.body.id.uuid()))
}

/// How many of its own the tenant has, presets not counted. Holds off other writers of this tenant until the
/// transaction ends, so that the count still stands when the row is added.
///
/// # Errors
/// When the database fails.
pub async fn count_own_locked(tx: &mut TenantTx) -> Result<i64> {
    let tenant = tx.tenant().uuid();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('personalities:' || $1::text, 0))")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?;
    sqlx::query_scalar(
        "SELECT count(*) FROM phony.personalities
         WHERE tenant_id = $1 AND preset IS NULL AND archived_at IS NULL",
    )
    .bind(tenant)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Stores a new personality with its first version.
///
/// # Errors
/// `already_exists` when the tenant has one of this name.
pub async fn insert(tx: &mut TenantTx, preset: Option<&str>, new: &NewVersion<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.personalities
           (tenant_id, id, name, voice, system_prompt, version, preset, description, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(tx.tenant().uuid())
    .bind(new.body.id.uuid())
    .bind(&new.body.name)
    .bind(&new.body.voice)
    .bind(&new.body.system_prompt)
    .bind(new.body.version)
    .bind(preset)
    .bind(new.description)
    .bind(new.at)
    .execute(tx.connection())
    .await
    .db()?;
    insert_version(tx, new).await
}

/// Adds a version and makes it the current one. The row must be held with [`lock`].
///
/// # Errors
/// `already_exists` when the tenant has another of this name.
pub async fn add_version(tx: &mut TenantTx, new: &NewVersion<'_>) -> Result<()> {
    insert_version(tx, new).await?;
    sqlx::query(
        "UPDATE phony.personalities
         SET name = $3, voice = $4, system_prompt = $5, version = $6, description = $7, updated_at = $8
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(new.body.id.uuid())
    .bind(&new.body.name)
    .bind(&new.body.voice)
    .bind(&new.body.system_prompt)
    .bind(new.body.version)
    .bind(new.description)
    .bind(new.at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

async fn insert_version(tx: &mut TenantTx, new: &NewVersion<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.personality_versions
           (tenant_id, id, personality_id, version, body, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant().uuid())
    .bind(PersonalityVersionId::new().uuid())
    .bind(new.body.id.uuid())
    .bind(new.body.version)
    .bind(Json(new.body))
    .bind(new.created_by.map(UserId::uuid))
    .bind(new.at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Puts a personality away; false when a number still points at it, and then nothing is changed. The row must
/// be held with [`lock`], so that no number is given to it meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn archive(tx: &mut TenantTx, id: PersonalityId, at: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.personalities p SET archived_at = $3, updated_at = $3
         WHERE p.tenant_id = $1 AND p.id = $2 AND p.archived_at IS NULL
           AND NOT EXISTS (SELECT FROM phony.phone_numbers n
                           WHERE n.tenant_id = p.tenant_id AND n.personality_id = p.id AND n.released_at IS NULL)",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// The tenant's personality that was made from a preset, if it has not been put away.
///
/// # Errors
/// When the database fails.
pub async fn find_by_preset(tx: &mut TenantTx, preset: &str) -> Result<Option<PersonalityId>> {
    let id: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM phony.personalities WHERE tenant_id = $1 AND preset = $2 AND archived_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(preset)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(id.map(PersonalityId::from_uuid))
}
