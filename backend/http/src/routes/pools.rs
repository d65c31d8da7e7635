//! Pools: numbers that calls go out over by turns.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::numbers::pools::{NewPool, Pool, PoolMember, PoolPatch};
use phony_kernel::callers::PoolStrategy;
use phony_kernel::{E164, NumberId, NumberPoolId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{List, PageParams};
use crate::auth::{Allow, NumberConfigure, NumberRead};
use crate::extract::{Body, Query};
use crate::problem::ApiResult;

/// A pool to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePoolRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// How a number is chosen.
    pub strategy: PoolStrategy,
    /// Its numbers, in their order.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub number_ids: Vec<NumberId>,
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolPatchRequest {
    /// Its name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 64)]
    pub name: Option<String>,
    /// How a number is chosen.
    #[serde(default)]
    pub strategy: Option<PoolStrategy>,
    /// Its numbers, all of them, in their order.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub number_ids: Option<Vec<NumberId>>,
}

/// A pool.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolView {
    /// Its id.
    pub id: NumberPoolId,
    /// Its name.
    pub name: String,
    /// How a number is chosen.
    pub strategy: PoolStrategy,
    /// Its numbers, in their order.
    pub numbers: Vec<PoolNumberView>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A number in a pool.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolNumberView {
    /// Which.
    pub id: NumberId,
    /// The number itself.
    pub e164: E164,
    /// Whether it is still held; others are passed over.
    pub active: bool,
    /// How often it was taken; a number that came later began with what the least taken one had.
    pub uses: i64,
    /// When it was last taken.
    #[schema(required)]
    pub used_at: Option<DateTime<Utc>>,
}

/// The company's pools.
#[utoipa::path(operation_id = "list_number_pools", tag = "Numbers", params(PageParams),
    security(("bearer" = ["number.read"])), responses((status = 200, body = List<PoolView>)))]
#[get("/number_pools")]
pub async fn list(
    allow: Allow<NumberRead>,
    app: web::Data<App>,
    page: Query<PageParams>,
) -> ApiResult<web::Json<List<PoolView>>> {
    let page = app
        .numbers
        .list_pools(&allow.who, page.0.limit, page.0.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// Make a pool. Pools come with the enterprise plan.
#[utoipa::path(operation_id = "create_number_pool", tag = "Numbers", request_body = CreatePoolRequest,
    security(("bearer" = ["number.configure"])), responses((status = 201, body = PoolView)))]
#[post("/number_pools")]
pub async fn create(
    allow: Allow<NumberConfigure>,
    app: web::Data<App>,
    body: Body<CreatePoolRequest>,
) -> ApiResult<HttpResponse> {
    let CreatePoolRequest {
        name,
        strategy,
        number_ids,
    } = body.0;
    let new = NewPool {
        name,
        strategy,
        numbers: number_ids,
    };
    let pool = app.numbers.create_pool(&allow.who, new).await?;
    Ok(HttpResponse::Created().json(PoolView::from(pool)))
}

/// One pool.
#[utoipa::path(operation_id = "get_number_pool", tag = "Numbers", params(("id" = NumberPoolId, Path)),
    security(("bearer" = ["number.read"])), responses((status = 200, body = PoolView)))]
#[get("/number_pools/{id}")]
pub async fn get(
    allow: Allow<NumberRead>,
    app: web::Data<App>,
    id: web::Path<NumberPoolId>,
) -> ApiResult<web::Json<PoolView>> {
    Ok(web::Json(app.numbers.get_pool(&allow.who, *id).await?.into()))
}

/// Change a pool.
#[utoipa::path(operation_id = "update_number_pool", tag = "Numbers", params(("id" = NumberPoolId, Path)),
    request_body = PoolPatchRequest, security(("bearer" = ["number.configure"])),
    responses((status = 200, body = PoolView)))]
#[patch("/number_pools/{id}")]
pub async fn update(
    allow: Allow<NumberConfigure>,
    app: web::Data<App>,
    id: web::Path<NumberPoolId>,
    body: Body<PoolPatchRequest>,
) -> ApiResult<web::Json<PoolView>> {
    let PoolPatchRequest {
        name,
        strategy,
        number_ids,
    } = body.0;
    let patch = PoolPatch {
        name,
        strategy,
        numbers: number_ids,
    };
    Ok(web::Json(
        app.numbers.update_pool(&allow.who, *id, patch).await?.into(),
    ))
}

/// Take a pool away. Its numbers stay.
#[utoipa::path(operation_id = "delete_number_pool", tag = "Numbers", params(("id" = NumberPoolId, Path)),
    security(("bearer" = ["number.configure"])), responses((status = 204)))]
#[delete("/number_pools/{id}")]
pub async fn delete(
    allow: Allow<NumberConfigure>,
    app: web::Data<App>,
    id: web::Path<NumberPoolId>,
) -> ApiResult<HttpResponse> {
    app.numbers.delete_pool(&allow.who, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<Pool> for PoolView {
    fn from(pool: Pool) -> Self {
        Self {
            id: pool.id,
            name: pool.name,
            strategy: pool.strategy,
            numbers: pool.members.into_iter().map(Into::into).collect(),
            created_at: pool.created_at,
            updated_at: pool.updated_at,
        }
    }
}

impl From<PoolMember> for PoolNumberView {
    fn from(member: PoolMember) -> Self {
        Self {
            id: member.number,
            e164: member.e164,
            active: member.active,
            uses: member.uses,
            used_at: member.used_at,
        }
    }
}
