//! Phone numbers.

mod requests;
mod views;

use actix_web::{HttpResponse, delete, get, patch, post, web};
use phony_app::App;
use phony_app::idempotency::RequestKey;
use phony_app::numbers::{BuyNumber, ImportNumber, NumberPatch, SearchNumbers};
use phony_kernel::NumberId;

use super::{List, PageParams};
use crate::auth::{Allow, NumberBuy, NumberConfigure, NumberRead, NumberRelease};
use crate::extract::{Body, IdempotencyKey, Query};
use crate::problem::ApiResult;
use crate::replay;
pub use requests::{BuyNumberRequest, NumberPatchRequest};
use requests::{ImportNumberRequest, SearchParams};
use views::{AvailableNumberView, NumberView, view};

/// Search the numbers on sale.
#[utoipa::path(operation_id = "search_available_numbers", tag = "Numbers", params(SearchParams),
    security(("bearer" = ["number.read"])), responses((status = 200, body = List<AvailableNumberView>)))]
#[get("/numbers/available")]
pub async fn search(
    allow: Allow<NumberRead>,
    app: web::Data<App>,
    params: Query<SearchParams>,
) -> ApiResult<web::Json<List<AvailableNumberView>>> {
    let SearchParams {
        country,
        area_code,
        contains,
        kind,
    } = params.0;
    let found = app
        .numbers
        .search(
            &allow.who,
            SearchNumbers {
                country,
                area_code,
                contains,
                kind,
            },
        )
        .await?;
    Ok(web::Json(List::whole(
        found.into_iter().map(Into::into).collect(),
    )))
}

/// The company's numbers.
#[utoipa::path(operation_id = "list_numbers", tag = "Numbers", params(PageParams),
    security(("bearer" = ["number.read"])), responses((status = 200, body = List<NumberView>)))]
#[get("/numbers")]
pub async fn list(
    allow: Allow<NumberRead>,
    app: web::Data<App>,
    page: Query<PageParams>,
) -> ApiResult<web::Json<List<NumberView>>> {
    let page = app
        .numbers
        .list(&allow.who, page.0.limit, page.0.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page.map(|number| view(&app, number)))))
}

/// Buy a number. The carrier is asked once, however often the request is repeated with the same key.
#[utoipa::path(operation_id = "buy_number", tag = "Numbers", request_body = BuyNumberRequest,
    params(("Idempotency-Key" = String, Header, description = "Makes a repeat harmless")),
    security(("bearer" = ["number.buy"])), responses((status = 201, body = NumberView)))]
#[post("/numbers")]
pub async fn buy(
    allow: Allow<NumberBuy>,
    app: web::Data<App>,
    IdempotencyKey(key): IdempotencyKey,
    body: Body<BuyNumberRequest>,
) -> ApiResult<HttpResponse> {
    let request = RequestKey::required(key.as_deref(), "POST /v1/numbers", &body.0)?;
    let BuyNumberRequest {
        e164,
        country,
        area_code,
        label,
        personality_id,
        engine,
    } = body.0;
    let input = BuyNumber {
        e164,
        country,
        area_code,
        label,
        personality_id,
        engine,
    };
    replay::respond(
        app.numbers
            .buy(&allow.who, input, &request, |number| view(&app, number))
            .await?,
    )
}

/// Take over a number that is yours at the carrier already. Its calls come here from now on.
#[utoipa::path(operation_id = "import_number", tag = "Numbers", request_body = ImportNumberRequest,
    params(("Idempotency-Key" = String, Header, description = "Makes a repeat harmless")),
    security(("bearer" = ["number.buy"])), responses((status = 201, body = NumberView)))]
#[post("/numbers/import")]
pub async fn import(
    allow: Allow<NumberBuy>,
    app: web::Data<App>,
    IdempotencyKey(key): IdempotencyKey,
    body: Body<ImportNumberRequest>,
) -> ApiResult<HttpResponse> {
    let request = RequestKey::required(key.as_deref(), "POST /v1/numbers/import", &body.0)?;
    let ImportNumberRequest {
        sid,
        e164,
        label,
        personality_id,
        engine,
    } = body.0;
    let input = ImportNumber {
        sid,
        e164,
        label,
        personality_id,
        engine,
    };
    replay::respond(
        app.numbers
            .import(&allow.who, input, &request, |number| view(&app, number))
            .await?,
    )
}

/// Look at a number at the carrier, and put right what was changed there.
#[utoipa::path(operation_id = "sync_number", tag = "Numbers", params(("id" = NumberId, Path)),
    security(("bearer" = ["number.configure"])), responses((status = 200, body = NumberView)))]
#[post("/numbers/{id}/sync")]
pub async fn sync(
    allow: Allow<NumberConfigure>,
    app: web::Data<App>,
    id: web::Path<NumberId>,
) -> ApiResult<web::Json<NumberView>> {
    Ok(web::Json(view(&app, app.numbers.sync(&allow.who, *id).await?)))
}

/// One number.
#[utoipa::path(operation_id = "get_number", tag = "Numbers", params(("id" = NumberId, Path)),
    security(("bearer" = ["number.read"])), responses((status = 200, body = NumberView)))]
#[get("/numbers/{id}")]
pub async fn get(
    allow: Allow<NumberRead>,
    app: web::Data<App>,
    id: web::Path<NumberId>,
) -> ApiResult<web::Json<NumberView>> {
    Ok(web::Json(view(&app, app.numbers.get(&allow.who, *id).await?)))
}

/// Say who answers a number and how.
#[utoipa::path(operation_id = "update_number", tag = "Numbers", params(("id" = NumberId, Path)),
    request_body = NumberPatchRequest, security(("bearer" = ["number.configure"])),
    responses((status = 200, body = NumberView)))]
#[patch("/numbers/{id}")]
pub async fn update(
    allow: Allow<NumberConfigure>,
    app: web::Data<App>,
    id: web::Path<NumberId>,
    body: Body<NumberPatchRequest>,
) -> ApiResult<web::Json<NumberView>> {
    let NumberPatchRequest {
        label,
        personality_id,
        engine,
        busy_message,
        overflow_e164,
        caller_policy,
        unknown_caller_message,
        not_premium_message,
        hours,
        after_hours,
        fallback_e164,
        recording,
    } = body.0;
    let patch = NumberPatch {
        label,
        personality_id,
        engine,
        busy_message,
        overflow_e164,
        caller_policy,
        unknown_caller_message,
        not_premium_message,
        hours,
        after_hours: after_hours.map(|after| after.map(Into::into)),
        fallback_e164,
        recording: recording.map(Into::into),
    };
    let number = app.numbers.update(&allow.who, *id, patch).await?;
    Ok(web::Json(view(&app, number)))
}

/// Give a number back to the carrier.
#[utoipa::path(operation_id = "release_number", tag = "Numbers", params(("id" = NumberId, Path)),
    security(("bearer" = ["number.release"])), responses((status = 204)))]
#[delete("/numbers/{id}")]
pub async fn release(
    allow: Allow<NumberRelease>,
    app: web::Data<App>,
    id: web::Path<NumberId>,
) -> ApiResult<HttpResponse> {
    app.numbers.release(&allow.who, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
