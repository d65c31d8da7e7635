//! `<Dial>`: rings other telephones, joins the first that answers, reports to the action; or joins a conference. Several
//! numbers are rung one after the other; clients and SIP are not simulated.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::Element;
use crate::calls::callbacks::{self, Plan, Queued};
use crate::calls::ear::Ear;
use crate::calls::outbound::RING_BUFFER_S;
use crate::calls::runner::{Flow, HUNG_UP, Runner, Waited};
use crate::calls::webhook::Fetch;
use crate::calls::{Call, Direction, Parties, Signal, Status, through};
use crate::clock::Millis;
use crate::control::targets::{Outcome, Target};
use crate::rest::incoming::Number;
use crate::{callers, recordings};

/// How one attempt to reach somebody ended.
struct Attempt {
    child: Arc<Call>,
    status: Status,
    bridged: bool,
    /// The caller's own call ended or moved meanwhile.
    left: Option<Flow>,
}

/// The other leg while it is up.
pub(super) struct Leg {
    pub(super) call: Arc<Call>,
    pub(super) inbox: UnboundedReceiver<Signal>,
}

impl Runner {
    pub(crate) async fn dial(&mut self, verb: &Element) -> Flow {
        if let Some(noun) = verb.children.iter().find(|noun| noun.name == "Conference") {
            return Box::pin(self.conference(verb, noun)).await;
        }
        let numbers: Vec<Element> = if verb.children.is_empty() {
            vec![Element {
                name: "Number".to_owned(),
                text: verb.text.clone(),
                ..Element::default()
            }]
        } else {
            verb.children.clone()
        };
        let mut last = None;
        for noun in &numbers {
            if noun.name != "Number" {
                self.call.note_trouble(
                    self.world.clock.now(),
                    12200,
                    format!("noun {} is not simulated here", noun.name),
                );
                continue;
            }
            let mut attempt = Box::pin(self.reach(verb, noun)).await;
            if let Some(flow) = attempt.left.take() {
                return flow;
            }
            let answered = attempt.bridged;
            last = Some(attempt);
            if answered {
                break;
            }
        }
        let (Some(action), Some(attempt)) = (verb.attribute("action"), last) else {
            return Flow::Next;
        };
        let mut params = vec![
            ("DialCallStatus".to_owned(), attempt.status.word().to_owned()),
            ("DialCallSid".to_owned(), attempt.child.sid.clone()),
            ("DialBridged".to_owned(), attempt.bridged.to_string()),
        ];
        if attempt.bridged {
            params.push((
                "DialCallDuration".to_owned(),
                attempt.child.duration_s().to_string(),
            ));
        }
        self.next_fetch("dial", action, verb.attribute("method").unwrap_or("POST"), params)
    }

    async fn reach(&mut self, verb: &Element, noun: &Element) -> Attempt {
        let to = noun.text.trim().to_owned();
        let target = self.world.target(&to);
        let mut leg = self.new_leg(verb, noun, &to, &target);
        let (status, bridged, left) = if crate::ids::is_e164(&to) {
            Box::pin(self.ring(verb, noun, &target, &mut leg)).await
        } else {
            self.call
                .note_trouble(self.world.clock.now(), 13224, format!("{to:?} is not a number"));
            (Status::Failed, false, None)
        };
        let over = leg.call.advance(status, self.world.clock.now());
        recordings::call_over(&self.world, &leg.call);
        if over {
            callbacks::announce(&leg.call, status);
        }
        // Nobody delivers after a stop, and then nobody looks either.
        let _ = leg.call.callbacks.send(Queued::Last);
        Attempt {
            child: leg.call,
            status,
            bridged,
            left,
        }
    }

    fn new_leg(&self, verb: &Element, noun: &Element, to: &str, target: &Target) -> Leg {
        let events = noun
            .attribute("statusCallbackEvent")
            .map(|words| words.split_whitespace().map(str::to_owned).collect())
            .unwrap_or_default();
        let plan = Plan::new(
            noun.attribute("statusCallback").map(str::to_owned),
            noun.attribute("statusCallbackMethod").map(str::to_owned),
            events,
        );
        let parties = Parties {
            account_sid: self.call.account_sid.clone(),
            auth_token: self.call.auth_token.clone(),
            number_sid: None,
            parent_sid: Some(self.call.sid.clone()),
            from: verb.attribute("callerId").unwrap_or(&self.call.from).to_owned(),
            to: to.to_owned(),
            direction: Direction::OutboundDial,
            queue_ms: 0,
        };
        let (call, ends) = Call::new(parties, plan, self.world.clock.now());
        self.world.add_call(&call);
        self.world.spawn(callbacks::deliver(
            Arc::clone(&self.world),
            Arc::clone(&call),
            ends.callbacks,
        ));
        target.describe(&call);
        if target.is_lively() {
            self.world.spawn(callers::drive(
                Arc::clone(&self.world),
                Arc::clone(&call),
                target.script.clone(),
                ends.steps,
                target.manners(),
            ));
        }
        Leg {
            call,
            inbox: ends.signals,
        }
    }

    async fn ring(
        &mut self,
        verb: &Element,
        noun: &Element,
        target: &Target,
        leg: &mut Leg,
    ) -> (Status, bool, Option<Flow>) {
        for status in [Status::Initiated, Status::Ringing] {
            leg.call.advance(status, self.world.clock.now());
            callbacks::announce(&leg.call, status);
        }
        let patience = (verb.number("timeout", 30) + RING_BUFFER_S) * 1_000;
        let number = self.world.rings_through(&leg.call.to);
        if let Some(number) = &number
            && let Err((status, left)) = Box::pin(self.ring_number(number, patience, leg)).await
        {
            return (status, false, left);
        }
        let (ring_ms, outcome) = match target.outcome {
            Outcome::NoAnswer => (
                patience.min(target.gives_up_ms.unwrap_or(patience)),
                Status::NoAnswer,
            ),
            _ if number.is_none() && target.ring_ms > patience => (patience, Status::NoAnswer),
            Outcome::Busy => (target.ring_ms, Status::Busy),
            Outcome::Reject => (target.ring_ms, Status::Failed),
            Outcome::Failed => (0, Status::Failed),
            // It has rung.
            Outcome::Answer if number.is_some() => (0, Status::Completed),
            Outcome::Answer => (target.ring_ms, Status::Completed),
        };
        if let Some(flow) = self.during(ring_ms, leg).await {
            return (Status::Canceled, false, flow);
        }
        if outcome != Status::Completed {
            if target.outcome == Outcome::Reject {
                leg.call.quietly(|s| s.sip = Some("603"));
            }
            return (outcome, false, None);
        }
        leg.call.advance(Status::InProgress, self.world.clock.now());
        callbacks::announce(&leg.call, Status::InProgress);
        if let Some(keys) = noun.attribute("sendDigits") {
            leg.call.note_heard(self.world.clock.now(), "digits", keys);
        }
        if let Some(url) = noun.attribute("url") {
            match Box::pin(self.whisper(noun, url, leg)).await {
                Ok(true) => {}
                Ok(false) => return (Status::Completed, false, None),
                Err(flow) => return (Status::Completed, false, Some(flow)),
            }
        }
        let limit = verb.number("timeLimit", 14_400) * 1_000;
        if target.is_lively() || number.is_some() {
            let left = Box::pin(self.talk(limit, leg)).await;
            return (Status::Completed, true, left);
        }
        let talk_ms = target.talk_ms.unwrap_or(limit).min(limit);
        let began = self.world.clock.now();
        if let Some(says) = &target.says
            && let Some(Waited::Left(flow)) =
                Box::pin(self.speak(says, Ear::of_kind("person"), |_| false)).await
        {
            return (Status::Completed, true, Some(flow));
        }
        let spoken = self.world.clock.now().saturating_sub(began);
        let left = self.during(talk_ms.saturating_sub(spoken), leg).await;
        (Status::Completed, true, left.flatten())
    }

    /// Rings another number of the carrier until somebody there answers; the error is how the attempt ended, and where the
    /// caller's call goes.
    async fn ring_number(
        &mut self,
        number: &Number,
        patience: Millis,
        leg: &mut Leg,
    ) -> Result<(), (Status, Option<Flow>)> {
        let Some(far) = through::ring(&self.world, &leg.call, number) else {
            return Err((Status::Busy, None));
        };
        tokio::select! {
            () = far.until(|s| s.status >= Status::InProgress) => {}
            waited = self.during(patience, leg) => return Err(match waited {
                None => (Status::NoAnswer, None),
                Some(left) => (Status::Canceled, left),
            }),
        }
        match far.status() {
            Status::InProgress | Status::Completed => Ok(()),
            _ => Err((through::unanswered(&far), None)),
        }
    }

    /// Runs a document on the other leg before the two are joined; `false` when it or the person there refused, the error
    /// when the caller's own call ended or moved meanwhile.
    async fn whisper(&mut self, noun: &Element, url: &str, leg: &mut Leg) -> Result<bool, Flow> {
        let method = noun.attribute("method").unwrap_or("POST").to_owned();
        let Flow::Fetch(Fetch { url, .. }) = self.next_fetch("whisper", url, &method, Vec::new()) else {
            return Ok(false);
        };
        let (closed, nothing) = tokio::sync::mpsc::unbounded_channel();
        drop(closed);
        let mut whisperer = Self {
            world: Arc::clone(&self.world),
            call: Arc::clone(&leg.call),
            inbox: std::mem::replace(&mut leg.inbox, nothing),
            base: None,
            fallback: None,
            unanswered: Status::Failed,
        };
        let first = Flow::Fetch(Fetch {
            kind: "whisper",
            url,
            method,
            params: leg.call.params(Status::InProgress),
        });
        let result = {
            let whispered = Box::pin(whisperer.until_end(first));
            tokio::select! {
                who = whispered => Ok(who == "agent"),
                flow = self.until_left() => Err(flow),
            }
        };
        leg.inbox = whisperer.inbox;
        if let Ok(false) = result {
            leg.call.note_end(HUNG_UP);
        }
        result
    }

    /// Lets time pass until the caller's call ends or moves.
    async fn until_left(&mut self) -> Flow {
        loop {
            if let Waited::Left(flow) = self.wait(None).await {
                return flow;
            }
        }
    }

    /// Lets time pass on both legs. `None`: the time is up; `Some(None)`: the other leg was ended through REST;
    /// `Some(Some(_))`: the caller's call ends or moves.
    async fn during(&mut self, ms: Millis, leg: &mut Leg) -> Option<Option<Flow>> {
        let until = self.world.clock.now() + ms;
        loop {
            tokio::select! {
                waited = self.wait(Some(until)) => match waited {
                    Waited::Elapsed => return None,
                    Waited::Person(_) => {}
                    Waited::Left(flow) => return Some(Some(flow)),
                },
                signal = leg.inbox.recv() => {
                    if matches!(signal, Some(Signal::Complete | Signal::Cancel | Signal::CallerHungUp) | None) {
                        return Some(None);
                    }
                }
            }
        }
    }
}
