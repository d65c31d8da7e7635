//! A running simulator and a client for it.

use std::time::Duration;

use phony_simulator::{Config, Running};
use serde_json::{Value, json};

/// A simulator on a free port, twenty times faster than life.
pub(crate) struct Sim {
    pub(crate) running: Running,
    pub(crate) http: reqwest::Client,
}

pub(crate) async fn start() -> Sim {
    start_with(Config::default()).await
}

pub(crate) async fn start_with(config: Config) -> Sim {
    start_at(20.0, config).await
}

pub(crate) async fn start_at(speed: f64, config: Config) -> Sim {
    let config = Config { speed, ..config };
    let running = phony_simulator::start(config).await.unwrap();
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap();
    Sim { running, http }
}

impl Sim {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    /// A path of the main account.
    pub(crate) fn account(&self, rest: &str) -> String {
        self.url(&format!(
            "/2010-04-01/Accounts/{}{rest}",
            self.running.account_sid()
        ))
    }

    pub(crate) async fn get(&self, url: &str) -> (u16, Value) {
        self.send(self.http.get(url)).await
    }

    pub(crate) async fn post(&self, url: &str, form: &[(&str, &str)]) -> (u16, Value) {
        self.send(self.http.post(url).form(form)).await
    }

    pub(crate) async fn delete(&self, url: &str) -> u16 {
        self.send(self.http.delete(url)).await.0
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let signed = request.basic_auth(self.running.account_sid(), Some(self.running.auth_token()));
        read(signed.send().await.unwrap()).await
    }

    /// A request to the control side.
    pub(crate) async fn sim(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method = method.parse().unwrap();
        let request = self
            .http
            .request(method, self.url(&format!("/sim{path}")))
            .body(body.to_string());
        read(request.send().await.unwrap()).await
    }

    /// Buys a number whose calls go to the application.
    pub(crate) async fn buy(&self, application: &str) -> String {
        let form = [
            ("AreaCode", "415"),
            ("VoiceUrl", &format!("{application}/voice")),
            ("VoiceFallbackUrl", &format!("{application}/fallback")),
            ("StatusCallback", &format!("{application}/status")),
        ];
        let (status, number) = self
            .post(&self.account("/IncomingPhoneNumbers.json"), &form)
            .await;
        assert_eq!(status, 201, "{number}");
        number["phone_number"].as_str().unwrap().to_owned()
    }

    /// Rings the number and returns the call's SID.
    pub(crate) async fn ring(&self, to: &str, script: Value) -> String {
        self.ring_with(json!({"from": "+14155550199", "to": to, "script": script}))
            .await
    }

    pub(crate) async fn ring_with(&self, body: Value) -> String {
        let (status, call) = self.sim("POST", "/calls", body).await;
        assert_eq!(status, 201, "{call}");
        call["call_sid"].as_str().unwrap().to_owned()
    }

    /// The report of a call once it is finished.
    pub(crate) async fn finished(&self, sid: &str) -> Value {
        let (_, report) = self
            .sim("GET", &format!("/calls/{sid}?wait_ms=30000"), Value::Null)
            .await;
        assert_eq!(report["finished"], true, "{report:#}");
        report
    }

    /// The report once the caller has heard `text`.
    pub(crate) async fn heard(&self, sid: &str, text: &str) -> Value {
        let path = format!("/calls/{sid}?wait_ms=30000&heard={}", text.replace(' ', "+"));
        self.sim("GET", &path, Value::Null).await.1
    }

    /// Makes a call through REST and returns its SID.
    pub(crate) async fn call_out(&self, from: &str, to: &str, more: &[(&str, &str)]) -> String {
        let mut form = vec![("From", from), ("To", to)];
        form.extend(more);
        let (status, call) = self.post(&self.account("/Calls.json"), &form).await;
        assert_eq!(status, 201, "{call}");
        call["sid"].as_str().unwrap().to_owned()
    }

    /// The report as it stands.
    pub(crate) async fn report(&self, sid: &str) -> Value {
        self.sim("GET", &format!("/calls/{sid}"), Value::Null).await.1
    }

    /// Sets up a telephone.
    pub(crate) async fn telephone(&self, telephone: Value) {
        let (status, answer) = self.sim("POST", "/targets", telephone).await;
        assert_eq!(status, 200, "{answer}");
    }

    pub(crate) async fn chat(&self, body: &Value) -> (u16, Value) {
        let request = self
            .http
            .post(self.url("/v1/chat/completions"))
            .bearer_auth("sk-test")
            .json(body);
        read(request.send().await.unwrap()).await
    }
}

pub(crate) async fn read(answer: reqwest::Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Looks again and again until there is something, for at most forty seconds.
pub(crate) async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..2_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("never: {what}")
}

/// What was heard, as texts.
pub(crate) fn texts(report: &Value) -> Vec<String> {
    report["heard"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| h["text"].as_str().unwrap().to_owned())
        .collect()
}
