//! A company whose number is answered by a speech model: callers who are really heard, and everything that is
//! known of their calls afterwards.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::api::{Answer, Client};
use crate::eventually;
use crate::product::{Product, Tenant};
use crate::simulated::Caller;

/// Journeys begin one after the other, so that those that run are not disturbed by many that start.
static STARTING: Mutex<()> = Mutex::const_new(());
static NEXT: AtomicU32 = AtomicU32::new(1);

/// What is ordered to go wrong may strike any call of a simulator, so lines share a product only where it does not
/// matter.
pub struct SpeechLine {
    /// The product, with people who speak as fast as people do.
    pub product: Arc<Product>,
    /// Who owns the number.
    pub tenant: Tenant,
    /// The number.
    pub e164: String,
    /// The personality that answers.
    pub personality: String,
    /// Stands in the instructions of its sessions.
    mark: String,
    control: Client,
}

/// Everything that is known of a call.
pub struct Spoken {
    /// The carrier's report.
    pub report: Value,
    /// The call as its company sees it.
    pub call: Value,
    /// Its ledger, oldest first.
    pub items: Vec<Value>,
    /// The sessions with the speech model, oldest first.
    pub sessions: Vec<Value>,
}

impl SpeechLine {
    /// A number with the `realtime` engine and a personality with these settings beside the usual ones.
    ///
    /// # Panics
    /// When a part does not start.
    pub async fn start(settings: Value) -> Self {
        let product = {
            let _one_after_the_other = STARTING.lock().await;
            Arc::new(Product::start_at_speed(1.0).await)
        };
        Self::at(&product, settings).await
    }

    /// Another one at the same product.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn at(product: &Arc<Product>, settings: Value) -> Self {
        let _one_after_the_other = STARTING.lock().await;
        let mark = format!("Branch {}.", NEXT.fetch_add(1, Ordering::Relaxed));
        let product = Arc::clone(product);
        let tenant = product.tenant("acme").await;
        let mut maya = json!({
            "system_prompt": format!("You are Maya and answer the phone of a bicycle shop. {mark}"),
        });
        if let (Value::Object(maya), Value::Object(settings)) = (&mut maya, settings) {
            maya.extend(settings);
        }
        let number = product.number_of_maya(&tenant, "realtime", maya).await;
        Self {
            e164: number.e164,
            control: product.control(),
            product,
            tenant,
            personality: number.personality,
            mark,
        }
    }

    /// What the model says to callers whose words contain something.
    pub async fn teach(&self, rules: &[(&str, &str)]) {
        let rules: Vec<Value> = rules
            .iter()
            .map(|(said, reply)| json!({ "when_contains": said, "reply": reply }))
            .collect();
        self.sim("POST", "/sim/model/rules", &json!(rules)).await;
    }

    /// Lets something go wrong.
    pub async fn fault(&self, fault: Value) {
        self.sim("POST", "/sim/faults", &fault).await;
    }

    /// Nothing goes wrong any more.
    pub async fn heal(&self) {
        let _ = self.control.delete("/sim/faults").await;
    }

    /// Asks the control side for something.
    ///
    /// # Panics
    /// When it refuses.
    pub async fn sim(&self, method: &str, path: &str, body: &Value) -> Answer {
        let answer = self.control.send(method, path, &[], Some(body.to_string())).await;
        assert!(answer.status < 300, "{method} {path}: {}", answer.text);
        answer
    }

    /// Somebody rings.
    pub async fn ring(&self, script: Value) -> Caller {
        self.product.ring(&self.e164, &script).await
    }

    /// The sessions with the speech model so far, oldest first.
    pub async fn sessions(&self) -> Vec<Value> {
        let all = self.control.get("/sim/realtime").await.expect(200).json;
        let mut all = all["data"].as_array().cloned().unwrap_or_default();
        // A session that never got its settings tells nobody whose it is.
        all.retain(|session| {
            let told = session["session"]["instructions"].as_str().unwrap_or_default();
            told.is_empty() || told.contains(&self.mark)
        });
        all
    }

    /// The call as its company sees it.
    pub async fn call(&self, caller: &Caller) -> Value {
        let path = format!("/v1/calls/{}", caller.call_sid);
        self.tenant.admin.get(&path).await.json
    }

    /// The ledger so far.
    pub async fn items(&self, caller: &Caller) -> Vec<Value> {
        let path = format!("/v1/calls/{}/items?limit=100", caller.call_sid);
        let items = self.tenant.admin.get(&path).await.json;
        items["data"].as_array().cloned().unwrap_or_default()
    }

    /// Waits for a line of the ledger.
    pub async fn item(&self, caller: &Caller, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        eventually(what, async || {
            self.items(caller).await.into_iter().find(|item| fits(item))
        })
        .await
    }

    /// Waits until the call is over everywhere, and settled.
    pub async fn finished(&self, caller: &Caller) -> Spoken {
        let report = caller.ends_within(Duration::from_secs(150)).await;
        let call = eventually("the call has ended and is settled", async || {
            let call = self.call(caller).await;
            (call["status"] == "ended" && call["settled"] == true).then_some(call)
        })
        .await;
        let sessions = eventually("the sessions with the model are closed", async || {
            let sessions = self.sessions().await;
            let closed = sessions.iter().all(|session| session["state"] == "closed");
            closed.then_some(sessions)
        })
        .await;
        Spoken {
            report,
            call,
            items: self.items(caller).await,
            sessions,
        }
    }
}

impl Spoken {
    /// What the caller heard, utterance by utterance.
    #[must_use]
    pub fn heard(&self) -> Vec<&str> {
        let heard = self.report["heard"].as_array().into_iter().flatten();
        heard.filter_map(|line| line["text"].as_str()).collect()
    }

    /// The same as one text: a pause in the middle of it may be of the machine that runs the test.
    #[must_use]
    pub fn heard_text(&self) -> String {
        let heard = self.heard().into_iter().filter(|text| !text.is_empty());
        heard.collect::<Vec<_>>().join(" ")
    }

    /// The words that were heard by their sound, with their times.
    #[must_use]
    pub fn words(&self) -> Vec<(u64, &str)> {
        let lines = self.report["heard"].as_array().into_iter().flatten();
        lines
            .flat_map(|line| line["words"].as_array().into_iter().flatten())
            .filter_map(|word| Some((word["at_ms"].as_u64()?, word["text"].as_str()?)))
            .collect()
    }

    /// The longest time from one word to the next.
    #[must_use]
    pub fn longest_silence_ms(&self) -> u64 {
        let times: Vec<u64> = self.words().into_iter().map(|(at_ms, _)| at_ms).collect();
        let pairs = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        pairs.max().unwrap_or(0)
    }

    /// When something happened on the first stream.
    #[must_use]
    pub fn times(&self, kind: &str) -> Vec<u64> {
        let events = self.report["streams"][0]["events"].as_array();
        let events = events.into_iter().flatten();
        let events = events.filter(|event| event["kind"] == kind);
        events.filter_map(|event| event["at_ms"].as_u64()).collect()
    }

    /// Lines of one kind.
    #[must_use]
    pub fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.items.iter().filter(|item| item["kind"] == kind).collect()
    }

    /// Who said what, as the ledger has it.
    #[must_use]
    pub fn said(&self) -> Vec<(&str, &str)> {
        let lines = self.of_kind("speech").into_iter();
        lines
            .map(|line| {
                let text = line["text"].as_str().unwrap_or_default();
                (line["speaker"].as_str().unwrap_or_default(), text)
            })
            .collect()
    }

    /// Codes of the warnings, in order.
    #[must_use]
    pub fn warnings(&self) -> Vec<&str> {
        let warnings = self.of_kind("warning").into_iter();
        warnings.filter_map(|warning| warning["code"].as_str()).collect()
    }

    /// Everything the model was told, but for sound, session by session.
    #[must_use]
    pub fn told(&self, kind: &str) -> Vec<&Value> {
        let sessions = self.sessions.iter();
        sessions
            .flat_map(|session| session["received"].as_array().into_iter().flatten())
            .map(|entry| &entry["event"])
            .filter(|event| event["type"] == kind)
            .collect()
    }

    /// The streams of the call.
    #[must_use]
    pub fn streams(&self) -> Vec<&Value> {
        self.report["streams"].as_array().into_iter().flatten().collect()
    }
}

/// What happened, in the order of each side, for whoever must find out why a journey failed.
impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        writeln!(f, "-- the caller heard")?;
        for line in list(&self.report["heard"]) {
            let (at, until) = (&line["at_ms"], &line["until_ms"]);
            writeln!(
                f,
                "{at}-{until} {} {} cut: {}",
                line["kind"], line["text"], line["interrupted"]
            )?;
        }
        writeln!(f, "-- and did")?;
        for act in list(&self.report["sent"]) {
            writeln!(f, "{} {} {}", act["at_ms"], act["kind"], act["text"])?;
        }
        for stream in list(&self.report["streams"]) {
            writeln!(
                f,
                "-- on a stream that ended by {} gaps {}",
                stream["ended"], stream["gaps"]
            )?;
            for event in list(&stream["events"]) {
                if !event["kind"].to_string().contains("mark") {
                    writeln!(f, "{} {} {}", event["at_ms"], event["kind"], event["ms"])?;
                }
            }
        }
        writeln!(f, "-- troubles {}", self.report["errors"])?;
        writeln!(f, "-- call {}", self.call)?;
        for item in &self.items {
            writeln!(f, "{item}")?;
        }
        for session in &self.sessions {
            writeln!(
                f,
                "-- session from {} {} faults {}",
                session["opened_at_ms"], session["closed"], session["faults"]
            )?;
            writeln!(f, "heard {} errors {}", session["heard"], session["errors"])?;
            for entry in list(&session["received"]) {
                let event = &entry["event"];
                if event["type"] != "session.update" {
                    writeln!(f, "{} {event}", entry["at_ms"])?;
                }
            }
            for response in list(&session["responses"]) {
                let (from, to) = (&response["created_ms"], &response["done_ms"]);
                writeln!(
                    f,
                    "response {from}-{to} {} {}",
                    response["status"], response["text"]
                )?;
            }
            writeln!(
                f,
                "truncations {} sent {}",
                session["truncations"], session["sent"]
            )?;
        }
        Ok(())
    }
}
