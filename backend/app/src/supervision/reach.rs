//! What a key is told of: events of calls of its own mode. People are told of all.

use std::collections::HashMap;

use futures_util::{Stream, StreamExt as _, stream};
use phony_calls::bus::{LiveItem, LiveStream};
use phony_kernel::{CallId, KeyMode, TenantId};

use crate::Principal;
use crate::calls::CallsArea;

/// Calls remembered for one reader.
const REMEMBERED: usize = 4_096;

/// One reader of events.
struct Reader {
    calls: CallsArea,
    tenant: TenantId,
    wanted: Option<KeyMode>,
    known: HashMap<CallId, KeyMode>,
}

impl Reader {
    /// What of an item the reader is told; a gap when that cannot be known now.
    async fn told(&mut self, item: LiveItem) -> Option<LiveItem> {
        let (Some(wanted), LiveItem::Event(event)) = (self.wanted, &item) else {
            return Some(item);
        };
        let mode = match self.known.get(&event.call) {
            Some(mode) => *mode,
            None => {
                let Ok(is_test) = self.calls.is_test(self.tenant, event.call).await else {
                    return Some(LiveItem::Gap);
                };
                let mode = if is_test { KeyMode::Test } else { KeyMode::Live };
                if self.known.len() >= REMEMBERED {
                    self.known.clear();
                }
                let _ = self.known.insert(event.call, mode);
                mode
            }
        };
        (mode == wanted).then_some(item)
    }
}

/// The events that `who` is told of.
pub(super) fn within(
    calls: &CallsArea,
    who: &Principal,
    events: LiveStream,
) -> impl Stream<Item = LiveItem> + Unpin + use<> {
    let reader = Reader {
        calls: calls.clone(),
        tenant: who.tenant,
        wanted: who.mode(),
        known: HashMap::new(),
    };
    let told = stream::unfold((reader, events), async |(mut reader, mut events)| {
        loop {
            let item = events.next().await?;
            if let Some(item) = reader.told(item).await {
                return Some((item, (reader, events)));
            }
        }
    });
    Box::pin(told)
}
