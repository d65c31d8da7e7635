//! `/override/*` and `/api/transfer-call`: acts on a live call in the form of older dashboards.

use actix_web::{HttpResponse, web};
use phony_app::App;
use phony_app::Principal;
use phony_conversation::ActionStatus;
use phony_kernel::{Error, Kind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::auth::{Allow, CallIntervene};
use crate::context::current_request_id;
use crate::extract::{Body, IdempotencyKey};
use crate::problem::{ApiError, ApiResult, MEDIA_TYPE, Problem};
use crate::routes::actions::ActionRequest;

/// What older dashboards send. They differ in the names of some fields; what else they send is of no use here.
#[derive(Debug, Deserialize)]
pub(super) struct OverrideRequest {
    /// The carrier's id of the call, or ours.
    #[serde(rename = "callSid", alias = "call_sid")]
    call_sid: String,
    /// Words of a `text`.
    #[serde(default, alias = "message")]
    text: Option<String>,
    /// Keys of a `dtmf`.
    #[serde(default, alias = "digits", deserialize_with = "super::text_or_number")]
    digit: Option<String>,
    /// Where a `transfer` goes.
    #[serde(
        default,
        alias = "target",
        alias = "to",
        alias = "phone_number",
        alias = "phoneNumber"
    )]
    number: Option<String>,
    /// Answer of a `clarification`.
    #[serde(default, alias = "clarification", alias = "answer")]
    response: Option<String>,
    /// The question that it answers; the one that is open when absent.
    #[serde(default, alias = "clarificationId")]
    clarification_id: Option<String>,
    /// Made by the client; the same id twice is one act.
    #[serde(default, alias = "actionId")]
    action_id: Option<String>,
}

/// What older dashboards are told of an act that was done or is on its way.
#[derive(Debug, Serialize)]
pub struct OverrideView {
    /// Always true: what fails is answered as a problem.
    pub success: bool,
    /// Always `success`.
    pub status: &'static str,
    /// In words.
    pub message: &'static str,
    /// The call as it was named.
    #[serde(rename = "callSid")]
    pub call_sid: String,
    /// The id of the act, for a repeat.
    pub action_id: String,
}

pub(super) async fn text(
    allow: Allow<CallIntervene>,
    app: web::Data<App>,
    key: IdempotencyKey,
    body: Body<OverrideRequest>,
) -> ApiResult<HttpResponse> {
    let words = body.0.text.clone();
    act(&app, &allow.who, key, body.0, "say", [("text", "text", words)]).await
}

pub(super) async fn dtmf(
    allow: Allow<CallIntervene>,
    app: web::Data<App>,
    key: IdempotencyKey,
    body: Body<OverrideRequest>,
) -> ApiResult<HttpResponse> {
    let digits = body.0.digit.clone();
    act(
        &app,
        &allow.who,
        key,
        body.0,
        "dtmf",
        [("digits", "digit", digits)],
    )
    .await
}

pub(super) async fn end(
    allow: Allow<CallIntervene>,
    app: web::Data<App>,
    key: IdempotencyKey,
    body: Body<OverrideRequest>,
) -> ApiResult<HttpResponse> {
    act(&app, &allow.who, key, body.0, "end", []).await
}

pub(super) async fn transfer(
    allow: Allow<CallIntervene>,
    app: web::Data<App>,
    key: IdempotencyKey,
    body: Body<OverrideRequest>,
) -> ApiResult<HttpResponse> {
    let to = body.0.number.clone();
    act(&app, &allow.who, key, body.0, "transfer", [("to", "number", to)]).await
}

pub(super) async fn clarification(
    allow: Allow<CallIntervene>,
    app: web::Data<App>,
    key: IdempotencyKey,
    body: Body<OverrideRequest>,
) -> ApiResult<HttpResponse> {
    let answer = body.0.response.clone();
    let id = match body.0.clarification_id.clone() {
        Some(id) => id,
        None => app
            .supervision
            .open_question(&allow.who, &body.0.call_sid)
            .await?
            .ok_or_else(|| {
                let text = "the agent asks nothing just now";
                Error::new(Kind::Conflict, "no_open_question", text)
            })?,
    };
    let fields = [
        ("clarification_id", "clarification_id", Some(id)),
        ("answer", "response", answer),
    ];
    act(&app, &allow.who, key, body.0, "clarify", fields).await
}

/// Acts as `POST /v1/calls/{id}/actions` would. Each field is given with its name there and its name here.
async fn act<const N: usize>(
    app: &App,
    who: &Principal,
    key: IdempotencyKey,
    body: OverrideRequest,
    kind: &'static str,
    fields: [(&'static str, &'static str, Option<String>); N],
) -> ApiResult<HttpResponse> {
    let action_id = body
        .action_id
        .or(key.0)
        .unwrap_or_else(|| Uuid::now_v7().to_string());
    let mut act = Map::new();
    act.insert("type".to_owned(), kind.into());
    act.insert("action_id".to_owned(), action_id.into());
    for (name, given_as, value) in fields {
        let value = value.ok_or_else(|| Error::invalid_field(given_as, "required", "must be given"))?;
        act.insert(name.to_owned(), value.into());
    }
    let request: ActionRequest = serde_json::from_value(Value::Object(act)).map_err(Error::internal)?;
    let (action_id, action) = request.into_action()?;
    let status = app
        .supervision
        .act(who, &body.call_sid, action_id.clone(), action)
        .await?;
    let message = match status {
        ActionStatus::Applied => "done",
        ActionStatus::Accepted => "on its way",
        ActionStatus::Superseded => "another act came first",
        ActionStatus::Failed { code, detail } => return failed(code, detail),
    };
    Ok(HttpResponse::Ok().json(OverrideView {
        success: true,
        status: "success",
        message,
        call_sid: body.call_sid,
        action_id,
    }))
}

/// An act that the call could not do, as a problem with the act's own code.
fn failed(code: String, detail: String) -> ApiResult<HttpResponse> {
    let error = Error::new(Kind::Conflict, "act_failed", detail);
    let problem = Problem {
        kind: format!("/docs#code-{code}"),
        code,
        ..Problem::new(&error, current_request_id())
    };
    let body = serde_json::to_string(&problem).map_err(|cause| ApiError(Error::internal(cause)))?;
    Ok(HttpResponse::Conflict().content_type(MEDIA_TYPE).body(body))
}
