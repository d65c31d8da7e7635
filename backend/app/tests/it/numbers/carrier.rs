//! A carrier that sells numbers, and can be told to misbehave.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use phony_carriers::twilio::rest::{RestConfig, TwilioClient};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const ACCOUNT: &str = "AC00000000000000000000000000000001";
/// How long our side waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer than our side waits.
const TOO_LONG: Duration = Duration::from_secs(30);

/// What happens to a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// It is done and answered.
    Fair,
    /// It is refused with this code.
    Refuses(u32),
    /// It is done, and the answer never comes.
    SellsInSilence,
    /// It is not done, and no answer comes.
    Hangs,
    /// It is done, and answered with an error.
    SellsAndFails,
}

struct State {
    mood: Mood,
    /// Numbers on sale.
    stock: Vec<String>,
    /// Numbers that others are about to have bought.
    taken: Vec<String>,
    /// What the account holds: the number by its id.
    held: BTreeMap<String, String>,
    /// The forms of all purchases asked for.
    purchases: Vec<BTreeMap<String, String>>,
    /// The ids that were given back.
    released: Vec<String>,
}

pub(super) struct FakeCarrier {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

impl FakeCarrier {
    pub(super) async fn start() -> Arc<Self> {
        let server = MockServer::start().await;
        let state = Arc::new(Mutex::new(State {
            mood: Mood::Fair,
            stock: (0..5).map(|n| format!("+1415555010{n}")).collect(),
            taken: Vec::new(),
            held: BTreeMap::new(),
            purchases: Vec::new(),
            released: Vec::new(),
        }));
        Mock::given(any())
            .respond_with(Desk(Arc::clone(&state)))
            .mount(&server)
            .await;
        Arc::new(Self { server, state })
    }

    pub(super) fn client(&self) -> TwilioClient {
        let mut config = RestConfig::new(self.server.uri(), ACCOUNT, "token".into());
        config.total_timeout = PATIENCE;
        config.retries = 0;
        TwilioClient::new(config).unwrap()
    }

    pub(super) fn set(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    /// Somebody else buys this number in the same moment.
    pub(super) fn lose(&self, e164: &str) {
        self.state.lock().unwrap().taken.push(e164.to_owned());
    }

    pub(super) fn sell_out(&self) {
        self.state.lock().unwrap().stock.clear();
    }

    /// A purchase that was under way is done after all.
    pub(super) fn sell_late(&self, e164: &str) {
        self.state.lock().unwrap().sell(e164);
    }

    /// A person takes the number away at the carrier.
    pub(super) fn forget(&self, e164: &str) {
        self.state.lock().unwrap().held.retain(|_, held| held != e164);
    }

    pub(super) fn purchases(&self) -> Vec<BTreeMap<String, String>> {
        self.state.lock().unwrap().purchases.clone()
    }

    pub(super) fn held(&self) -> Vec<String> {
        self.state.lock().unwrap().held.values().cloned().collect()
    }

    pub(super) fn released(&self) -> usize {
        self.state.lock().unwrap().released.len()
    }

    /// Waits until so many purchases have been asked for.
    pub(super) async fn wait_for_purchases(&self, count: usize) {
        for _ in 0..3_000 {
            if self.purchases().len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody asked to buy");
    }
}

impl State {
    fn sell(&mut self, e164: &str) -> String {
        let sid = format!("PN{:032}", self.held.len() + self.released.len() + 1);
        self.held.insert(sid.clone(), e164.to_owned());
        self.stock.retain(|number| number != e164);
        sid
    }

    fn buy(&mut self, form: BTreeMap<String, String>) -> ResponseTemplate {
        let e164 = form["PhoneNumber"].clone();
        self.purchases.push(form);
        match self.mood {
            Mood::Hangs => ResponseTemplate::new(503).set_delay(TOO_LONG),
            Mood::Refuses(code) => refusal(code),
            _ if self.taken.contains(&e164) || self.held.values().any(|held| *held == e164) => {
                refusal(21_422)
            }
            Mood::Fair => {
                let sid = self.sell(&e164);
                ResponseTemplate::new(201).set_body_json(number(&sid, &e164))
            }
            Mood::SellsInSilence => {
                self.sell(&e164);
                ResponseTemplate::new(201).set_delay(TOO_LONG)
            }
            Mood::SellsAndFails => {
                self.sell(&e164);
                ResponseTemplate::new(500)
            }
        }
    }

    fn look_up(&self, e164: &str) -> ResponseTemplate {
        let found = self.held.iter().filter(|(_, held)| *held == e164);
        let found: Vec<Value> = found.map(|(sid, held)| number(sid, held)).collect();
        ResponseTemplate::new(200)
            .set_body_json(json!({ "incoming_phone_numbers": found, "next_page_uri": null }))
    }

    fn offer(&self) -> ResponseTemplate {
        let found: Vec<Value> = self.stock.iter().map(|e164| on_sale(e164)).collect();
        ResponseTemplate::new(200).set_body_json(json!({ "available_phone_numbers": found }))
    }
}

struct Desk(Arc<Mutex<State>>);

impl Respond for Desk {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let path = request.url.path();
        let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
        match request.method.as_str() {
            "GET" if path.contains("/AvailablePhoneNumbers/US/") => state.offer(),
            "GET" if path.ends_with("/IncomingPhoneNumbers.json") => state.look_up(&query["PhoneNumber"]),
            "POST" if path.ends_with("/IncomingPhoneNumbers.json") => {
                let form = url::form_urlencoded::parse(&request.body).into_owned().collect();
                state.buy(form)
            }
            "DELETE" => {
                let sid = path
                    .rsplit('/')
                    .next()
                    .unwrap()
                    .trim_end_matches(".json")
                    .to_owned();
                if state.held.remove(&sid).is_none() {
                    return refusal(20_404);
                }
                state.released.push(sid);
                ResponseTemplate::new(204)
            }
            _ => refusal(20_404),
        }
    }
}

fn refusal(code: u32) -> ResponseTemplate {
    let status = if code == 20_404 { 404 } else { 400 };
    ResponseTemplate::new(status).set_body_json(json!({ "code": code, "message": "no", "status": status }))
}

fn number(sid: &str, e164: &str) -> Value {
    json!({ "sid": sid, "phone_number": e164, "capabilities": { "voice": true, "sms": true, "mms": true } })
}

fn on_sale(e164: &str) -> Value {
    json!({
        "phone_number": e164, "locality": "San Francisco", "region": "CA", "iso_country": "US",
        "address_requirements": "none", "capabilities": { "voice": true, "sms": true, "mms": false },
    })
}
