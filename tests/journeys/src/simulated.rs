//! A simulated person at the other end of the line.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::api::Client;
use crate::product::Product;
use crate::{Tenant, eventually};

/// Somebody who rings one of our numbers.
pub struct Caller {
    control: Client,
    /// The carrier's id of the call.
    pub call_sid: String,
}

impl Product {
    /// Buys a number for a company.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn buy_number(&self, tenant: &Tenant) -> Value {
        let body = json!({ "country": "US", "area_code": "415", "label": "Front desk" });
        tenant.admin.post("/v1/numbers", &body).await.expect(201).json
    }

    /// A number of the carrier's main account that nobody holds here.
    ///
    /// # Panics
    /// When the carrier refuses.
    pub async fn owned_number(&self) -> Value {
        let body = "AreaCode=415&VoiceUrl=https%3A%2F%2Felsewhere.example%2Fvoice";
        let path = format!("/{}/IncomingPhoneNumbers.json", self.simulator.account_sid());
        self.at_carrier("POST", &path, body).await
    }

    /// A request to the carrier's API, as the operator would send it; `path` is what follows `/Accounts`.
    ///
    /// # Panics
    /// When the carrier refuses.
    pub async fn at_carrier(&self, method: &str, path: &str, form: &str) -> Value {
        let login = format!("{}:{}", self.simulator.account_sid(), self.simulator.auth_token());
        let login = format!("Basic {}", BASE64.encode(login));
        let headers = [
            ("authorization", login.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let path = format!("/2010-04-01/Accounts{path}");
        let body = (method != "GET").then(|| form.to_owned());
        let answer = self.control().send(method, &path, &headers, body).await;
        assert!(answer.status < 300, "{}", answer.text);
        answer.json
    }

    /// The control side of the simulator.
    #[must_use]
    pub fn control(&self) -> Client {
        Client::new(&self.simulator.url(), None)
    }

    /// Orders something of the simulator: rules of the model, faults, telephones.
    ///
    /// # Panics
    /// When it refuses.
    pub async fn order(&self, path: &str, what: &Value) {
        let answer = self.control().post(path, what).await;
        assert!(answer.status < 300, "POST {path}: {}", answer.text);
    }

    /// The newest request that a model got, as text.
    ///
    /// # Panics
    /// When there is none.
    pub async fn last_request(&self) -> String {
        let requests = self.control().get("/sim/requests").await.expect(200).json;
        let last = requests["data"].as_array().and_then(|all| all.last());
        last.expect("a request").to_string()
    }

    /// Rings a number with a script; an empty one waits for [`Caller::say`] and the like.
    ///
    /// # Panics
    /// When the carrier refuses.
    pub async fn ring(&self, to: &str, script: &Value) -> Caller {
        let control = self.control();
        let body = json!({ "from": "+14155550199", "to": to, "script": script });
        let answer = control.post("/sim/calls", &body).await.expect(201);
        let call_sid = answer["call_sid"].as_str().expect("a sid").to_owned();
        Caller { control, call_sid }
    }
}

impl Caller {
    /// All that the carrier knows of the call.
    pub async fn report(&self) -> Value {
        self.control
            .get(&format!("/sim/calls/{}", self.call_sid))
            .await
            .expect(200)
            .json
    }

    /// The person says something.
    pub async fn say(&self, text: &str) {
        let path = format!("/sim/calls/{}/say", self.call_sid);
        let answer = self.control.post(&path, &json!({ "text": text })).await;
        assert!(answer.status < 300, "{}", answer.text);
    }

    /// The person presses keys.
    pub async fn press(&self, digits: &str) {
        let path = format!("/sim/calls/{}/press", self.call_sid);
        let answer = self.control.post(&path, &json!({ "digits": digits })).await;
        assert!(answer.status < 300, "{}", answer.text);
    }

    /// The connection between carrier and server breaks.
    pub async fn lose_socket(&self) {
        let path = format!("/sim/calls/{}/drop", self.call_sid);
        let answer = self.control.post(&path, &json!({})).await;
        assert!(answer.status < 300, "{}", answer.text);
    }

    /// The person hangs up; the other side may have done so in the same moment.
    pub async fn hang_up(&self) {
        let answer = self
            .control
            .post(&format!("/sim/calls/{}/hangup", self.call_sid), &json!({}))
            .await;
        assert!(answer.status < 300 || answer.status == 409, "{}", answer.text);
    }

    /// Everything that the person has heard, as one text.
    pub async fn heard(&self) -> String {
        let report = self.report().await;
        let heard = report["heard"].as_array().cloned().unwrap_or_default();
        heard
            .iter()
            .filter_map(|line| line["text"].as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Waits until the person has heard some words.
    pub async fn hears(&self, words: &str) {
        let heard = async || self.heard().await.contains(words).then_some(());
        eventually(&format!("the caller hears {words:?}"), heard).await;
    }

    /// Waits until the call is over at the carrier, for calls that take longer than [`crate::PATIENCE`].
    ///
    /// # Panics
    /// When it goes on.
    pub async fn ends_within(&self, most: Duration) -> Value {
        let path = format!("/sim/calls/{}?wait_ms=1000", self.call_sid);
        let until = Instant::now() + most;
        loop {
            let report = self.control.get(&path).await.expect(200).json;
            if report["finished"] == true {
                return report;
            }
            assert!(Instant::now() < until, "the call goes on: {report:#}");
        }
    }

    /// Anything else that can be ordered of this call: `line`, `raw`, `steps`.
    pub async fn order(&self, what: &str, body: &Value) {
        let path = format!("/sim/calls/{}/{what}", self.call_sid);
        let answer = self.control.post(&path, body).await;
        assert!(answer.status < 300, "{}", answer.text);
    }

    /// Waits until the call is over at the carrier.
    pub async fn is_over(&self) -> Value {
        eventually("the call is over at the carrier", async || {
            let report = self.report().await;
            let status = report["status"].as_str().unwrap_or_default().to_owned();
            matches!(
                status.as_str(),
                "completed" | "busy" | "no-answer" | "failed" | "canceled"
            )
            .then_some(report)
        })
        .await
    }
}
