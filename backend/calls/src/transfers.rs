//! Warm transfers: what a conversation wants of the carrier goes out, and what the carrier says of the target comes in.
//! Nothing of a talk waits for it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use phony_conversation::command::StayAs;
use phony_conversation::core::{Message, ModelUsage, Role, TransferNews, TransferStep};
use phony_conversation::plan::CallPlan;
use phony_kernel::{CallId, E164, ItemId, Result, TenantId};
use phony_models::chat::{ChatClient, ChatEvent, ChatMessage, ChatRequest};
use tokio_util::sync::CancellationToken;

use crate::calls::{Calls, Inner};
use crate::handle::Order;
use crate::remote::Letter;

/// Longest that the model may take to sum a talk up; the conversation goes on without it before that.
const SUM_UP_WITHIN: Duration = Duration::from_secs(8);
/// Longest summary that is read.
const MAX_SUMMARY_BYTES: usize = 2_000;
/// A busy conversation takes news a moment later.
const TELL_TRIES: u32 = 20;
const TELL_AGAIN: Duration = Duration::from_millis(100);

/// Which transfer of which call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferOf {
    /// Whose call.
    pub tenant: TenantId,
    /// Our id of the call.
    pub call: CallId,
    /// The carrier's id of the caller's call.
    pub call_sid: String,
    /// The line that the transfer is.
    pub transfer: ItemId,
    /// Voice of the personality, by its catalogue name.
    pub voice: String,
    /// Language of the talk, BCP 47.
    pub language: String,
}

/// Why a target could not even be rung, as a stable word: `carrier_error`, `not_allowed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPlaced(pub String);

/// What the carrier does for a warm transfer. News that it learns by its webhooks come by
/// [`Calls::transfer_news`].
pub trait TransferCarrier: Send + Sync + 'static {
    /// Rings `to` from a number of ours, with this brief for whoever answers. Gives the carrier's id of the call.
    fn place(
        &self,
        of: TransferOf,
        to: E164,
        from: E164,
        brief: String,
        rings: Duration,
    ) -> BoxFuture<'static, std::result::Result<String, NotPlaced>>;

    /// Brings the caller to the target, who waits; the agent stays in this way or leaves. Says whether it could.
    fn join(&self, of: TransferOf, stay_as: Option<StayAs>) -> BoxFuture<'static, bool>;

    /// Lets the target go; one who has answered is told that the caller is gone.
    fn give_up(&self, of: TransferOf, leg: String, answered: bool) -> BoxFuture<'static, ()>;
}

/// The way of one call to its carrier and back.
#[derive(Clone)]
pub(crate) struct Transfers {
    calls: Weak<Inner>,
}

impl Transfers {
    /// Has the talk summed up.
    pub(crate) fn sum_up(&self, plan: &CallPlan, transfer: ItemId, messages: Vec<Message>) {
        let Some(inner) = self.calls.upgrade() else { return };
        let (tenant, call) = (plan.tenant, plan.call);
        let (chat, model) = (inner.models_of(plan).chat, plan.personality.model.clone());
        tokio::spawn(async move {
            let asked = summary(&chat, &model, messages);
            let news = match tokio::time::timeout(SUM_UP_WITHIN, asked).await {
                Ok(Some((text, response_id, used))) => TransferNews::Briefed {
                    text: Some(text),
                    response_id,
                    used,
                },
                Ok(None) | Err(_) => TransferNews::Briefed {
                    text: None,
                    response_id: None,
                    used: None,
                },
            };
            Calls(inner).tell_transfer(tenant, call, transfer, news).await;
        });
    }

    /// Has the carrier do a step.
    pub(crate) fn step(&self, plan: &CallPlan, transfer: ItemId, step: TransferStep) {
        let Some(inner) = self.calls.upgrade() else { return };
        let of = TransferOf {
            tenant: plan.tenant,
            call: plan.call,
            call_sid: plan.call_sid.clone(),
            transfer,
            voice: plan.personality.voice.clone(),
            language: plan.personality.language.clone(),
        };
        let Some(port) = inner.transfer_port.get().cloned() else {
            tracing::error!(call.id = %of.call, "nobody carries out transfers");
            let reason = "carrier_error".to_owned();
            tokio::spawn(async move {
                let news = TransferNews::Over { leg: None, reason };
                Calls(inner)
                    .tell_transfer(of.tenant, of.call, transfer, news)
                    .await;
            });
            return;
        };
        tokio::spawn(async move {
            let (tenant, call) = (of.tenant, of.call);
            let news = match step {
                TransferStep::Ring {
                    to,
                    from,
                    brief,
                    rings_ms,
                } => {
                    let rings = Duration::from_millis(rings_ms);
                    match port.place(of, to, from, brief, rings).await {
                        Ok(leg) => TransferNews::Placed { leg },
                        Err(NotPlaced(reason)) => TransferNews::Over { leg: None, reason },
                    }
                }
                TransferStep::Join { stay_as } => {
                    if port.join(of, stay_as).await {
                        TransferNews::Joined
                    } else {
                        TransferNews::NotJoined
                    }
                }
                TransferStep::GiveUp { leg, answered } => {
                    if let Some(leg) = leg {
                        port.give_up(of, leg, answered).await;
                    }
                    return;
                }
            };
            Calls(inner).tell_transfer(tenant, call, transfer, news).await;
        });
    }
}

impl Calls {
    pub(crate) fn transfers(&self) -> Transfers {
        Transfers {
            calls: Arc::downgrade(&self.0),
        }
    }

    /// Who carries out what conversations want of the carrier for their transfers; the first one told stays.
    pub fn transfer_by(&self, carrier: Arc<dyn TransferCarrier>) {
        let _ = self.0.transfer_port.set(carrier);
    }

    /// Tells a conversation, wherever it runs, what the carrier says of the target of its transfer. `false` when
    /// none runs.
    ///
    /// # Errors
    /// `call_busy`, `call_unreachable`, `unavailable`.
    pub async fn transfer_news(
        &self,
        tenant: TenantId,
        call: CallId,
        transfer: ItemId,
        news: TransferNews,
    ) -> Result<bool> {
        if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
            handle.order(Order::Transfer(transfer, news))?;
            return Ok(true);
        }
        let Some((redis, owner)) = self.elsewhere(tenant, call).await? else {
            return Ok(false);
        };
        let letter = Letter::Transfer {
            tenant,
            call,
            transfer,
            news,
        };
        redis.post.send(owner, &letter).await?;
        Ok(true)
    }

    /// News from another instance: the conversation ran here a moment ago.
    pub(crate) fn take_transfer_news(
        &self,
        tenant: TenantId,
        call: CallId,
        transfer: ItemId,
        news: TransferNews,
    ) {
        if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
            // A transfer that hears nothing ends by its own time.
            let _ = handle.order(Order::Transfer(transfer, news));
        }
    }

    /// The same for what was done here, with patience. A target whom nobody wants any more is let go.
    async fn tell_transfer(&self, tenant: TenantId, call: CallId, transfer: ItemId, news: TransferNews) {
        for _ in 0..TELL_TRIES {
            match self.transfer_news(tenant, call, transfer, news.clone()).await {
                Ok(true) => return,
                Ok(false) => break,
                Err(error) => tracing::debug!(call.id = %call, error = ?error, "news of a transfer wait"),
            }
            tokio::time::sleep(TELL_AGAIN).await;
        }
        tracing::debug!(call.id = %call, ?news, "nobody takes the news of a transfer");
        let (TransferNews::Placed { leg }, Some(port)) = (news, self.0.transfer_port.get()) else {
            return;
        };
        let of = TransferOf {
            tenant,
            call,
            call_sid: String::new(),
            transfer,
            voice: String::new(),
            language: String::new(),
        };
        port.give_up(of, leg, false).await;
    }
}

/// What a model makes of a talk, the provider's id of it, and what it used.
pub(crate) async fn summary(
    chat: &ChatClient,
    model: &str,
    messages: Vec<Message>,
) -> Option<(String, Option<String>, Option<ModelUsage>)> {
    let messages = messages
        .into_iter()
        .map(|message| match message.role {
            Role::System => ChatMessage::system(message.content),
            Role::User => ChatMessage::user(message.content),
            Role::Assistant => ChatMessage::assistant(message.content),
        })
        .collect();
    let cancel = CancellationToken::new();
    let mut stream = chat.stream(&ChatRequest::new(model, messages), cancel.clone());
    let _cancel = cancel.drop_guard();
    let (mut text, mut response_id) = (String::new(), None);
    while let Some(event) = stream.next().await {
        match event {
            Ok(ChatEvent::Started(started)) => response_id = started.response_id,
            Ok(ChatEvent::Token(token)) if text.len() < MAX_SUMMARY_BYTES => text.push_str(&token),
            Ok(ChatEvent::Token(_)) => {}
            Ok(ChatEvent::Finished(finished)) => {
                let used = finished.usage.map(|used| ModelUsage {
                    text_in: used.input,
                    text_in_cached: used.cached_input,
                    text_out: used.output,
                    ..ModelUsage::default()
                });
                return Some((text, response_id, used));
            }
            Err(error) => {
                tracing::warn!(model.error = error.kind.as_str(), "a talk could not be summed up");
                return None;
            }
        }
    }
    None
}
