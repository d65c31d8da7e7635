//! A call runs at one instance, and people act on it at another: every act applies, on every engine.

use std::cell::RefCell;
use std::collections::BTreeSet;

use phony_journeys::{Caller, Client, LiveSocket, Product, Tenant, eventually};
use serde_json::{Value, json};

const BILLING: &str = "+14155550142";
const HOURS: &str = "We open at nine.";

/// A company whose calls run at one instance, and its admin at another.
struct Desk {
    product: Product,
    acme: Tenant,
    e164: String,
    /// The instance that no call runs at.
    far: phony_server::start::Running,
    far_url: String,
    admin: Client,
    /// The kinds of acts that were tried.
    tried: RefCell<BTreeSet<String>>,
}

/// A call and the admin who watches it from afar.
struct Watched<'a> {
    desk: &'a Desk,
    caller: Caller,
    live: LiveSocket,
    acts: u32,
}

impl Desk {
    async fn new(engine: &str, speed: f64) -> Self {
        let product = Product::start_at_speed(speed).await;
        let acme = product.tenant("acme").await;
        let settings = json!({ "transfer_targets": [{ "alias": "billing", "e164": BILLING }] });
        let number = product.number_of_maya(&acme, engine, settings).await;
        let path = format!("/v1/numbers/{}", number.id);
        let recorded = json!({ "recording": { "mode": "on_demand", "consent": "off" } });
        let _ = acme.admin.patch(&path, &recorded).await.expect(200);
        let rules = json!([
            { "when_contains": "closed on Mondays", "reply": "We are closed on Mondays." },
            { "when_contains": "opening hours", "reply": HOURS },
        ]);
        product.order("/sim/model/rules", &rules).await;
        let target = json!({ "number": BILLING, "says": "Billing speaking.", "talk_ms": 2_000 });
        product.order("/sim/targets", &target).await;
        let (far, far_url) = product.second_instance().await;
        Self {
            e164: number.e164,
            admin: Client::new(&far_url, acme.admin.token()),
            product,
            acme,
            far,
            far_url,
            tried: RefCell::default(),
        }
    }

    /// The kinds of acts that there are, as the interface tells them.
    async fn kinds(&self) -> BTreeSet<String> {
        let document = self.admin.get("/v1/openapi.json").await.expect(200).json;
        let kinds = &document["components"]["schemas"]["ActionKind"];
        // Each with a description of its own is a choice of one; without, a plain list.
        let told = serde_json::to_string(kinds).unwrap();
        let names = told.split("\"enum\":[").skip(1);
        let names = names.filter_map(|rest| rest.split(']').next());
        let names = names.flat_map(|list| list.split(','));
        names.map(|name| name.trim_matches('"').to_owned()).collect()
    }

    async fn watched(&self) -> Watched<'_> {
        let caller = self.product.ring(&self.e164, &json!([])).await;
        caller.hears("Maya").await;
        assert_eq!(
            self.far.app.engine.active(),
            0,
            "the call runs at the other instance"
        );
        let mut live = LiveSocket::open(&self.far_url, &self.admin).await;
        live.send(&json!({ "op": "subscribe", "topic": "call", "id": caller.call_sid }))
            .await;
        live.wait_for("the console", |frame| frame["op"] == "snapshot")
            .await;
        Watched {
            desk: self,
            caller,
            live,
            acts: 0,
        }
    }
}

impl Watched<'_> {
    fn named(&mut self, kind: &str, mut data: Value) -> (String, Value) {
        self.acts += 1;
        self.desk.tried.borrow_mut().insert(kind.to_owned());
        let action_id = format!("{kind}-{}", self.acts);
        data["action_id"] = json!(action_id);
        data["type"] = json!(kind);
        (action_id, data)
    }

    /// Sends an act until it is taken in: the same once more does nothing.
    async fn post(&self, act: &Value) -> Value {
        let path = format!("/v1/calls/{}/actions", self.caller.call_sid);
        eventually(&format!("{act} is taken in"), async || {
            let answer = self.desk.admin.post(&path, act).await;
            (answer.status != 503).then(|| answer.expect(200).json)
        })
        .await
    }

    /// Acts from afar, and waits until the call has told that it is done.
    async fn act(&mut self, kind: &str, data: Value) {
        let (action_id, act) = self.named(kind, data);
        let _ = self.post(&act).await;
        let end = self
            .live
            .wait_for(&format!("the end of {act}"), |frame| {
                let this =
                    frame["event"] == "supervisor.action" && frame["data"]["action_id"] == action_id.as_str();
                this && frame["data"]["status"] != "accepted"
            })
            .await;
        assert_eq!(end["data"]["status"], "applied", "{end}");
        // The same once more, which does nothing; an end leaves nothing to ask.
        if kind == "end" {
            return;
        }
        let again = self.post(&act).await;
        assert_eq!(again["status"], "applied", "{act}: {again}");
    }

    async fn event(&mut self, name: &str) -> Value {
        self.live.event(name).await
    }

    async fn say(&mut self, words: &str) {
        self.act("say", json!({ "text": words })).await;
        self.caller.hears(words).await;
    }

    /// The reply that the caller's words bring, held until somebody decides.
    async fn held_reply(&mut self, words: &str) -> Value {
        self.caller.say(words).await;
        let held = self.event("approval.requested").await;
        held["data"]["approval_id"].clone()
    }

    async fn approvals(&mut self) {
        self.act("approval_mode", json!({ "mode": "every_turn" })).await;
        let held = self.held_reply("What are your opening hours?").await;
        assert!(
            !self.caller.heard().await.contains(HOURS),
            "nothing unapproved is said"
        );
        self.act("approve", json!({ "approval_id": held })).await;
        self.caller.hears(HOURS).await;
        let held = self.held_reply("Tell me your opening hours again.").await;
        let guidance = "Say that we are closed on Mondays.";
        self.act("reject", json!({ "approval_id": held, "guidance": guidance }))
            .await;
        let held = self.event("approval.requested").await["data"]["approval_id"].clone();
        let edited = json!({ "approval_id": held, "text": "Mondays are our day off." });
        self.act("approve", edited).await;
        self.caller.hears("Mondays are our day off.").await;
        assert_eq!(self.caller.heard().await.matches(HOURS).count(), 1);
        self.act("approval_mode", json!({ "mode": "off" })).await;
    }
}

async fn every_act_applies(engine: &str, speed: f64) {
    let desk = Desk::new(engine, speed).await;
    let mut call = desk.watched().await;
    call.act("claim", json!({})).await;
    call.act("note", json!({ "text": "A friend of the house." }))
        .await;
    call.say("This is a person speaking.").await;
    call.act("say", json!({ "text": "Offer a free lock.", "mode": "guidance" }))
        .await;
    call.act(
        "say",
        json!({ "text": "And this is said in turn.", "when": "after_turn" }),
    )
    .await;
    call.caller.hears("And this is said in turn.").await;
    call.act("dtmf", json!({ "digits": "12#" })).await;
    call.act("hold", json!({})).await;
    call.act("unhold", json!({})).await;
    // A carrier that comes turn by turn does not hear who speaks before it listens again.
    call.caller.hears("I am back.").await;
    call.caller.say("Is parking included?").await;
    let asked = call.event("clarification.requested").await["data"]["clarification_id"].clone();
    let answer = json!({ "clarification_id": asked, "answer": "Yes, free parking at the back." });
    call.act("clarify", answer).await;
    call.caller.hears("parking").await;
    call.approvals().await;
    call.act("takeover", json!({ "via": "keyboard" })).await;
    call.say("I am writing to you myself now.").await;
    call.act("handback", json!({ "note": "They were promised a free lock." }))
        .await;
    call.act("release", json!({})).await;
    for op in ["start", "stop"] {
        let (_, act) = call.named("record", json!({ "op": op }));
        let answer = call.post(&act).await;
        assert_eq!(answer["status"], "applied", "{act}: {answer}");
    }
    call.act("end", json!({ "say": "We call you back. Goodbye." }))
        .await;
    call.caller.is_over().await;
    let ended = desk.admin.ended_call(&call.caller.call_sid).await;
    assert_eq!(ended["ended_reason"], "supervisor_hangup", "{ended:#}");
    assert!(call.caller.heard().await.contains("We call you back. Goodbye."));
    // The ledger has each act once, with its outcome.
    let items = eventually("every act is stored", async || {
        let items = desk.acme.admin.items(&call.caller.call_sid).await;
        let acts: Vec<Value> = items
            .into_iter()
            .filter(|item| item["kind"] == "intervention")
            .collect();
        (acts.last()?["action"]["type"] == "end").then_some(acts)
    })
    .await;
    let mut ids: Vec<&str> = items
        .iter()
        .filter_map(|item| item["action_id"].as_str())
        .collect();
    let acts = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), acts, "an act is there twice: {items:#?}");
    assert!(items.iter().all(|item| item["status"] == "applied"), "{items:#?}");

    let mut moved = desk.watched().await;
    let (action_id, act) = moved.named("transfer", json!({ "to": "billing" }));
    let answer = moved.post(&act).await;
    assert_ne!(answer["status"], "failed", "{action_id}: {answer}");
    moved.caller.hears("Billing speaking.").await;
    moved.caller.is_over().await;
    let kinds = desk.kinds().await;
    assert_eq!(*desk.tried.borrow(), kinds, "every act is tried");
    desk.far.stop_now().await;
}

#[tokio::test]
async fn every_act_applies_from_another_instance_on_relay() {
    Box::pin(every_act_applies("relay", 10.0)).await;
}

#[tokio::test]
async fn every_act_applies_from_another_instance_on_gather() {
    Box::pin(every_act_applies("gather", 3.0)).await;
}

#[tokio::test]
async fn every_act_applies_from_another_instance_on_realtime() {
    Box::pin(every_act_applies("realtime", 1.0)).await;
}
