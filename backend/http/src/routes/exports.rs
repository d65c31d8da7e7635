//! Exports: jobs that write a file, and their download.

use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::exports::{CreateExport, Export};
use phony_app::idempotency::RequestKey;
use phony_kernel::ExportId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{List, PageParams};
use crate::auth::{Allow, ExportCreate};
use crate::extract::{Body, IdempotencyKey, Query};
use crate::problem::ApiResult;
use crate::replay;

/// What can be exported.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    /// Every usage event with its price and amount.
    Usage,
}

/// In which form.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RFC 4180, UTF-8.
    Csv,
}

/// A new export.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateExportRequest {
    /// What.
    pub dataset: Dataset,
    /// In which form.
    pub format: Format,
    /// Begin of the period, inclusive.
    #[serde(deserialize_with = "crate::moment::required")]
    pub from: DateTime<Utc>,
    /// End of the period, exclusive.
    #[serde(deserialize_with = "crate::moment::required")]
    pub to: DateTime<Utc>,
}

/// An export job.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportView {
    /// Its id.
    pub id: ExportId,
    /// What.
    pub dataset: String,
    /// In which form.
    pub format: String,
    /// Begin of the period, inclusive.
    pub from: DateTime<Utc>,
    /// End of the period, exclusive.
    pub to: DateTime<Utc>,
    /// `queued`, `running`, `ready` or `failed`.
    pub status: String,
    /// Why it failed.
    #[schema(required)]
    pub failure: Option<String>,
    /// Rows in the file, without its head.
    #[schema(required)]
    pub row_count: Option<i64>,
    /// Size of the file.
    #[schema(required)]
    pub size_bytes: Option<i64>,
    /// SHA-256 of the file, hexadecimal.
    #[schema(required)]
    pub sha256: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the file was ready.
    #[schema(required)]
    pub ready_at: Option<DateTime<Utc>>,
    /// Until when it can be fetched.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<Export> for ExportView {
    fn from(export: Export) -> Self {
        Self {
            id: export.id,
            dataset: export.dataset,
            format: export.format,
            from: export.from,
            to: export.to,
            status: export.status,
            failure: export.failure,
            row_count: export.row_count,
            size_bytes: export.size_bytes,
            sha256: export.sha256,
            created_at: export.created_at,
            ready_at: export.ready_at,
            expires_at: export.expires_at,
        }
    }
}

/// Ask for an export; the file is made in the background.
#[utoipa::path(operation_id = "create_export", tag = "Billing", request_body = CreateExportRequest,
    params(("Idempotency-Key" = String, Header, description = "Makes a repeat harmless")),
    security(("bearer" = ["export.create"])), responses((status = 202, body = ExportView)))]
#[post("/exports")]
pub async fn create(
    allow: Allow<ExportCreate>,
    app: web::Data<App>,
    IdempotencyKey(key): IdempotencyKey,
    body: Body<CreateExportRequest>,
) -> ApiResult<HttpResponse> {
    let request = RequestKey::required(key.as_deref(), "POST /v1/exports", &body.0)?;
    let input = CreateExport {
        from: body.0.from,
        to: body.0.to,
    };
    replay::respond(
        app.exports
            .create(&allow.who, input, Some(&request), ExportView::from)
            .await?,
    )
}

/// The company's exports.
#[utoipa::path(operation_id = "list_exports", tag = "Billing", params(PageParams),
    security(("bearer" = ["export.create"])), responses((status = 200, body = List<ExportView>)))]
#[get("/exports")]
pub async fn list(
    allow: Allow<ExportCreate>,
    app: web::Data<App>,
    page: Query<PageParams>,
) -> ApiResult<web::Json<List<ExportView>>> {
    let page = app
        .exports
        .list(&allow.who, page.0.limit, page.0.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// One export.
#[utoipa::path(operation_id = "get_export", tag = "Billing", params(("id" = ExportId, Path)),
    security(("bearer" = ["export.create"])), responses((status = 200, body = ExportView)))]
#[get("/exports/{id}")]
pub async fn get(
    allow: Allow<ExportCreate>,
    app: web::Data<App>,
    id: web::Path<ExportId>,
) -> ApiResult<web::Json<ExportView>> {
    Ok(web::Json(app.exports.get(&allow.who, *id).await?.into()))
}

/// The file of an export that is ready.
#[utoipa::path(operation_id = "download_export", tag = "Billing", params(("id" = ExportId, Path)),
    security(("bearer" = ["export.create"])),
    responses((status = 200, content_type = "text/csv", body = String)))]
#[get("/exports/{id}/download")]
pub async fn download(
    allow: Allow<ExportCreate>,
    app: web::Data<App>,
    id: web::Path<ExportId>,
) -> ApiResult<HttpResponse> {
    let file = app.exports.download(&allow.who, *id).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", file.file_name),
        ))
        .streaming(file.bytes))
}
