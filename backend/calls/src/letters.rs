//! Letters from other instances, carried out on the calls of this one.

use std::sync::Weak;

use phony_kernel::{CallId, InstanceId, TenantId};

use crate::bus::EventBus;
use crate::calls::{Calls, Inner};
use crate::handle::Order;
use crate::remote::{self, Letter};

/// Reads the letters of this instance for as long as somebody holds its calls.
pub(crate) async fn read(calls: Weak<Inner>, bus: EventBus, instance: InstanceId) {
    let mut letters = bus.announcements(remote::channel(instance)).await;
    while let Some(text) = letters.next().await {
        let Some(inner) = calls.upgrade() else { return };
        match serde_json::from_str(&text) {
            Ok(letter) => {
                let calls = Calls(inner);
                tokio::spawn(async move { calls.on_letter(letter).await });
            }
            Err(error) => tracing::warn!(error = %error, "a letter between instances cannot be read"),
        }
    }
}

impl Calls {
    async fn on_letter(&self, letter: Letter) {
        match letter {
            Letter::Command {
                request,
                reply_to,
                tenant,
                call,
                command,
            } => {
                let Some(redis) = &self.0.redis else { return };
                let handle = self.find(call).filter(|handle| handle.tenant == tenant);
                let status = match handle {
                    Some(handle) => handle.command(*command).await.ok(),
                    None => None,
                };
                if let Err(error) = redis
                    .post
                    .send(reply_to, &Letter::Outcome { request, status })
                    .await
                {
                    tracing::warn!(error = ?error, "the outcome of an act could not be sent");
                }
            }
            Letter::Outcome { request, status } => {
                if let Some(redis) = &self.0.redis {
                    redis.post.resolve(request, status);
                }
            }
            Letter::Ended { tenant, call, ending } => self.order(tenant, call, Order::Ended(ending)),
            Letter::Moved { tenant, call } => self.order(tenant, call, Order::Moved),
        }
    }

    fn order(&self, tenant: TenantId, call: CallId, order: Order) {
        if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
            // It may end by itself meanwhile.
            let _ = handle.order(order);
        }
    }
}
