//! A client of the API, as a program would be one.

use std::ops::Index;

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::eventually;

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// What the API answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON, null when it is none.
    pub json: Value,
}

impl Client {
    /// A client with an access token, an API key, or nothing.
    ///
    /// # Panics
    /// When the system has no certificates.
    #[must_use]
    pub fn new(base: &str, token: Option<&str>) -> Self {
        let http = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            http,
            base: base.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    /// The access token or key it sends.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The same with another credential.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// Any request; `body` is sent as JSON text, whatever it is.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            if !headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            {
                request = request.header("content-type", "application/json");
            }
            request = request.body(body);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a whole body");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer {
            status,
            headers,
            text,
            json,
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).await
    }

    /// POST with a key of its own for idempotency.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let key = uuid::Uuid::now_v7().to_string();
        self.send("POST", path, &[("idempotency-key", &key)], Some(body.to_string()))
            .await
    }

    /// An act on a call, and what becomes of it. A call that is busy says first that it was taken in; the same act once
    /// more does nothing and tells the rest.
    pub async fn act(&self, call: &str, act: &Value) -> Value {
        let path = format!("/v1/calls/{call}/actions");
        eventually(&format!("the end of {act}"), async || {
            let answer = self.post(&path, act).await.expect(200);
            (answer["status"] != "accepted").then_some(answer.json)
        })
        .await
    }

    /// PATCH.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, &[], Some(body.to_string())).await
    }
}

impl Answer {
    /// Goes on only with this status.
    ///
    /// # Panics
    /// With the whole answer when it is another.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Goes on only with a problem of this status and code, in its documented form.
    ///
    /// # Panics
    /// With the whole answer when it is another.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status, self["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
        let media_type = self
            .headers
            .get("content-type")
            .and_then(|value| value.to_str().ok());
        assert_eq!(media_type, Some("application/problem+json"));
        assert_eq!(self["status"], status);
        let request_id = self
            .headers
            .get("x-request-id")
            .and_then(|value| value.to_str().ok());
        assert_eq!(
            self["request_id"].as_str(),
            request_id,
            "the body names the request as the header does"
        );
        assert!(self["title"].is_string() && self["detail"].is_string() && self["retryable"].is_boolean());
        self
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.json[field]
    }
}
