//! API keys.

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::identity::{ApiKey, CreateKey};
use phony_kernel::{ApiKeyId, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{List, PageParams};
use crate::auth::{Allow, KeyCreate, KeyRead, KeyRevoke};
use crate::extract::{Body, IdempotencyKey};
use crate::problem::ApiResult;
use crate::replay::Replayable;

/// A new API key.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKeyRequest {
    /// What it is for.
    #[schema(min_length = 1, max_length = 80, example = "Booking system")]
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it stops working; a year from now when absent, two years at the most.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyView {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// How it begins, to tell keys apart.
    #[schema(example = "ph_live_3kTz")]
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// `active`, `expired` or `revoked`.
    pub status: String,
    /// When it stops working.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    #[schema(required)]
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    #[schema(required)]
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A new API key with its secret, which is shown this once and never again.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewKeyView {
    /// The key.
    #[serde(flatten)]
    pub details: KeyView,
    /// The secret itself.
    #[schema(example = "ph_live_0123456789ABCDEFGHIJKLMNOPQRSTUV2ayTCS")]
    pub key: String,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes,
            status: key.status.to_owned(),
            expires_at: key.expires_at,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// The company's API keys.
#[utoipa::path(operation_id = "list_api_keys", tag = "API keys", params(PageParams),
    security(("bearer" = ["key.read"])), responses((status = 200, body = List<KeyView>)))]
#[get("/api_keys")]
pub async fn list(
    allow: Allow<KeyRead>,
    app: web::Data<App>,
    page: web::Query<PageParams>,
) -> ApiResult<web::Json<List<KeyView>>> {
    let page = app.identity.list_keys(&allow.who, page.limit, page.cursor.as_deref()).await?;
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
    key: IdempotencyKey,
    body: Body<CreateKeyRequest>,
) -> ApiResult<HttpResponse> {
    let replayable = Replayable::required(&key, "POST /v1/api_keys", &body.0)?;
    let CreateKeyRequest { name, scopes, expires_at } = body.0;
    let outcome = app
        .identity
        .create_key(&allow.who, CreateKey { name, scopes, expires_at }, replayable.request(), |key, secret| {
            replayable.answer(201, &NewKeyView { details: key.into(), key: secret })
        })
        .await?;
    Ok(replayable.respond(outcome))
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
