//! The bus over a real Redis.

mod cuts;

use std::time::Duration;

use chrono::Utc;
use futures_util::StreamExt as _;
use phony_conversation::{EventBody, Speaker};
use phony_kernel::ItemId;

use super::*;

async fn bus() -> EventBus {
    bus_at(&phony_testkit::redis_url().await).await
}

async fn bus_at(url: &str) -> EventBus {
    let client = redis::Client::open(url).unwrap();
    let connection = client.get_connection_manager().await.unwrap();
    EventBus::start(client, connection)
}

fn said(seq: u64) -> Event {
    Event {
        seq,
        at: Utc::now(),
        offset_ms: seq,
        body: EventBody::SpeechFinal {
            item_id: ItemId::new(),
            speaker: Speaker::Caller,
            text: format!("line {seq}"),
            language: None,
        },
    }
}

async fn next(stream: &mut LiveStream) -> LiveItem {
    tokio::time::timeout(Duration::from_secs(10), stream.next())
        .await
        .expect("an item in time")
        .expect("an item")
}

async fn seqs(stream: &mut LiveStream, count: usize) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    while found.len() < count {
        match next(stream).await {
            LiveItem::Event(delivered) => found.push((delivered.event.seq, delivered.cursor.clone())),
            LiveItem::Gap => panic!("a gap"),
        }
    }
    found
}

#[tokio::test]
async fn a_reader_gets_what_was_and_what_comes_once_and_in_order() {
    let bus = bus().await;
    let (tenant, call) = (TenantId::new(), CallId::new());
    for seq in 1..=3 {
        bus.publish(tenant, call, "CA1", said(seq));
    }
    let mut stream = bus
        .follow(tenant, Topic::Call(call), "0-0".to_owned())
        .await
        .unwrap();
    assert_eq!(
        seqs(&mut stream, 3)
            .await
            .iter()
            .map(|(seq, _)| *seq)
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
    for seq in 4..=1_200 {
        bus.publish(tenant, call, "CA1", said(seq));
    }
    let rest = seqs(&mut stream, 1_197).await;
    assert!(rest.iter().map(|(seq, _)| *seq).eq(4..=1_200));
    let mut wall = bus.follow(tenant, Topic::Calls, "0-0".to_owned()).await.unwrap();
    assert_eq!(
        seqs(&mut wall, 1_200).await.len(),
        1_200,
        "finals are for the wall too"
    );
}

#[tokio::test]
async fn a_reader_that_comes_back_with_its_cursor_loses_and_repeats_nothing() {
    let bus = bus().await;
    let (tenant, call) = (TenantId::new(), CallId::new());
    let writer = tokio::spawn({
        let bus = bus.clone();
        async move {
            for seq in 1..=2_000 {
                bus.publish(tenant, call, "CA1", said(seq));
                if seq % 50 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        }
    });
    let mut cursor = "0-0".to_owned();
    let mut found = Vec::new();
    let mut cut = 7;
    while found.len() < 2_000 {
        let mut stream = bus
            .follow(tenant, Topic::Call(call), cursor.clone())
            .await
            .unwrap();
        // Cuts at changing places, some within the stream, some within the announcements.
        cut = (cut * 31 + 17) % 97;
        for (seq, at) in seqs(&mut stream, (cut + 1).min(2_000 - found.len())).await {
            found.push(seq);
            cursor = at;
        }
    }
    writer.await.unwrap();
    assert!(found.into_iter().eq(1..=2_000));
}

#[tokio::test]
async fn the_newest_events_are_read_in_their_order_and_followed_without_a_gap() {
    let bus = bus().await;
    let (tenant, call) = (TenantId::new(), CallId::new());
    let (none, start) = bus.newest(tenant, Topic::Calls).await.unwrap();
    assert!(none.is_empty());
    assert_eq!(start, "0-0");
    for seq in 1..=1_000 {
        bus.publish(tenant, call, "CA1", said(seq));
    }
    bus.flushed().await;
    let (newest, cursor) = bus.newest(tenant, Topic::Calls).await.unwrap();
    let first = 1_001 - u64::try_from(newest.len()).unwrap();
    assert!(
        newest
            .iter()
            .map(|delivered| delivered.event.seq)
            .eq(first..=1_000)
    );
    let mut stream = bus.follow(tenant, Topic::Calls, cursor).await.unwrap();
    bus.publish(tenant, call, "CA1", said(1_001));
    assert_eq!(seqs(&mut stream, 1).await[0].0, 1_001);
}

#[tokio::test]
async fn it_is_flushed_when_all_is_in_redis() {
    let bus = bus().await;
    let (tenant, call) = (TenantId::new(), CallId::new());
    bus.flushed().await;
    for seq in 1..=700 {
        bus.publish(tenant, call, "CA1", said(seq));
    }
    bus.flushed().await;
    let (seen, _) = bus.read(tenant, Topic::Call(call)).await.unwrap();
    assert_eq!(seen.len(), 700);
}

#[tokio::test]
async fn tenants_do_not_hear_each_other() {
    let bus = bus().await;
    let (mine, other, call) = (TenantId::new(), TenantId::new(), CallId::new());
    let mut stream = bus.follow(mine, Topic::Calls, "0-0".to_owned()).await.unwrap();
    bus.publish(other, call, "CA1", said(1));
    bus.publish(mine, call, "CA2", said(2));
    assert_eq!(seqs(&mut stream, 1).await[0].0, 2);
}

#[tokio::test]
async fn a_cursor_that_the_stream_no_longer_reaches_is_a_gap() {
    let bus = bus().await;
    let (tenant, call) = (TenantId::new(), CallId::new());
    let mut stream = bus
        .follow(tenant, Topic::Call(call), "17-3".to_owned())
        .await
        .unwrap();
    assert!(matches!(next(&mut stream).await, LiveItem::Gap));
    assert!(
        bus.follow(tenant, Topic::Call(call), "nonsense".to_owned())
            .await
            .is_err()
    );
    assert!(
        bus.follow(tenant, Topic::Call(call), "1-+2".to_owned())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn an_event_from_outside_follows_the_last_number() {
    let bus = bus().await;
    let (tenant, call) = (TenantId::new(), CallId::new());
    let mut stream = bus
        .follow(tenant, Topic::Call(call), "0-0".to_owned())
        .await
        .unwrap();
    bus.publish(tenant, call, "CA1", said(41));
    assert_eq!(seqs(&mut stream, 1).await[0].0, 41);
    bus.publish_external(tenant, call, "CA1", said(0));
    assert_eq!(seqs(&mut stream, 1).await[0].0, 42);
    // The conversation has counted on by itself, and a retry brings an event again.
    for seq in [42, 43, 43, 42] {
        bus.publish(tenant, call, "CA1", said(seq));
    }
    assert_eq!(
        seqs(&mut stream, 2)
            .await
            .iter()
            .map(|(seq, _)| *seq)
            .collect::<Vec<_>>(),
        [43, 44]
    );
    let (events, cursor) = bus.read(tenant, Topic::Call(call)).await.unwrap();
    assert!(events.iter().map(|delivered| delivered.event.seq).eq(41..=44));
    assert_eq!(cursor, events[3].cursor);
}
