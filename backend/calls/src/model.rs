//! The one open request of a call to its language model.

use futures_util::StreamExt as _;
use phony_conversation::core::{Input, Message, ModelUsage, ReplyId, Role};
use phony_models::chat::{ChatClient, ChatError, ChatEvent, ChatMessage, ChatRequest, ChatStream};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The open request, if any.
#[derive(Default)]
pub(crate) struct Model(Option<Open>);

struct Open {
    reply: ReplyId,
    stream: ChatStream,
    /// Dropping the request ends it at the provider.
    _cancel: DropGuard,
}

impl Model {
    /// Asks. An older request is dropped.
    pub(crate) fn ask(&mut self, chat: &ChatClient, model: &str, reply: ReplyId, messages: Vec<Message>) {
        let messages = messages.into_iter().map(to_chat).collect();
        let cancel = CancellationToken::new();
        let stream = chat.stream(&ChatRequest::new(model, messages), cancel.clone());
        self.0 = Some(Open {
            reply,
            stream,
            _cancel: cancel.drop_guard(),
        });
    }

    /// Gives a request up.
    pub(crate) fn cancel(&mut self, reply: ReplyId) {
        if self.0.as_ref().is_some_and(|open| open.reply == reply) {
            self.0 = None;
        }
    }

    /// Whether anything can come.
    pub(crate) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// What the model says next. Waits for ever without a request.
    pub(crate) async fn next(&mut self) -> Input {
        let Some(open) = &mut self.0 else {
            return std::future::pending().await;
        };
        let reply = open.reply;
        loop {
            let input = match open.stream.next().await {
                Some(Ok(ChatEvent::Started(started))) => match started.response_id {
                    Some(response_id) => return Input::ModelStarted { reply, response_id },
                    None => continue,
                },
                Some(Ok(ChatEvent::Token(text))) => return Input::ModelToken { reply, text },
                Some(Ok(ChatEvent::Finished(finished))) => {
                    let usage = finished.usage.map(|used| ModelUsage {
                        text_in: used.input,
                        text_in_cached: used.cached_input,
                        text_out: used.output,
                        ..ModelUsage::default()
                    });
                    Input::ModelFinished { reply, usage }
                }
                Some(Err(error)) => failed(reply, &error),
                None => Input::ModelFailed {
                    reply,
                    retryable: true,
                    retry_after_ms: None,
                    detail: "the answer broke off".to_owned(),
                },
            };
            self.0 = None;
            return input;
        }
    }
}

fn failed(reply: ReplyId, error: &ChatError) -> Input {
    let retry_after_ms = error
        .retry_after
        .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    tracing::warn!(
        model.error = error.kind.as_str(),
        model.status = error.status,
        model.request_id = error.request_id.as_deref(),
        "a request to the model failed: {}",
        error.kind.as_str()
    );
    Input::ModelFailed {
        reply,
        retryable: error.retryable(),
        retry_after_ms,
        // The provider's own words may repeat the talk.
        detail: format!("the model failed: {}", error.kind.as_str()),
    }
}

fn to_chat(message: Message) -> ChatMessage {
    match message.role {
        Role::System => ChatMessage::system(message.content),
        Role::User => ChatMessage::user(message.content),
        Role::Assistant => ChatMessage::assistant(message.content),
    }
}
