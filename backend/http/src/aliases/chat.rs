//! `POST /phone/chatbot`: something typed to an agent in the form of an older service.

use actix_web::{HttpResponse, web};
use phony_app::App;
use phony_kernel::{CallId, PersonalityId};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::auth::{Allow, WebCallCreate};
use crate::chat;
use crate::extract::Body;
use crate::problem::ApiResult;
use crate::routes::chat::ChatRequest;

/// What older pages send. What else stands in the context is of no use here.
#[derive(Debug, Deserialize)]
pub(super) struct OlderChatRequest {
    #[serde(rename = "userText")]
    user_text: String,
    /// May name the conversation and who answers.
    #[serde(default)]
    context: Map<String, Value>,
}

impl OlderChatRequest {
    fn named<T: std::str::FromStr>(&self, names: &[&str]) -> Option<T> {
        let mut values = names.iter().filter_map(|name| self.context.get(*name)?.as_str());
        values.find_map(|value| value.parse().ok())
    }
}

/// Streams the answer, as `/v1/chat` does. Where the context names nobody, the personality answers that a number gets by itself.
pub(super) async fn say(
    allow: Allow<WebCallCreate>,
    app: web::Data<App>,
    body: Body<OlderChatRequest>,
) -> ApiResult<HttpResponse> {
    let asked = body.0;
    let conversation_id: Option<CallId> = asked.named(&["conversation_id", "conversationId"]);
    let personality_id: Option<PersonalityId> =
        asked.named(&["personality_id", "agent_instance_id", "user_profile_id"]);
    let personality_id = match (conversation_id, personality_id) {
        (None, None) => app.personalities.usual(&allow.who).await?,
        _ => personality_id,
    };
    let request = ChatRequest {
        personality_id,
        text: asked.user_text,
        conversation_id,
    };
    let (wanted, text) = request.read(["userText", "context.personality_id"])?;
    chat::say(app, allow.who, wanted, text).await
}
