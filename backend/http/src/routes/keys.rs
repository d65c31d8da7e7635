//! API keys.

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::identity::{ApiKey, CreateKey};
use phony_kernel::{ApiKeyId, KeyMode, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{List, PageParams};
use crate::auth::{Allow, KeyCreate, KeyRead, KeyRevoke, KeyRotate};
use crate::extract::{Body, IdempotencyKey, Query};
use crate::problem::ApiResult;
use crate::replay;

/// A new API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKeyRequest {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100, example = "Booking system")]
    pub name: String,
    /// What it may do.
    #[schema(min_items = 1)]
    pub scopes: Vec<Scope>,
    /// When it stops working; a year from now when absent, two years at the most.
    #[serde(default, deserialize_with = "crate::moment::optional")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it acts for real. A test key rings nobody and costs nothing.
    #[serde(default)]
    pub mode: KeyMode,
    /// Networks that it may come from; anywhere when there is none.
    #[serde(default)]
    #[schema(max_items = 20, example = json!(["198.51.100.0/24"]))]
    pub allowed_cidrs: Vec<String>,
}

/// How a key is replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateKeyRequest {
    /// For how many hours the old key goes on; 24 when absent.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 168)]
    pub overlap_hours: Option<u32>,
}

/// A new API key with its secret, which is shown this once and never again.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewKeyView {
    /// The key.
    #[serde(flatten)]
    pub details: ApiKey,
    /// The secret itself.
    #[schema(example = "ph_live_0123456789ABCDEFGHIJKLMNOPQRSTUV2ayTCS")]
    pub key: String,
}

/// The company's API keys.
#[utoipa::path(operation_id = "list_api_keys", tag = "API keys", params(PageParams),
    security(("bearer" = ["key.read"])), responses((status = 200, body = List<ApiKey>)))]
#[get("/api_keys")]
pub async fn list(
    allow: Allow<KeyRead>,
    app: web::Data<App>,
    page: Query<PageParams>,
) -> ApiResult<web::Json<List<ApiKey>>> {
    let page = app
        .identity
        .list_keys(&allow.who, page.0.limit, page.0.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// Create an API key; the answer is the only place that shows its secret.
#[utoipa::path(operation_id = "create_api_key", tag = "API keys", request_body = CreateKeyRequest,
    params(("Idempotency-Key" = String, Header, description = "Makes a repeat harmless")),
    security(("bearer" = ["key.create"])), responses((status = 201, body = NewKeyView)))]
#[post("/api_keys")]
pub async fn create(
    allow: Allow<KeyCreate>,
    app: web::Data<App>,
    IdempotencyKey(key): IdempotencyKey,
    body: Body<CreateKeyRequest>,
) -> ApiResult<HttpResponse> {
    let CreateKeyRequest {
        name,
        scopes,
        expires_at,
        mode,
        allowed_cidrs,
    } = body.0;
    let new = CreateKey {
        name,
        scopes,
        expires_at,
        mode,
        allowed_cidrs,
    };
    replay::respond(app.identity.create_key(&allow.who, key.as_deref(), &new).await?)
}

/// Put another key in a key's place, with the same scopes; the answer is the only place that shows its secret. The
/// old one goes on for the overlap.
#[utoipa::path(operation_id = "rotate_api_key", tag = "API keys", request_body = RotateKeyRequest,
    params(("id" = ApiKeyId, Path), ("Idempotency-Key" = String, Header, description = "Makes a repeat harmless")),
    security(("bearer" = ["key.rotate"])), responses((status = 201, body = NewKeyView)))]
#[post("/api_keys/{id}/rotate")]
pub async fn rotate(
    allow: Allow<KeyRotate>,
    app: web::Data<App>,
    id: web::Path<ApiKeyId>,
    IdempotencyKey(key): IdempotencyKey,
    body: Body<RotateKeyRequest>,
) -> ApiResult<HttpResponse> {
    let rotated = app
        .identity
        .rotate_key(&allow.who, *id, key.as_deref(), body.0.overlap_hours);
    replay::respond(rotated.await?)
}

/// Revoke an API key; it stops working at once.
#[utoipa::path(operation_id = "revoke_api_key", tag = "API keys", security(("bearer" = ["key.revoke"])),
    params(("id" = ApiKeyId, Path)), responses((status = 204)))]
#[delete("/api_keys/{id}")]
pub async fn revoke(
    allow: Allow<KeyRevoke>,
    app: web::Data<App>,
    id: web::Path<ApiKeyId>,
) -> ApiResult<HttpResponse> {
    app.identity.revoke_key(&allow.who, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
