//! Chat: the same agent, typed, as server-sent events. How a turn is told is in `crate::chat`.

use actix_web::{HttpResponse, post, web};
use phony_app::App;
use phony_kernel::error::Faults;
use phony_kernel::{CallId, PersonalityId, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::{Allow, WebCallCreate};
use crate::chat::{self, Wanted};
use crate::extract::Body;
use crate::problem::ApiResult;

/// Longest text, in characters.
const MAX_CHARS: usize = 2_000;

/// Something said to an agent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatRequest {
    /// Who answers, in the current version; needed to begin a conversation.
    #[serde(default)]
    pub personality_id: Option<PersonalityId>,
    /// What is said.
    #[schema(min_length = 1, max_length = 2000, example = "When do you open?")]
    pub text: String,
    /// The conversation that goes on, as its first answer named it; a new one when absent.
    #[serde(default)]
    pub conversation_id: Option<CallId>,
}

impl ChatRequest {
    /// All faults at once; `names` are the fields as the client knows them.
    pub(crate) fn read(self, names: [&'static str; 2]) -> Result<(Wanted, String)> {
        let [named_text, named_personality] = names;
        let mut faults = Faults::new();
        faults.require(
            !self.text.trim().is_empty(),
            named_text,
            "required",
            "must say something",
        );
        faults.require(
            self.text.chars().count() <= MAX_CHARS,
            named_text,
            "too_long",
            "must have at most 2000 characters",
        );
        faults.require(
            !self.text.contains('\0'),
            named_text,
            "invalid",
            "must not contain NUL",
        );
        let wanted = match (self.conversation_id, self.personality_id) {
            (Some(call), _) => Some(Wanted::Known(call)),
            (None, Some(personality)) => Some(Wanted::New(personality)),
            (None, None) => None,
        };
        faults.require(
            wanted.is_some(),
            named_personality,
            "required",
            "must say who answers, or which conversation goes on",
        );
        faults.finish()?;
        wanted
            .map(|wanted| (wanted, self.text))
            .ok_or_else(phony_kernel::Error::not_found)
    }
}

/// Say something to an agent and read the answer as it is made. The events are `conversation` with the
/// `conversation_id`, `text` with more words of a line and its `item_id`, and at the end `done`, `ended` with a `reason`,
/// or `error` with a problem. The first answer begins with the greeting. A conversation is a typed call: it counts as
/// one, is listed and supervised as one, and ends when nothing has been said for some minutes.
#[utoipa::path(operation_id = "chat", tag = "Calls", request_body = ChatRequest,
    security(("bearer" = ["web_call.create"])),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
#[post("/chat")]
pub async fn say(
    allow: Allow<WebCallCreate>,
    app: web::Data<App>,
    body: Body<ChatRequest>,
) -> ApiResult<HttpResponse> {
    let (wanted, text) = body.0.read(["text", "personality_id"])?;
    chat::say(app, allow.who, wanted, text).await
}
