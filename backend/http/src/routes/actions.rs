//! Acts on a live call. How a request is read is in `request`.

mod request;

use actix_web::{post, web};
use phony_app::App;
use phony_conversation::ActionStatus;
use phony_conversation::command::{RecordOp, TakeoverVia};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allow, CallIntervene};
use crate::extract::Body;
use crate::problem::ApiResult;
use crate::routes::personalities::{StayAsView, TransferKindView};

/// What to do. `type` says which further fields belong: `say` takes text, mode and when; `dtmf` takes
/// digits; `transfer` takes to, kind, brief and stay_as; `hold` and `unhold` take nothing; `end` takes say; `clarify` takes
/// clarification_id and either answer or decide; `record` takes op; `claim` takes take; `release` takes nothing; `note` takes
/// text; `approval_mode` takes mode; `approve` takes approval_id and text; `reject` takes approval_id and guidance; `takeover`
/// takes via; `handback` takes note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionRequest {
    /// Made by you; the same id twice is one act.
    #[schema(min_length = 1, max_length = 64, example = "7b0c2a52-say-1")]
    pub action_id: String,
    /// Which act.
    #[serde(rename = "type")]
    pub kind: ActionKind,
    /// The words of a `say` or a `note`; of an `approve`, what is said instead.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub text: Option<String>,
    /// `verbatim` or `guidance`, for a `say`; `off`, `every_turn`, `first_turn` or `on_tools`, for an `approval_mode`.
    #[serde(default)]
    pub mode: Option<ActMode>,
    /// `now` or `after_turn`, for a `say`.
    #[serde(default)]
    pub when: Option<SayWhen>,
    /// Keys of a `dtmf`.
    #[serde(default)]
    #[schema(max_length = 32, example = "1w2#")]
    pub digits: Option<String>,
    /// Where a `transfer` goes: an alias or a number of the personality's list, or another number in the form of
    /// +14155550199 that your rules for outbound calls allow.
    #[serde(default)]
    #[schema(max_length = 64, example = "billing")]
    pub to: Option<String>,
    /// How a `transfer` is done; without it as the target is set.
    #[serde(default)]
    #[serde(rename = "kind")]
    pub transfer_kind: Option<TransferKindView>,
    /// What a warm `transfer` tells the target; without it the talk is summed up.
    #[serde(default)]
    #[schema(max_length = 700)]
    pub brief: Option<String>,
    /// What the agent does after a warm `transfer`; without it as the target is set. An engine that does not hear sound
    /// cannot stay: the act fails with `engine_cannot_take_notes`.
    #[serde(default)]
    pub stay_as: Option<StayAsView>,
    /// Last sentence of an `end`.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub say: Option<String>,
    /// What a `record` does.
    #[serde(default)]
    pub op: Option<RecordingOp>,
    /// Which question a `clarify` answers.
    #[serde(default)]
    pub clarification_id: Option<String>,
    /// The answer of a `clarify`.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub answer: Option<String>,
    /// Instead of an answer: the agent decides itself.
    #[serde(default)]
    pub decide: Option<bool>,
    /// Whether a `claim` takes the call from whoever handles it.
    #[serde(default)]
    pub take: Option<bool>,
    /// Which held reply an `approve` or a `reject` is about.
    #[serde(default)]
    pub approval_id: Option<String>,
    /// What the agent is told by a `reject`.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub guidance: Option<String>,
    /// How a `takeover` speaks with the caller.
    #[serde(default)]
    pub via: Option<TakeoverViaView>,
    /// What the agent is told by a `handback`.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: Option<String>,
}

/// The acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Say something to the caller, or to the model.
    Say,
    /// Press keys.
    Dtmf,
    /// Hand the caller to a transfer target.
    Transfer,
    /// Let the caller wait.
    Hold,
    /// End the wait.
    Unhold,
    /// End the call.
    End,
    /// Answer what the agent asked.
    Clarify,
    /// Record the call, or leave something out.
    Record,
    /// Handle the call: acts of others fail with `claimed_by_other` meanwhile. The first act of a person claims it, too.
    Claim,
    /// Handle it no more.
    Release,
    /// Write something down for colleagues; the agent is not told.
    Note,
    /// Say which replies of the agent are held until a person decides.
    ApprovalMode,
    /// Let a held reply be said.
    Approve,
    /// Do not let a held reply be said: the agent tries again.
    Reject,
    /// Speak with the caller in the agent's place. Good for five seconds, unless the live socket or the sound socket holds
    /// it, or it is said again.
    Takeover,
    /// Give the call back to the agent.
    Handback,
}

/// How a person speaks with the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakeoverViaView {
    /// With their own voice, by the sound socket; only with an engine that carries sound.
    Microphone,
    /// By `say`, which the engine's voice speaks.
    Keyboard,
}

impl From<TakeoverViaView> for TakeoverVia {
    fn from(via: TakeoverViaView) -> Self {
        match via {
            TakeoverViaView::Microphone => Self::Microphone,
            TakeoverViaView::Keyboard => Self::Keyboard,
        }
    }
}

/// What is done to a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordingOp {
    /// Record from now on; the caller is told first where the number wants it.
    Start,
    /// Record silence from now on, as while card data are told.
    Pause,
    /// Go on.
    Resume,
    /// Record no more.
    Stop,
}

impl From<RecordingOp> for RecordOp {
    fn from(op: RecordingOp) -> Self {
        match op {
            RecordingOp::Start => Self::Start,
            RecordingOp::Pause => Self::Pause,
            RecordingOp::Resume => Self::Resume,
            RecordingOp::Stop => Self::Stop,
        }
    }
}

/// How a `say` is meant, or what an `approval_mode` changes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActMode {
    /// Spoken word for word.
    Verbatim,
    /// Told to the model only.
    Guidance,
    /// No reply is held.
    Off,
    /// Every reply is held.
    EveryTurn,
    /// The next reply is held.
    FirstTurn,
    /// What replies do is held: keys, transfers and ends.
    OnTools,
}

/// When a `say` happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SayWhen {
    /// At once.
    Now,
    /// When the agent's turn is over.
    AfterTurn,
}

/// How far an act has got.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionView {
    /// Your id of it.
    pub action_id: String,
    /// `accepted`, `applied`, `failed` or `superseded`.
    pub status: &'static str,
    /// Why it failed: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl ActionView {
    /// The status of the act `action_id`.
    #[must_use]
    pub fn new(action_id: String, status: ActionStatus) -> Self {
        let (status, code, detail) = match status {
            ActionStatus::Accepted => ("accepted", None, None),
            ActionStatus::Applied => ("applied", None, None),
            ActionStatus::Superseded => ("superseded", None, None),
            ActionStatus::Failed { code, detail } => ("failed", Some(code), Some(detail)),
        };
        Self {
            action_id,
            status,
            code,
            detail,
        }
    }
}

/// Act on a live call. The answer is `applied` when the call has done it within two seconds; `accepted`
/// acts report their end on the live socket.
#[utoipa::path(operation_id = "act_on_call", tag = "Supervision", request_body = ActionRequest,
    security(("bearer" = ["call.intervene"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`")),
    responses((status = 200, body = ActionView)))]
#[post("/calls/{id}/actions")]
pub async fn act(
    allow: Allow<CallIntervene>,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body<ActionRequest>,
) -> ApiResult<web::Json<ActionView>> {
    let (action_id, action) = body.0.into_action()?;
    let status = app
        .supervision
        .act(&allow.who, &id, action_id.clone(), action)
        .await?;
    Ok(web::Json(ActionView::new(action_id, status)))
}
