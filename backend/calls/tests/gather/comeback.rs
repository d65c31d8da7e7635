//! Callers who were sent on and come back: the turns have another token, and nothing from before answers them.

use phony_calls::GatherNext;
use phony_conversation::core::Handoff;
use phony_conversation::record::RecordBody;
use phony_conversation::{Event, EventBody, Snapshot};

use crate::harness::*;

/// What the database knows once the carrier has told that nobody took the caller.
fn stored(instance: &mut Instance) -> Snapshot {
    let mut stored = Snapshot::default();
    let mut asked = None;
    while let Ok(record) = instance.records.try_recv() {
        if let RecordBody::Event(event) = record.body {
            stored.apply(&event);
            if matches!(event.body, EventBody::TransferUpdated { .. }) {
                asked = Some(event);
            }
        }
    }
    let mut failed: Event = asked.expect("a transfer");
    if let EventBody::TransferUpdated { status, reason, .. } = &mut failed.body {
        *status = "failed".to_owned();
        *reason = Some("busy".to_owned());
    }
    failed.seq = stored.seq + 500;
    stored.apply(&failed);
    stored
}

#[tokio::test]
async fn a_caller_whom_nobody_took_is_told_so_here_and_elsewhere() {
    let model = ModelServer::start().await;
    let url = phony_testkit::redis_url().await;
    let mut here = Instance::with(&model, Some(bus(&url).await));
    let elsewhere = Instance::with(&model, Some(bus(&url).await));
    for there in [Some(&elsewhere), None] {
        let plan = with_colleague(plan());
        let mut line = Line::greeted(&here, plan.clone()).await;
        model.says("I am connecting you. [[transfer:billing]]");
        line.says(&here, "My bill is wrong.").await;
        assert!(
            matches!(line.last(), GatherNext::GiveBack(Handoff::Transfer { .. })),
            "{:?}",
            line.last()
        );
        here.emptied().await;
        here.calls.flushed().await;
        let stored = stored(&mut here);
        let mut back = Line::new(plan.clone());
        back.token = "the token of the way back";
        back.stored = Some(stored);
        let at = there.unwrap_or(&here);
        let told = back.here(at).await;
        assert_eq!(told, plan.policy.waiting.failed);
        assert!(back.listens());
        // A repeat gets the same, and the talk goes on.
        back.number = 0;
        assert_eq!(back.here(at).await, told);
        model.says("Of course.");
        assert_eq!(back.says(at, "Then call me back.").await, "Of course.");
        assert!(model.last_context().contains("My bill is wrong."));
    }
}
