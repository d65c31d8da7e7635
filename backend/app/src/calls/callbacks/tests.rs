//! Ten thousand orders of callbacks, repeated and withheld, with the conversation's own end among them: decided
//! here without a database, whose part is tested beside the others of calls.

use std::collections::BTreeMap;

use phony_db::calls::callbacks::MediaStream;
use phony_kernel::{NumberId, PersonalityId};
use rand::prelude::*;

use super::*;

/// A media stream, by how many seconds ago it began and was over.
fn stream(sid: &str, now: DateTime<Utc>, from: i64, to: Option<i64>) -> (String, MediaStream) {
    let ago = |seconds| now - TimeDelta::seconds(seconds);
    let stream = MediaStream {
        from: ago(from),
        to: to.map(ago),
    };
    (sid.to_owned(), stream)
}

/// A call in memory, changed as its row would be.
struct Row {
    facts: CallFacts,
    duration_seconds: Option<u32>,
    endings: Vec<EndedReason>,
    bills: Vec<(String, i64)>,
}

impl Row {
    fn new(engine: Engine, streamed: bool, direction: Direction) -> Self {
        let now = Utc::now();
        Self {
            facts: CallFacts {
                call: CallId::new(),
                direction,
                engine,
                number: Some(NumberId::new()),
                personality: Some(PersonalityId::new()),
                status: if streamed {
                    CallStatus::InProgress
                } else {
                    CallStatus::Ringing
                },
                carrier_status: None,
                started_at: now - TimeDelta::minutes(2),
                answered_at: streamed.then(|| now - TimeDelta::seconds(90)),
                ended_at: None,
                ended_reason: None,
                engine_switched_at: None,
                settled_at: None,
                streamed,
                relay_seconds: None,
                media_streams: match engine {
                    Engine::Realtime if streamed => BTreeMap::from([stream("MZ1", now, 90, Some(29))]),
                    _ => BTreeMap::new(),
                },
                machine_detection: false,
                now,
            },
            duration_seconds: None,
            endings: Vec::new(),
            bills: Vec::new(),
        }
    }

    fn end(&mut self, reason: EndedReason, at: DateTime<Utc>) {
        if self.facts.ended_at.is_none() {
            self.facts.ended_at = Some(at);
            self.facts.ended_reason = Some(reason);
            self.facts.status = CallStatus::Ended;
            self.endings.push(reason);
        }
    }

    fn take(&mut self, update: &StatusUpdate) {
        let Some(step) = decide(&self.facts, update) else {
            return;
        };
        assert!(
            step.status.rank() >= self.facts.status.rank(),
            "a call never goes back: {:?} after {:?}",
            step.status,
            self.facts.status
        );
        let facts = &mut self.facts;
        facts.carrier_status = Some(update.status.as_str().to_owned());
        if facts.ended_at.is_none() {
            facts.status = step.status;
        }
        facts.answered_at = facts.answered_at.or(step.answered_at);
        self.duration_seconds = step.duration_seconds.or(self.duration_seconds);
        if step.settled {
            facts.settled_at = Some(facts.now);
            if let Some(seconds) = step.duration_seconds
                && update.status == CarrierStatus::Completed
            {
                let answered_at = facts.answered_at.unwrap_or(facts.started_at);
                let bills = minutes(facts, update, seconds, answered_at);
                self.bills
                    .extend(bills.into_iter().map(|bill| (bill.sku, bill.quantity)));
            }
        }
        if let Some((ending, at)) = step.ending {
            self.end(ending.reason, at);
        }
    }
}

fn story(row: &Row, last: CarrierStatus) -> Vec<StatusUpdate> {
    let begun = row.facts.started_at;
    let told = |number: i64, status, seconds: Option<i64>, after| StatusUpdate {
        call_sid: "CA1".to_owned(),
        from: String::new(),
        to: String::new(),
        status,
        sequence_number: Some(number),
        duration_seconds: seconds,
        timestamp: Some(begun + TimeDelta::seconds(after)),
        sip_response_code: None,
    };
    let answered = last == CarrierStatus::Completed;
    let mut story = vec![
        told(0, CarrierStatus::Initiated, None, 1),
        told(1, CarrierStatus::Ringing, None, 2),
    ];
    if answered {
        story.push(told(2, CarrierStatus::InProgress, None, 30));
    }
    story.push(told(3, last, Some(if answered { 61 } else { 0 }), 91));
    story
}

/// What a call must come to, however its callbacks came.
fn check(
    seed: u64,
    engine: Engine,
    streamed: bool,
    direction: Direction,
    last: CarrierStatus,
    want: EndedReason,
) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut row = Row::new(engine, streamed, direction);
    let story = story(&row, last);
    let final_word = story.last().unwrap().clone();
    let mut sent = vec![Some(final_word)];
    for callback in &story {
        let times = random.random_range(0..3);
        sent.extend(std::iter::repeat_n(Some(callback.clone()), times));
    }
    if streamed {
        // The conversation's own last word, whenever it is stored.
        sent.push(None);
    }
    sent.shuffle(&mut random);
    for callback in &sent {
        match callback {
            Some(callback) => row.take(callback),
            None => row.end(
                EndedReason::AgentHangup,
                row.facts.started_at + TimeDelta::seconds(90),
            ),
        }
    }
    let order: Vec<_> = sent
        .iter()
        .map(|callback| {
            callback
                .as_ref()
                .map_or("end", |callback| callback.status.as_str())
        })
        .collect();
    let seen = format!("seed {seed}, {engine} {direction} {last:?}: {order:?}");
    assert_eq!(row.endings, [want], "{seen}");
    assert_eq!(row.facts.status, CallStatus::Ended, "{seen}");
    assert!(row.facts.settled_at.is_some(), "{seen}");
    let mut bills = Vec::new();
    if last == CarrierStatus::Completed {
        let leg = match direction {
            Direction::Inbound => "twilio.inbound_minute",
            Direction::Outbound => "twilio.outbound_minute",
        };
        bills.push((leg.to_owned(), 2));
        if streamed && engine == Engine::Relay {
            bills.push(("twilio.relay_minute".to_owned(), 2));
        }
        if streamed && engine == Engine::Realtime {
            bills.push(("twilio.stream_minute".to_owned(), 2));
        }
        assert_eq!(row.duration_seconds, Some(61), "{seen}");
    }
    assert_eq!(row.bills, bills, "{seen}");
}

#[test]
fn ten_thousand_orders_of_callbacks_come_to_one_state_one_end_and_one_bill() {
    use CarrierStatus as C;
    use Direction::{Inbound, Outbound};
    use EndedReason as R;
    let cases = [
        (Engine::Relay, true, Inbound, C::Completed, R::AgentHangup),
        (Engine::Realtime, true, Inbound, C::Completed, R::AgentHangup),
        (Engine::Gather, true, Inbound, C::Completed, R::AgentHangup),
        (Engine::Relay, false, Inbound, C::Completed, R::Abandoned),
        (Engine::Realtime, false, Inbound, C::Failed, R::CarrierError),
        (Engine::Relay, false, Inbound, C::NoAnswer, R::Abandoned),
        (Engine::Relay, true, Outbound, C::Completed, R::AgentHangup),
        (Engine::Realtime, false, Outbound, C::Busy, R::DialBusy),
        (Engine::Relay, false, Outbound, C::NoAnswer, R::DialNoAnswer),
        (Engine::Relay, false, Outbound, C::Canceled, R::Canceled),
    ];
    for seed in 0..10_000 {
        let (engine, streamed, direction, last, want) = cases[seed as usize % cases.len()];
        check(seed, engine, streamed, direction, last, want);
    }
}

#[test]
fn what_the_network_answered_says_why_a_dial_failed() {
    use EndedReason as R;
    for (status, code, want) in [
        (CarrierStatus::Failed, None, R::DialFailed),
        (CarrierStatus::Failed, Some(404), R::DialInvalid),
        (CarrierStatus::Failed, Some(484), R::DialInvalid),
        (CarrierStatus::Failed, Some(603), R::DialRejected),
        (CarrierStatus::Failed, Some(503), R::DialFailed),
        (CarrierStatus::Busy, Some(486), R::DialBusy),
        (CarrierStatus::Busy, Some(603), R::DialRejected),
        (CarrierStatus::NoAnswer, Some(487), R::DialNoAnswer),
    ] {
        let mut row = Row::new(Engine::Relay, false, Direction::Outbound);
        let mut last = story(&row, status).pop().unwrap();
        last.sip_response_code = code;
        row.take(&last);
        assert_eq!(row.endings, [want], "{status:?} {code:?}");
    }
    let mut inbound = Row::new(Engine::Relay, false, Direction::Inbound);
    let mut last = story(&inbound, CarrierStatus::Failed).pop().unwrap();
    last.sip_response_code = Some(404);
    inbound.take(&last);
    assert_eq!(inbound.endings, [R::CarrierError], "nobody was dialled");
}

#[test]
fn each_media_stream_is_billed_by_its_begun_minutes_and_never_for_longer_than_the_call() {
    let bill = |streams: &[(i64, Option<i64>)], seconds: u32| -> Vec<(String, i64)> {
        let mut row = Row::new(Engine::Realtime, true, Direction::Inbound);
        let now = row.facts.now;
        let streams = streams.iter().enumerate();
        let streams = streams.map(|(at, (from, to))| stream(&format!("MZ{at}"), now, *from, *to));
        row.facts.media_streams = streams.collect();
        let bills = stream_minutes(&row.facts, seconds, now, now);
        assert!(bills.iter().all(|bill| bill.sku == "twilio.stream_minute"));
        bills
            .into_iter()
            .map(|bill| (bill.dedupe_key, bill.quantity))
            .collect()
    };
    let key = |at: usize, minutes: i64| (format!("twilio:MZ{at}:minutes"), minutes);
    assert_eq!(bill(&[(60, Some(0))], 61), [key(0, 1)]);
    assert_eq!(bill(&[(61, Some(0))], 61), [key(0, 2)]);
    // What nobody has told the end of is over with the call, as the carrier counts it.
    assert_eq!(bill(&[(500, None)], 120), [key(0, 2)]);
    // Or with the next one: each is rounded by itself.
    assert_eq!(
        bill(&[(200, None), (130, Some(60)), (50, None)], 200),
        [key(0, 2), key(1, 2), key(2, 1)]
    );
    assert_eq!(bill(&[], 61), []);
}
