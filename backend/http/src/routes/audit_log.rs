//! The audit log: who did what, and whether the log is as it was written.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, SubsecRound as _, Utc};
use futures_util::TryStreamExt as _;
use phony_app::App;
use phony_app::audit::{AuditBreak, AuditCheck, AuditEntry, AuditFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::List;
use crate::auth::{Allow, AuditRead};
use crate::extract::Query;
use crate::problem::{ApiError, ApiResult};

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditParams {
    /// Entries on a page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only of this action; with a point at its end, of all that begin so.
    #[param(example = "api_key.", max_length = 200)]
    pub action: Option<String>,
    /// Only by this actor: `usr_…`, `key_…`, `operator:…` or `system`.
    #[param(max_length = 200)]
    pub actor: Option<String>,
    /// Only about this, `num_…`.
    #[param(max_length = 200)]
    pub target: Option<String>,
    /// Only since then.
    #[serde(rename = "at[gte]", default, deserialize_with = "crate::moment::optional")]
    #[param(rename = "at[gte]")]
    pub from: Option<DateTime<Utc>>,
    /// Only before then.
    #[serde(rename = "at[lt]", default, deserialize_with = "crate::moment::optional")]
    #[param(rename = "at[lt]")]
    pub to: Option<DateTime<Utc>>,
}

/// Which entries of the file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditFileParams {
    /// Only of this action; with a point at its end, of all that begin so.
    #[param(max_length = 200)]
    pub action: Option<String>,
    /// Only by this actor.
    #[param(max_length = 200)]
    pub actor: Option<String>,
    /// Only about this.
    #[param(max_length = 200)]
    pub target: Option<String>,
    /// Only since then.
    #[serde(rename = "at[gte]", default, deserialize_with = "crate::moment::optional")]
    #[param(rename = "at[gte]")]
    pub from: Option<DateTime<Utc>>,
    /// Only before then.
    #[serde(rename = "at[lt]", default, deserialize_with = "crate::moment::optional")]
    #[param(rename = "at[lt]")]
    pub to: Option<DateTime<Utc>>,
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntryView {
    /// Its place, from 0, without gaps.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: `usr_…`, `key_…`, `operator:…` or `system`.
    pub actor: String,
    /// Their name today, if they are one of the company's people.
    #[schema(required)]
    pub actor_name: Option<String>,
    /// What was done.
    pub action: String,
    /// To what.
    pub target: String,
    /// More of it.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    /// Its hash, which the next entry is chained to; hexadecimal.
    pub hash: String,
}

/// What a check of the audit log has found.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditCheckView {
    /// Whether nothing is wrong.
    pub intact: bool,
    /// The first broken place.
    #[schema(required)]
    pub broken: Option<AuditBreak>,
    /// Entries that were looked at.
    pub entries: u64,
    /// The first of them.
    #[schema(required)]
    pub first_seq: Option<i64>,
    /// The last of them.
    #[schema(required)]
    pub last_seq: Option<i64>,
    /// Whether the check began at the begin of the log. One over the API looks at the newest 50,000 entries.
    pub whole: bool,
    /// Signed statements, kept outside of the database, that were compared.
    pub heads: usize,
    /// The newest entry that is signed for.
    #[schema(required)]
    pub signed_seq: Option<i64>,
    /// Since when it is.
    #[schema(required)]
    pub signed_at: Option<DateTime<Utc>>,
}

impl From<AuditEntry> for AuditEntryView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.trunc_subsecs(3),
            actor: entry.actor,
            actor_name: entry.actor_name,
            action: entry.action,
            target: entry.target,
            detail: entry.detail,
            hash: entry.hash,
        }
    }
}

impl From<AuditCheck> for AuditCheckView {
    fn from(check: AuditCheck) -> Self {
        Self {
            intact: check.intact,
            broken: check.broken,
            entries: check.entries,
            first_seq: check.first_seq,
            last_seq: check.last_seq,
            whole: check.whole,
            heads: check.heads,
            signed_seq: check.signed.map(|(seq, _)| seq),
            signed_at: check.signed.map(|(_, at)| at.trunc_subsecs(3)),
        }
    }
}

/// Who did what, newest first.
#[utoipa::path(operation_id = "list_audit_log", tag = "Trust", params(AuditParams),
    security(("bearer" = ["audit.read"])), responses((status = 200, body = List<AuditEntryView>)))]
#[get("/audit_log")]
pub async fn list(
    allow: Allow<AuditRead>,
    app: web::Data<App>,
    params: Query<AuditParams>,
) -> ApiResult<web::Json<List<AuditEntryView>>> {
    let params = params.0;
    let filter = AuditFilter {
        action: params.action,
        actor: params.actor,
        target: params.target,
        from: params.from,
        to: params.to,
    };
    let page = app
        .audit
        .list(&allow.who, &filter, params.limit, params.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// Check the audit log against its own chain and what was signed for it outside of the database.
#[utoipa::path(operation_id = "verify_audit_log", tag = "Trust", security(("bearer" = ["audit.read"])),
    responses((status = 200, body = AuditCheckView)))]
#[get("/audit_log/verify")]
pub async fn verify(allow: Allow<AuditRead>, app: web::Data<App>) -> ApiResult<web::Json<AuditCheckView>> {
    Ok(web::Json(app.audit.verify(&allow.who).await?.into()))
}

/// The audit log as CSV, newest first.
#[utoipa::path(operation_id = "export_audit_log", tag = "Trust", params(AuditFileParams),
    security(("bearer" = ["audit.read"])), responses((status = 200, content_type = "text/csv", body = String)))]
#[get("/audit_log/export")]
pub async fn export(
    allow: Allow<AuditRead>,
    app: web::Data<App>,
    params: Query<AuditFileParams>,
) -> ApiResult<HttpResponse> {
    let params = params.0;
    let filter = AuditFilter {
        action: params.action,
        actor: params.actor,
        target: params.target,
        from: params.from,
        to: params.to,
    };
    let lines = app.audit.file(&allow.who, filter)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"phony-audit-log.csv\"",
        ))
        .streaming(lines.map_err(|error| actix_web::Error::from(ApiError(error)))))
}
