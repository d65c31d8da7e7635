//! Letters from other instances, carried out on the calls of this one.

use std::sync::Weak;

use phony_conversation::{Event, EventBody};
use phony_kernel::call::{CallStatus, Ending};
use phony_kernel::{CallId, Clock, InstanceId, TenantId};

use crate::bus::EventBus;
use crate::calls::{Calls, Inner};
use crate::handle::Order;
use crate::remote::{self, Letter};

/// Reads the letters of this instance for as long as somebody holds its calls.
pub(crate) async fn read(calls: Weak<Inner>, bus: EventBus, instance: InstanceId) {
    let mut letters = bus.announcements(remote::channel(instance));
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
                let outcome = match handle {
                    Some(handle) => handle.command(*command).await,
                    None => Err(self.why_not_here(call)),
                };
                let (status, code) = match outcome {
                    Ok(status) => (Some(status), None),
                    Err(error) => (None, Some(error.code().to_owned())),
                };
                let letter = Letter::Outcome {
                    request,
                    status,
                    code,
                };
                if let Err(error) = redis.post.send(reply_to, &letter).await {
                    tracing::warn!(error = ?error, "the outcome of an act could not be sent");
                }
            }
            Letter::Outcome {
                request,
                status,
                code,
            } => {
                if let Some(redis) = &self.0.redis {
                    redis.post.resolve(request, status, code.as_deref());
                }
            }
            Letter::Ended {
                tenant,
                call,
                call_sid,
                ending,
            } => self.on_ended(tenant, call, &call_sid, ending),
            Letter::Note { tenant, call, body } => {
                if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
                    // The sender keeps it too when nobody takes it; here it is only told in its place.
                    let _ = handle.order(Order::Note(body));
                }
            }
            Letter::Transfer {
                tenant,
                call,
                transfer,
                news,
            } => self.take_transfer_news(tenant, call, transfer, news),
            Letter::Listen { tenant, call } => {
                let handle = self.find(call).filter(|handle| handle.tenant == tenant);
                if let Some(tap) = handle.and_then(|handle| handle.tap) {
                    tap.renew();
                }
            }
            Letter::Attend { tenant, call, told } => {
                if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
                    // What finds no room is said again.
                    let _ = handle.order(Order::Attend(told));
                }
            }
            Letter::Moved { tenant, call } => {
                if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
                    // It may end by itself meanwhile.
                    let _ = handle.order(Order::Moved);
                }
            }
        }
    }

    /// The sender believes that the call runs here and tells its end. When it does not, that is done for it.
    fn on_ended(&self, tenant: TenantId, call: CallId, call_sid: &str, ending: Ending) {
        let handle = self.find(call).filter(|handle| handle.tenant == tenant);
        if handle.is_some_and(|handle| handle.order(Order::Ended(ending.clone())).is_ok()) {
            return;
        }
        if let Some(redis) = &self.0.redis {
            redis.directory.leave(tenant, call);
        }
        if let (Some(bus), false) = (&self.0.bus, call_sid.is_empty()) {
            tell_end(bus, &self.0.config.clock, tenant, call, call_sid, ending);
        }
    }
}

/// Tells those who watch that a call is over whose conversation cannot say so.
pub(crate) fn tell_end(
    bus: &EventBus,
    clock: &Clock,
    tenant: TenantId,
    call: CallId,
    call_sid: &str,
    ending: Ending,
) {
    let event = Event {
        seq: 0,
        at: clock.now(),
        offset_ms: 0,
        body: EventBody::CallState {
            status: CallStatus::Ended,
            ending: Some(ending),
        },
    };
    bus.publish_external(tenant, call, call_sid, event);
}
