//! Phone numbers.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::idempotency::RequestKey;
use phony_app::numbers::{AvailableNumber, BuyNumber, Number, NumberPatch, SearchNumbers};
use phony_kernel::call::Engine;
use phony_kernel::{E164, NumberId, PersonalityId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::personalities::CapabilityView;
use super::{List, MoneyView, PageParams};
use crate::auth::{Allow, NumberBuy, NumberConfigure, NumberRead, NumberRelease};
use crate::extract::{Body, IdempotencyKey, Query};
use crate::problem::ApiResult;
use crate::replay;

/// What to look for among the numbers on sale.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// ISO 3166 country.
    #[param(example = "US")]
    pub country: String,
    /// Area code (US and Canada).
    #[param(example = "415")]
    pub area_code: Option<String>,
    /// Digits or letters that the number should contain.
    pub contains: Option<String>,
    /// `local`, `toll_free` or `mobile`; local when absent.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    pub kind: Option<String>,
}

/// A number on sale.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailableNumberView {
    /// The number.
    pub e164: E164,
    /// Town, where the carrier knows it.
    #[schema(required)]
    pub locality: Option<String>,
    /// State or region.
    #[schema(required)]
    pub region: Option<String>,
    /// ISO 3166 country.
    pub country: String,
    /// What it can do.
    pub capabilities: CapabilitiesView,
    /// What it costs a month.
    #[schema(required)]
    pub monthly_price: Option<MoneyView>,
}

/// What a number can do.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapabilitiesView {
    /// Calls.
    pub voice: bool,
    /// Text messages.
    pub sms: bool,
    /// Picture messages.
    pub mms: bool,
}

/// Which number to buy: this one, or any in a country and area.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyNumberRequest {
    /// This number.
    #[serde(default)]
    #[schema(example = "+14155550134")]
    pub e164: Option<String>,
    /// Any number of this country.
    #[serde(default)]
    #[schema(example = "US")]
    pub country: Option<String>,
    /// In this area.
    #[serde(default)]
    #[schema(example = "415")]
    pub area_code: Option<String>,
    /// What you call it.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub label: Option<String>,
    /// Who answers; the Professional Assistant when absent.
    #[serde(default)]
    pub personality_id: Option<PersonalityId>,
    /// How calls are spoken; by `relay` when absent.
    #[serde(default)]
    pub engine: Option<Engine>,
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberPatchRequest {
    /// What you call it.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub label: Option<String>,
    /// Who answers.
    #[serde(default)]
    pub personality_id: Option<PersonalityId>,
    /// How calls are spoken.
    #[serde(default)]
    pub engine: Option<Engine>,
    /// What callers hear when all lines are busy; an empty text takes the standard words.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub busy_message: Option<String>,
    /// Where callers are sent then; an empty text sends them nowhere.
    #[serde(default)]
    #[schema(example = "+14155550199")]
    pub overflow_e164: Option<String>,
}

/// A phone number of the company.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberView {
    /// Its id.
    pub id: NumberId,
    /// The number.
    pub e164: E164,
    /// What you call it.
    pub label: String,
    /// ISO 3166 country.
    pub country: String,
    /// `pending`, `active`, `failed` or `released`.
    pub status: String,
    /// Why the purchase failed.
    #[schema(required)]
    pub failure: Option<String>,
    /// How its calls are spoken.
    pub engine: Engine,
    /// Who answers.
    #[schema(required)]
    pub personality: Option<PersonalityRefView>,
    /// What its engine cannot honour of who answers; null when nobody does.
    #[schema(required)]
    pub capability: Option<CapabilityView>,
    /// What callers hear when all lines are busy; empty is the standard words.
    pub busy_message: String,
    /// Where callers are sent then.
    #[schema(required)]
    pub overflow_e164: Option<E164>,
    /// When it was bought.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A personality by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonalityRefView {
    /// Its id.
    pub id: PersonalityId,
    /// Its name.
    pub name: String,
}

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
    } = body.0;
    let patch = NumberPatch {
        label,
        personality_id,
        engine,
        busy_message,
        overflow_e164,
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

impl From<AvailableNumber> for AvailableNumberView {
    fn from(number: AvailableNumber) -> Self {
        let capabilities = number.capabilities;
        Self {
            e164: number.e164,
            locality: number.locality,
            region: number.region,
            country: number.country,
            capabilities: CapabilitiesView {
                voice: capabilities.voice,
                sms: capabilities.sms,
                mms: capabilities.mms,
            },
            monthly_price: number.monthly_price.map(|price| MoneyView {
                amount: price.amount.to_string(),
                currency: price.currency,
            }),
        }
    }
}

/// A number as it is shown, with what its engine makes of who answers.
fn view(app: &App, number: Number) -> NumberView {
    let engine = number.engine;
    let capability = number
        .speaker
        .map(|speaker| app.personalities.capability(&speaker, engine).into());
    NumberView {
        id: number.id,
        e164: number.e164,
        label: number.label,
        country: number.country,
        status: number.status.as_str().to_owned(),
        failure: number.failure,
        engine,
        personality: number.personality.map(|personality| PersonalityRefView {
            id: personality.id,
            name: personality.name,
        }),
        capability,
        busy_message: number.busy_message,
        overflow_e164: number.overflow,
        created_at: number.created_at,
        updated_at: number.updated_at,
    }
}
