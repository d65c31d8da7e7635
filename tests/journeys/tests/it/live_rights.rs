//! Who may act on a live call and who may hear it: every act by every way is refused to who only looks on, to strangers
//! and to nobody, and leaves nothing in the call.

mod acts;
mod tickets;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use phony_http::aliases::ALIASES;
use phony_journeys::{Answer, Caller, Client, LiveSocket, Product, Tenant, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

use acts::{acts, older_acts};

const WORDS: &str = "My word is heliotrope.";
const REFUSED: &str = "Nobody may hear or read this.";

/// Somebody who may not act on the call, and how they are told so.
struct Somebody {
    who: &'static str,
    client: Client,
    status: u16,
    code: &'static str,
    /// Their live socket, where they can have one.
    live: Option<LiveSocket>,
}

/// A call that an admin lets wait, so that it stays as it is.
struct World {
    product: Product,
    acme: Tenant,
    call: String,
    caller: Caller,
    /// The admin's live socket, at the call.
    console: LiveSocket,
    others: Vec<Somebody>,
}

async fn key(admin: &Client, mode: &str, scopes: &[&str]) -> Client {
    let body = json!({ "name": mode, "mode": mode, "scopes": scopes });
    let made = admin.post("/v1/api_keys", &body).await.expect(201);
    admin.with_token(made["key"].as_str().unwrap())
}

/// An answer that counts: not that there were too many requests, or no connection, just now.
async fn post(client: &Client, path: &str, body: &Value) -> Answer {
    eventually(&format!("an answer to {path}"), async || {
        let answer = client.post(path, body).await;
        (!matches!(answer.status, 429 | 503)).then_some(answer)
    })
    .await
}

impl Somebody {
    fn refused(&self, what: &str, answer: &Answer) {
        let told = (answer.status, answer.json["code"].as_str().unwrap_or_default());
        assert_eq!(
            told,
            (self.status, self.code),
            "{} and {what}: {}",
            self.who,
            answer.text
        );
    }
}

impl World {
    async fn new() -> Self {
        let product = Product::start().await;
        let acme = product.tenant("acme").await;
        let globex = product.tenant("globex").await;
        for tenant in [&acme, &globex] {
            product.upgrade(tenant).await;
        }
        product.app.clock.advance(TimeDelta::seconds(6));
        let everything = [
            "calls:read",
            "calls:control",
            "calls:monitor",
            "transcripts:read",
            "chat:write",
        ];
        let admin = &acme.admin;
        let somebody = |who, client, status, code| Somebody {
            who,
            client,
            status,
            code,
            live: None,
        };
        let mut others = vec![
            somebody(
                "a viewer",
                product.member(&acme, Role::Viewer).await,
                403,
                "forbidden",
            ),
            somebody(
                "a watching program",
                key(admin, "live", &["calls:monitor"]).await,
                403,
                "forbidden",
            ),
            somebody(
                "a test key",
                key(admin, "test", &everything).await,
                404,
                "not_found",
            ),
            somebody("a stranger", globex.admin.clone(), 404, "not_found"),
            somebody(
                "a stranger's program",
                key(&globex.admin, "live", &everything).await,
                404,
                "not_found",
            ),
            somebody("nobody", product.anonymous(), 401, "unauthenticated"),
            somebody(
                "a made-up token",
                product.anonymous().with_token("made-up"),
                401,
                "unauthenticated",
            ),
        ];
        let number = product.buy_number(&acme).await;
        let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
        caller.hears("help").await;
        let mut console = LiveSocket::open(&product.url, admin).await;
        let topic = json!({ "op": "subscribe", "topic": "call", "id": caller.call_sid });
        console.send(&topic).await;
        let state = console
            .wait_for("the console", |frame| frame["op"] == "snapshot")
            .await;
        let call = state["state"]["call"]["id"].as_str().unwrap().to_owned();
        for other in others.iter_mut().filter(|other| other.status != 401) {
            let mut live = LiveSocket::open(&product.url, &other.client).await;
            for id in [&call, &caller.call_sid] {
                live.send(&json!({ "op": "subscribe", "topic": "call", "id": id }))
                    .await;
                let answer = live
                    .wait_for("the console", |frame| {
                        ["snapshot", "error"].iter().any(|op| frame["op"] == *op)
                    })
                    .await;
                let seen = if other.status == 404 { "error" } else { "snapshot" };
                assert_eq!(answer["op"], seen, "{}: {answer}", other.who);
            }
            other.live = Some(live);
        }
        let mut world = Self {
            product,
            acme,
            call,
            caller,
            console,
            others,
        };
        world.caller.say(WORDS).await;
        world
            .console
            .wait_for("the caller's words", |frame| {
                frame["event"] == "speech.final" && frame["data"]["text"] == WORDS
            })
            .await;
        world.admin_acts("hold").await;
        world
    }

    /// The call's admin acts. Gives the number of the event that told their console so.
    async fn admin_acts(&mut self, kind: &str) -> u64 {
        let act = json!({ "action_id": format!("admin-{kind}"), "type": kind });
        let done = self.acme.admin.act(&self.call, &act).await;
        assert_eq!(done["status"], "applied", "{done}");
        let id = act["action_id"].clone();
        let told = self
            .console
            .wait_for(&format!("the end of {id}"), |frame| {
                let this = frame["event"] == "supervisor.action" && frame["data"]["action_id"] == id;
                this && frame["data"]["status"] == "applied"
            })
            .await;
        told["seq"].as_u64().unwrap()
    }

    /// What was done to the call, as its ledger and its events tell.
    async fn done(&self) -> (Vec<Value>, Vec<Value>) {
        let admin = &self.acme.admin;
        let items = admin
            .get(&format!("/v1/calls/{}/items?limit=100", self.call))
            .await
            .expect(200);
        let events = admin
            .get(&format!("/v1/calls/{}/events?limit=100", self.call))
            .await
            .expect(200);
        let of = |list: &Value| list.as_array().cloned().unwrap_or_default();
        let items = of(&items["data"])
            .into_iter()
            .filter(|item| item["kind"] != "speech");
        let events = of(&events["data"]).into_iter().filter(|event| {
            let name = event["event"].as_str().unwrap_or_default();
            [
                "supervisor.",
                "supervision.",
                "takeover.",
                "approval.",
                "transfer.",
                "dtmf.",
            ]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        });
        let events = events.filter(|event| event["event"] != "supervision.joined");
        (items.collect(), events.collect())
    }

    async fn refuses_acts(&mut self) {
        let (path, older) = (
            format!("/v1/calls/{}/actions", self.call),
            older_acts(&self.caller.call_sid),
        );
        for other in &mut self.others {
            for (number, (kind, mut act)) in acts().into_iter().enumerate() {
                act["type"] = json!(kind);
                act["action_id"] = json!(format!("refused-{number}"));
                let answer = post(&other.client, &path, &act).await;
                other.refused(kind, &answer);
                let by_sid = path.replace(&self.call, &self.caller.call_sid);
                let answer = post(&other.client, &by_sid, &act).await;
                other.refused(kind, &answer);
            }
            for (path, act) in &older {
                let answer = post(&other.client, path, act).await;
                other.refused(path, &answer);
            }
            let code = other.code;
            let Some(live) = &mut other.live else { continue };
            for (number, (kind, data)) in acts().into_iter().enumerate() {
                let id = format!("refused-live-{number}");
                let frame =
                    json!({ "op": "action", "action_id": id, "call": self.call, "type": kind, "data": data });
                live.send(&frame).await;
                let told = live
                    .wait_for("the end of the act", |frame| frame["action_id"] == id.as_str())
                    .await;
                let told = (told["status"].as_str(), told["code"].as_str());
                assert_eq!(
                    told,
                    (Some("failed"), Some(code)),
                    "{} and {kind} by socket",
                    other.who
                );
            }
        }
    }

    async fn refuses_to_be_heard(&self) {
        let url = &self.product.url;
        for other in &self.others {
            let body = json!({ "purpose": "audio", "call_id": self.call });
            let answer = post(&other.client, "/v1/ws_tickets", &body).await;
            other.refused("a ticket for the sound", &answer);
            let token = other.client.token().unwrap_or_default();
            let sound = format!("/v1/calls/{}/audio", self.call);
            let bearer = format!("Bearer {token}");
            let opened = LiveSocket::open_at(url, &sound, &[("authorization", &bearer)]).await;
            assert_eq!(opened.err(), Some(401), "{} without a ticket", other.who);
            let older = format!("/events/ws?callSid={}&token={token}", self.caller.call_sid);
            let opened = LiveSocket::open_at(url, &older, &[]).await;
            if other.status != 403 {
                assert_eq!(opened.err(), Some(other.status), "{} at {older}", other.who);
            }
        }
    }

    /// Nothing that is said, or that people write, has reached anybody who may not read it.
    async fn kept_to_itself(&mut self, up_to: u64) {
        for other in &mut self.others {
            let Some(live) = &mut other.live else { continue };
            if other.status == 403 {
                // Who may see that something happens has seen all of it by now.
                live.wait_for("what came last", |frame| {
                    frame["op"] == "event" && frame["seq"].as_u64() > Some(up_to)
                })
                .await;
            } else {
                live.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
                let wall = live.wait_for("the wall", |frame| frame["op"] == "snapshot").await;
                assert_eq!(wall["state"]["calls"], json!([]), "{}", other.who);
            }
            let seen = serde_json::to_string(&live.seen).unwrap();
            assert!(
                !seen.contains("heliotrope") && !seen.contains(REFUSED),
                "{}: {seen}",
                other.who
            );
            let knows = seen.contains("\"op\":\"event\"");
            assert_eq!(knows, other.status == 403, "{}: {seen}", other.who);
        }
    }
}

#[tokio::test]
async fn nobody_acts_on_or_hears_a_call_who_may_not() {
    let mut world = Box::pin(World::new()).await;
    let document = world.acme.admin.get("/v1/openapi.json").await.expect(200).json;
    let kinds = document["components"]["schemas"]["ActionKind"]["enum"]
        .as_array()
        .unwrap();
    let kinds: BTreeSet<&str> = kinds.iter().filter_map(Value::as_str).collect();
    assert_eq!(
        acts().into_iter().map(|(kind, _)| kind).collect::<BTreeSet<_>>(),
        kinds
    );
    let aliases = ALIASES
        .iter()
        .filter(|alias| alias.stands_for.ends_with("/actions"));
    let aliases: BTreeSet<&str> = aliases.map(|alias| alias.path).collect();
    assert_eq!(
        older_acts("")
            .into_iter()
            .map(|(path, _)| path)
            .collect::<BTreeSet<_>>(),
        aliases
    );

    // Only the admin has acted.
    let before = eventually("the hold is stored", async || {
        let done = world.done().await;
        let told = done.1.iter().any(|event| event["data"]["status"] == "applied");
        (told && done.0.len() == 1 && done.0[0]["status"] == "applied").then_some(done)
    })
    .await;
    world.refuses_acts().await;
    world.refuses_to_be_heard().await;
    assert_eq!(world.done().await, before, "a refused act has left something");
    let last = world.admin_acts("unhold").await;
    world.kept_to_itself(last).await;
    let heard = world.caller.heard().await;
    assert!(!heard.contains(REFUSED), "{heard}");
    let admin = &world.acme.admin;
    for tenant in [admin, &world.others[3].client] {
        let log = tenant.get("/v1/audit_log?limit=100").await.expect(200);
        let acts = log["data"].as_array().unwrap().iter();
        let acts: Vec<&str> = acts.filter_map(|entry| entry["action"].as_str()).collect();
        let acts: BTreeSet<&str> = acts
            .into_iter()
            .filter(|action| action.starts_with("call."))
            .collect();
        let expected: &[&str] = if tenant.token() == admin.token() {
            &["call.hold", "call.unhold"]
        } else {
            &[]
        };
        assert_eq!(acts, expected.iter().copied().collect(), "{}", log.text);
    }

    // What the list shows of it, to each what they may know, is what the wall shows.
    let row = async |client: &Client| {
        let list = client.get("/v1/calls/live").await.expect(200);
        list["data"]
            .as_array()
            .unwrap()
            .first()
            .cloned()
            .unwrap_or_default()
    };
    let (seen, viewed) = (row(admin).await, row(&world.others[0].client).await);
    assert_eq!(
        (&seen["id"], &seen["status"]),
        (&json!(world.call), &json!("in_progress"))
    );
    assert_eq!(seen["claimed_by"]["name"], "Ana Ortiz", "{seen:#}");
    assert_ne!(seen["last_words"], Value::Null, "{seen:#}");
    assert!(
        seen["attention"].is_array() && seen["watchers_count"].as_u64() >= Some(1),
        "{seen:#}"
    );
    assert_eq!(
        (&viewed["id"], &viewed["last_words"]),
        (&seen["id"], &Value::Null)
    );
    let mut wall = LiveSocket::open(&world.product.url, admin).await;
    wall.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    let wall = wall.wait_for("the wall", |frame| frame["op"] == "snapshot").await;
    let fields = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        fields(&wall["state"]["calls"][0]),
        fields(&seen),
        "one shape for both"
    );
    for other in &world.others[2..5] {
        assert_eq!(row(&other.client).await, Value::Null, "{}", other.who);
    }
    world.caller.hang_up().await;
    world.caller.is_over().await;
}
