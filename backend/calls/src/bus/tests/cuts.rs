//! Readers that are cut off and come back, and readers that do not read, beside those who do.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;

use super::*;

/// Cuts of all readers together.
const CUTS: u64 = 10_000;
const READERS: u64 = 8;
/// Events that are not lost on anybody.
const FINALS: u64 = 2_400;
/// How far the writer may be ahead of the slowest reader. Much less than a stream holds: each cut reads all of it.
const AHEAD: u64 = 32;

/// Numbers without a pattern, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn partial(seq: u64, item_id: ItemId) -> Event {
    Event {
        body: EventBody::SpeechPartial {
            item_id,
            speaker: Speaker::Agent,
            text: format!("word {seq}"),
        },
        ..said(seq)
    }
}

/// Which final it is, of those that `said` makes.
fn final_of(delivered: &Delivered) -> Option<u64> {
    match &delivered.event.body {
        EventBody::SpeechFinal { text, .. } => text.strip_prefix("line ")?.parse().ok(),
        _ => None,
    }
}

/// A reader that is cut off again and again: after some events, or while it waits for one.
async fn cut_off(bus: EventBus, tenant: TenantId, topic: Topic, mut dice: Dice, read: &AtomicU64) {
    let (mut cursor, mut last, mut finals, mut cuts) = ("0-0".to_owned(), 0, 0, 0);
    while finals < FINALS || cuts < CUTS / READERS {
        let mut stream = bus.follow(tenant, topic, cursor.clone()).await.unwrap();
        // Some are cut off in the middle of reading, the others after an event or two.
        let in_the_middle = finals == FINALS || dice.below(8) == 0;
        let patience = Duration::from_micros(if in_the_middle {
            dice.below(500)
        } else {
            60_000_000
        });
        for _ in 0..=dice.below(2) {
            match tokio::time::timeout(patience, stream.next()).await {
                Ok(Some(LiveItem::Event(delivered))) => {
                    let seq = delivered.event.seq;
                    assert!(seq > last, "{seq} after {last}");
                    last = seq;
                    if let Some(number) = final_of(&delivered) {
                        finals += 1;
                        assert_eq!(number, finals, "after {cuts} cuts");
                        read.store(finals, Ordering::Relaxed);
                    }
                    cursor.clone_from(&delivered.cursor);
                }
                Ok(other) => panic!("{other:?} after {cuts} cuts"),
                Err(_) if in_the_middle => break,
                Err(_) => panic!("nothing came after {finals} finals and {cuts} cuts"),
            }
            if finals == FINALS {
                break;
            }
        }
        cuts += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_cuts_lose_and_repeat_nothing() {
    let url = phony_testkit::redis_url().await;
    let instances = [bus_at(&url).await, bus_at(&url).await];
    let (tenant, call) = (TenantId::new(), CallId::new());
    let seed = u64::from_le_bytes(call.uuid().as_bytes()[8..].try_into().unwrap()) | 1;
    let progress: Vec<AtomicU64> = (0..READERS).map(|_| AtomicU64::new(0)).collect();
    let readers = join_all((0..READERS).zip(&progress).map(|(number, read)| {
        let bus = instances[usize::try_from(number % 2).unwrap()].clone();
        // Half of them look at the wall, which has no partials.
        let topic = if number % 4 < 2 {
            Topic::Call(call)
        } else {
            Topic::Calls
        };
        cut_off(
            bus,
            tenant,
            topic,
            Dice(seed.rotate_left(u32::try_from(number).unwrap())),
            read,
        )
    }));
    let writer = async {
        let (mut dice, mut seq) = (Dice(seed), 0);
        for number in 1..=FINALS {
            let item = ItemId::new();
            for _ in 0..dice.below(3) {
                seq += 1;
                instances[0].publish(tenant, call, "CA1", partial(seq, item));
            }
            seq += 1;
            let event = Event { seq, ..said(number) };
            instances[0].publish(tenant, call, "CA1", event);
            // Sometimes they catch up and wait for news.
            if dice.below(40) == 0 {
                tokio::time::sleep(Duration::from_millis(dice.below(12))).await;
            }
            let slowest = || progress.iter().map(|read| read.load(Ordering::Relaxed)).min();
            while slowest().unwrap_or(0) + AHEAD < number {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    };
    let all = async { tokio::join!(readers, writer) };
    let patience = Duration::from_secs(90);
    assert!(tokio::time::timeout(patience, all).await.is_ok(), "seed {seed}");
}

#[tokio::test]
async fn who_does_not_read_harms_nobody_and_catches_up() {
    let bus = bus().await;
    let (tenant, call) = (TenantId::new(), CallId::new());
    let follow = async || {
        bus.follow(tenant, Topic::Call(call), "0-0".to_owned())
            .await
            .unwrap()
    };
    let (mut stalled, mut diligent) = (follow().await, follow().await);
    bus.publish(tenant, call, "CA1", said(1));
    assert_eq!(seqs(&mut stalled, 1).await[0].0, 1);
    // More than waits for anybody, and less than the stream holds.
    let item = ItemId::new();
    for seq in 2..=3_000 {
        let event = if seq % 2 == 0 {
            partial(seq, item)
        } else {
            said(seq)
        };
        bus.publish(tenant, call, "CA1", event);
        if seq % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut last = 0;
    while last < 2_999 {
        if let LiveItem::Event(delivered) = next(&mut diligent).await {
            last = final_of(&delivered).unwrap_or(last);
        }
    }
    // Every final, each once; of what was being said only the newest.
    let (mut finals, mut partials) = (vec![], 0);
    while finals.last() != Some(&2_999) {
        let LiveItem::Event(delivered) = next(&mut stalled).await else {
            panic!("a gap")
        };
        finals.extend(final_of(&delivered));
        partials += usize::from(final_of(&delivered).is_none());
    }
    assert!(finals.into_iter().eq((3..=2_999).step_by(2)));
    assert!(partials < 1_499, "{partials} partials were kept");
}

#[tokio::test]
async fn who_is_behind_what_is_kept_is_told_and_begins_anew() {
    let bus = bus().await;
    let (tenant, call) = (TenantId::new(), CallId::new());
    let topic = Topic::Call(call);
    let mut stalled = bus.follow(tenant, topic, "0-0".to_owned()).await.unwrap();
    bus.publish(tenant, call, "CA1", said(1));
    assert_eq!(seqs(&mut stalled, 1).await[0].0, 1);
    for seq in 2..=7_000 {
        bus.publish(tenant, call, "CA1", said(seq));
        if seq % 1_000 == 0 {
            bus.flushed().await;
        }
    }
    bus.flushed().await;
    // What it is given before the gap is in order and has no hole.
    let mut last = 1;
    while let LiveItem::Event(delivered) = next(&mut stalled).await {
        last += 1;
        assert_eq!(delivered.event.seq, last);
    }
    assert!(stalled.next().await.is_none(), "nothing follows a gap");
    let (kept, cursor) = bus.read(tenant, topic).await.unwrap();
    assert!(last < kept[0].event.seq, "{last} of {}", kept[0].event.seq);
    assert_eq!(kept.last().unwrap().event.seq, 7_000);
    let mut anew = bus.follow(tenant, topic, cursor).await.unwrap();
    bus.publish(tenant, call, "CA1", said(7_001));
    assert_eq!(seqs(&mut anew, 1).await[0].0, 7_001);
}

#[tokio::test]
async fn all_who_follow_share_what_is_sent_on() {
    let bus = bus().await;
    let (tenant, call) = (TenantId::new(), CallId::new());
    let follow = async || {
        bus.follow(tenant, Topic::Call(call), "0-0".to_owned())
            .await
            .unwrap()
    };
    let (mut one, mut other) = (follow().await, follow().await);
    // Both have read to the end and wait.
    bus.publish(tenant, call, "CA1", said(1));
    let _ = (seqs(&mut one, 1).await, seqs(&mut other, 1).await);
    let mut made = 0;
    // One may still have read the stream once more; later ones are announced to both.
    for seq in 2..=20 {
        bus.publish(tenant, call, "CA1", said(seq));
        let mut frames = Vec::new();
        for stream in [&mut one, &mut other] {
            let LiveItem::Event(delivered) = next(stream).await else {
                panic!("a gap")
            };
            let frame = delivered.frame(|delivered| {
                made += 1;
                delivered.event.seq.to_string()
            });
            frames.push(frame);
        }
        assert_eq!(frames[0], frames[1]);
    }
    assert!(made < 38, "{made} frames were made for 19 events");
}
