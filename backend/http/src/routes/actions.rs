//! Acts on a live call.

use actix_web::{post, web};
use phony_app::App;
use phony_conversation::command::RecordOp;
use phony_conversation::{Action, ActionStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allow, CallIntervene};
use crate::extract::Body;
use crate::problem::ApiResult;
use crate::routes::personalities::{StayAsView, TransferKindView};

/// What to do. `type` says which further fields belong: `say` takes text, mode and when; `dtmf` takes
/// digits; `transfer` takes to, kind, brief and stay_as; `hold` and `unhold` take nothing; `end` takes say; `clarify` takes clarification_id and answer; `record` takes op.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionRequest {
    /// Made by you; the same id twice is one act.
    #[schema(min_length = 1, max_length = 64, example = "7b0c2a52-say-1")]
    pub action_id: String,
    /// Which act.
    #[serde(rename = "type")]
    pub kind: ActionKind,
    /// The words of a `say`.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub text: Option<String>,
    /// `verbatim` or `guidance`, for a `say`.
    #[serde(default)]
    pub mode: Option<SayMode>,
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

/// How a `say` is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SayMode {
    /// Spoken word for word.
    Verbatim,
    /// Told to the model only.
    Guidance,
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

impl ActionRequest {
    /// The act itself; a field that does not belong to it is a fault, as is one that is missing.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn into_action(self) -> phony_kernel::Result<(String, Action)> {
        use ActionKind as K;
        let kind = self.kind;
        let mut faults = phony_kernel::error::Faults::new();
        let given = [
            ("text", self.text.is_some(), matches!(kind, K::Say), true),
            ("mode", self.mode.is_some(), matches!(kind, K::Say), false),
            ("when", self.when.is_some(), matches!(kind, K::Say), false),
            ("digits", self.digits.is_some(), matches!(kind, K::Dtmf), true),
            ("to", self.to.is_some(), matches!(kind, K::Transfer), true),
            (
                "kind",
                self.transfer_kind.is_some(),
                matches!(kind, K::Transfer),
                false,
            ),
            ("brief", self.brief.is_some(), matches!(kind, K::Transfer), false),
            (
                "stay_as",
                self.stay_as.is_some(),
                matches!(kind, K::Transfer),
                false,
            ),
            ("op", self.op.is_some(), matches!(kind, K::Record), true),
            ("say", self.say.is_some(), matches!(kind, K::End), false),
            (
                "clarification_id",
                self.clarification_id.is_some(),
                matches!(kind, K::Clarify),
                true,
            ),
            ("answer", self.answer.is_some(), matches!(kind, K::Clarify), true),
        ];
        for (param, is_given, belongs, required) in given {
            faults.require(
                !is_given || belongs,
                param,
                "unknown_field",
                "does not belong to this type of act",
            );
            faults.require(
                is_given || !belongs || !required,
                param,
                "required",
                "must be given",
            );
        }
        faults.length("action_id", &self.action_id, 1, 64);
        for (param, id) in [
            ("action_id", Some(&self.action_id)),
            ("clarification_id", self.clarification_id.as_ref()),
        ] {
            let plain = id.is_none_or(|id| !id.contains(char::is_control));
            faults.require(
                plain,
                param,
                "control_character",
                "must be one line of plain text",
            );
        }
        for (param, value, most) in [
            ("text", &self.text, 1000),
            ("say", &self.say, 1000),
            ("answer", &self.answer, 1000),
            ("brief", &self.brief, 700),
            ("to", &self.to, 64),
        ] {
            if let Some(words) = value {
                faults.length(param, words, 1, most);
                let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
                faults.require(
                    !words.contains(odd),
                    param,
                    "control_character",
                    "must be plain text",
                );
            }
        }
        if let Some(digits) = &self.digits {
            let good = (1..=32).contains(&digits.len())
                && digits
                    .bytes()
                    .all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b'w'));
            faults.require(good, "digits", "bad_digits", "may hold 1 to 32 of 0-9 * # w");
        }
        faults.finish()?;
        let text = |value: Option<String>| value.unwrap_or_default();
        let action = match kind {
            K::Say => Action::Say {
                text: text(self.text),
                mode: match self.mode {
                    Some(SayMode::Guidance) => phony_conversation::command::SayMode::Guidance,
                    Some(SayMode::Verbatim) | None => phony_conversation::command::SayMode::Verbatim,
                },
                when: match self.when {
                    Some(SayWhen::AfterTurn) => phony_conversation::command::SayWhen::AfterTurn,
                    Some(SayWhen::Now) | None => phony_conversation::command::SayWhen::Now,
                },
            },
            K::Dtmf => Action::Dtmf {
                digits: text(self.digits),
            },
            K::Transfer => Action::Transfer {
                to: text(self.to),
                kind: self.transfer_kind.map(Into::into),
                brief: self.brief,
                stay_as: self.stay_as.map(Into::into),
                allowed: false,
            },
            K::Hold => Action::Hold,
            K::Unhold => Action::Unhold,
            K::Record => Action::Record {
                // Asked for above.
                op: self.op.map_or(RecordOp::Stop, RecordOp::from),
            },
            K::End => Action::End { say: self.say },
            K::Clarify => Action::Clarify {
                clarification_id: text(self.clarification_id),
                answer: text(self.answer),
            },
        };
        Ok((self.action_id, action))
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
