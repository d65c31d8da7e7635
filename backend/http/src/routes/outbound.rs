//! Making calls: order, take back, erase.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, delete, post, web};
use phony_app::App;
use phony_app::calls::CallView;
use phony_app::calls::outbound::{MachinePolicies, PlaceCall};
use phony_app::idempotency::RequestKey;
use phony_app::outbound_policy::CallPurpose;
use phony_kernel::call::Engine;
use phony_kernel::{NumberPoolId, PersonalityId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allow, CallCreate};
use crate::extract::{Body, IdempotencyKey};
use crate::problem::ApiResult;
use crate::replay;

/// A call to be made.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceCallRequest {
    /// Who is called, in any common way of writing.
    #[schema(example = "+14155550134")]
    pub to: String,
    /// What it is for, by which the consents are that it needs; `transactional` when absent. A call for `marketing` begins
    /// with how to be rung no more.
    #[serde(default)]
    pub purpose: CallPurpose,
    /// By which of your numbers; the oldest one when absent.
    #[serde(default)]
    #[schema(example = "+14155550100")]
    pub from: Option<String>,
    /// Or by which pool of numbers.
    #[serde(default)]
    pub pool_id: Option<NumberPoolId>,
    /// Who talks; that of the number when absent.
    #[serde(default)]
    pub personality_id: Option<PersonalityId>,
    /// How it is spoken; that of the number when absent.
    #[serde(default)]
    pub engine: Option<Engine>,
    /// First words. Who calls and that it is an AI are said before them, unless they say so. `{{name}}` stands for a
    /// variable.
    #[serde(default)]
    #[schema(max_length = 1000, example = "Hello {{name}}, your order is ready.")]
    pub opening_message: Option<String>,
    /// How long it rings; 30 seconds when absent.
    #[serde(default)]
    #[schema(minimum = 5, maximum = 600)]
    pub answer_timeout_seconds: Option<u32>,
    /// Whether it is recorded; as the number says when absent.
    #[serde(default)]
    pub record: Option<bool>,
    /// What to do when no person answers; absent asks for no detection.
    #[serde(default)]
    pub machine_detection: Option<MachinePolicies>,
    /// Your own notes, up to 50.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// What `{{name}}` stands for in the first words and in the personality, up to 50.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

/// Make a call. It waits for its turn, and the carrier is asked once, however often the request is repeated with the
/// same key. What your outbound policy does not allow is refused with a code that begins with `blocked_`.
#[utoipa::path(operation_id = "create_call", tag = "Calls", request_body = PlaceCallRequest,
    params(("Idempotency-Key" = String, Header, description = "Makes a repeat harmless")),
    security(("bearer" = ["call.create"])), responses((status = 201, body = CallView)))]
#[post("/calls")]
pub async fn create(
    allow: Allow<CallCreate>,
    app: web::Data<App>,
    IdempotencyKey(key): IdempotencyKey,
    body: Body<PlaceCallRequest>,
) -> ApiResult<HttpResponse> {
    let request = RequestKey::required(key.as_deref(), "POST /v1/calls", &body.0)?;
    let body = body.0;
    let input = PlaceCall {
        to: body.to,
        purpose: body.purpose,
        from: body.from,
        pool_id: body.pool_id,
        personality_id: body.personality_id,
        engine: body.engine,
        opening_message: body.opening_message,
        answer_timeout_seconds: body.answer_timeout_seconds,
        record: body.record,
        machine_detection: body.machine_detection,
        metadata: body.metadata,
        variables: body.variables,
    };
    replay::respond(app.outbound.place(&allow.who, input, &request).await?)
}

/// Take a call back before it is answered.
#[utoipa::path(operation_id = "cancel_call", tag = "Calls", security(("bearer" = ["call.create"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`")),
    responses((status = 200, body = CallView)))]
#[post("/calls/{id}/cancel")]
pub async fn cancel(
    allow: Allow<CallCreate>,
    app: web::Data<App>,
    id: web::Path<String>,
) -> ApiResult<web::Json<CallView>> {
    Ok(web::Json(app.outbound.cancel(&allow.who, &id.parse()?).await?))
}

/// Erase the content of a call that is over: what was said and recorded, notes and variables. That it was, and what it
/// cost, stays.
#[utoipa::path(operation_id = "erase_call", tag = "Calls", security(("bearer" = ["call.create"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`")),
    responses((status = 204)))]
#[delete("/calls/{id}")]
pub async fn erase(
    allow: Allow<CallCreate>,
    app: web::Data<App>,
    id: web::Path<String>,
) -> ApiResult<HttpResponse> {
    app.outbound.erase(&allow.who, &id.parse()?).await?;
    Ok(HttpResponse::NoContent().finish())
}
