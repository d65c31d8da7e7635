//! Pages of a long ledger are what the whole of it is, cut into pieces.

use chrono::Utc;
use phony_conversation::command::TransferKind;
use phony_conversation::event::Speaker;
use phony_conversation::record::{Record, RecordBody};
use phony_conversation::snapshot::Item;
use phony_conversation::{Event, EventBody};
use phony_kernel::{ItemId, Plan};

use super::draining::drain;
use super::fixture::{Fixture, sid};

/// So many turns of a talk.
const TURNS: u64 = 400;

/// A long talk: lines that are begun, said and heard over one another, false starts, and a transfer that goes on for
/// almost all of it.
fn bodies() -> Vec<EventBody> {
    let transfer = ItemId::new();
    let handed = |status: &str| EventBody::TransferUpdated {
        item_id: transfer,
        to: "desk".to_owned(),
        kind: TransferKind::Warm,
        status: status.to_owned(),
        reason: None,
    };
    let mut bodies = Vec::new();
    let mut unheard: Option<ItemId> = None;
    for turn in 0..TURNS {
        let (agent, caller) = (ItemId::new(), ItemId::new());
        let started = |item_id, speaker| EventBody::SpeechStarted { item_id, speaker };
        let said = |item_id, speaker, text: String| EventBody::SpeechFinal {
            item_id,
            speaker,
            text,
            language: None,
        };
        bodies.push(started(caller, Speaker::Caller));
        bodies.push(started(agent, Speaker::Agent));
        let words = if turn % 7 == 0 {
            String::new()
        } else {
            format!("question {turn}")
        };
        bodies.push(said(caller, Speaker::Caller, words));
        if let Some(item_id) = unheard.take() {
            bodies.push(EventBody::SpeechHeard { item_id });
        }
        bodies.push(said(agent, Speaker::Agent, format!("answer {turn}")));
        unheard = Some(agent);
        if turn == 3 {
            bodies.push(handed("ringing"));
        }
        if turn == TURNS - 3 {
            bodies.push(handed("completed"));
        }
    }
    bodies
}

#[tokio::test]
async fn pages_of_any_size_are_the_whole_ledger_cut_into_pieces() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let who = tenant.principal();
    let plan = fixture.talk(&tenant, &sid()).await;
    let records = bodies().into_iter().zip(1..).map(|(body, seq)| Record {
        tenant: plan.tenant,
        call: plan.call,
        body: RecordBody::Event(Event {
            seq,
            at: Utc::now(),
            offset_ms: seq * 10,
            body,
        }),
    });
    drain(&fixture, records.collect()).await;
    let call = plan.call.into();
    let whole = fixture.calls.snapshot(&who, &call).await.unwrap().items;
    assert!(whole.len() > 700, "{} lines", whole.len());
    for limit in [1, 7, 100] {
        let mut pieces: Vec<Item> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = fixture
                .calls
                .items(&who, &call, Some(limit), cursor.as_deref())
                .await
                .unwrap();
            pieces.extend(page.data);
            // A page of one line at a time is asked for at both ends only.
            cursor = page.next_cursor.filter(|_| limit > 1 || pieces.len() < 40);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(pieces, whole[..pieces.len()], "by {limit}");
        assert!(limit == 1 || pieces.len() == whole.len(), "by {limit}");
    }
}
