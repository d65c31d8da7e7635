//! Every request of the REST client against the carrier's own description of its API: path, method, names and
//! types of parameters. Answers are the description's own examples.

#![expect(clippy::unwrap_used, reason = "helpers of a test may fail it")]

use std::sync::{Arc, Mutex};

use phony_carriers::twilio::CarrierStatus;
use phony_carriers::twilio::rest::{
    AvailableSearch, BuyNumber, CallEvent, CallUpdate, Instructions, NewCall, NumberKind, NumberToBuy,
    NumberUpdate, NumberWebhooks, RestConfig, TwilioClient,
};
use secrecy::SecretString;
use serde_json::Value;
use wiremock::matchers::{any, basic_auth};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const SID: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Answers by the description, and notes what does not follow it.
#[derive(Clone)]
struct ByTheBook {
    spec: Arc<Value>,
    seen: Arc<Mutex<Vec<String>>>,
    faults: Arc<Mutex<Vec<String>>>,
}

impl ByTheBook {
    fn new() -> Self {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/specs/twilio_api_v2010.json"
        );
        let spec = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        Self {
            spec: Arc::new(spec),
            seen: Arc::default(),
            faults: Arc::default(),
        }
    }

    /// The path of the description that fits, and its operation.
    fn operation(&self, method: &str, path: &str) -> Option<(String, &Value)> {
        let fits_part = |(template, found): (&str, &str)| match (template.find('{'), template.find('}')) {
            (Some(from), Some(to)) => {
                found.starts_with(&template[..from]) && found.ends_with(&template[to + 1..])
            }
            _ => template == found,
        };
        let fits = |template: &str| {
            let same_length = template.split('/').count() == path.split('/').count();
            same_length && template.split('/').zip(path.split('/')).all(fits_part)
        };
        let (template, item) = self.spec["paths"]
            .as_object()
            .unwrap()
            .iter()
            .find(|(template, _)| fits(template))?;
        Some((template.clone(), item.get(method)?))
    }

    fn check(&self, name: &str, value: &str, schema: Option<&Value>) {
        let Some(schema) = schema else {
            return self.fault(format!("unknown parameter {name}"));
        };
        let good = match schema["type"].as_str().unwrap_or("string") {
            "integer" => value.parse::<i64>().is_ok(),
            "boolean" => matches!(value, "true" | "false"),
            _ => schema["enum"]
                .as_array()
                .is_none_or(|words| words.iter().any(|word| word == value)),
        };
        if !good {
            self.fault(format!("{name} cannot be {value}"));
        }
    }

    fn fault(&self, fault: String) {
        self.faults.lock().unwrap().push(fault);
    }
}

impl Respond for ByTheBook {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let method = request.method.as_str().to_lowercase();
        let Some((template, operation)) = self.operation(&method, request.url.path()) else {
            self.fault(format!("no operation {method} {}", request.url.path()));
            return ResponseTemplate::new(404);
        };
        self.seen.lock().unwrap().push(format!(
            "{method} {}",
            template.trim_start_matches("/2010-04-01/Accounts")
        ));
        let in_query = operation["parameters"].as_array();
        for (name, value) in request.url.query_pairs() {
            let known = in_query.and_then(|list| list.iter().find(|entry| entry["name"] == *name));
            self.check(&name, &value, known.map(|entry| &entry["schema"]));
        }
        let form = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
        let mut given = Vec::new();
        for (name, value) in url::form_urlencoded::parse(&request.body).into_owned() {
            self.check(&name, &value, form["properties"].get(&name));
            given.push(name);
        }
        for needed in form["required"].as_array().into_iter().flatten() {
            if !given.iter().any(|name| needed == name) {
                self.fault(format!("{needed} is missing"));
            }
        }
        let (status, answer) = operation["responses"].as_object().unwrap().iter().next().unwrap();
        let template = ResponseTemplate::new(status.parse::<u16>().unwrap());
        match answer["content"]["application/json"]["examples"].as_object() {
            Some(examples) => {
                let (_, full) = examples.iter().find(|(name, _)| !name.contains("Empty")).unwrap();
                template.set_body_json(&full["value"])
            }
            None => template,
        }
    }
}

async fn start() -> (MockServer, ByTheBook, TwilioClient) {
    let server = MockServer::start().await;
    let book = ByTheBook::new();
    Mock::given(any())
        .and(basic_auth(SID, "token"))
        .respond_with(book.clone())
        .mount(&server)
        .await;
    let config = RestConfig {
        retries: 0,
        ..RestConfig::new(server.uri(), SID, SecretString::from("token"))
    };
    let client = TwilioClient::new(config).unwrap();
    (server, book, client)
}

fn webhooks() -> NumberWebhooks {
    NumberWebhooks {
        voice_url: Some("https://h.example/twilio/voice".into()),
        voice_fallback_url: Some("https://h.example/twilio/fallback".into()),
        status_callback: Some("https://h.example/twilio/status".into()),
        sms_url: Some("https://h.example/twilio/sms".into()),
    }
}

#[tokio::test]
async fn every_operation_follows_the_description() {
    let (_server, book, client) = start().await;

    assert!(client.fetch_account().await.unwrap().is_active());
    for kind in [NumberKind::Local, NumberKind::TollFree, NumberKind::Mobile] {
        let search = AvailableSearch {
            country: "us".into(),
            kind,
            area_code: Some("415".into()),
            contains: Some("55*".into()),
            limit: 500,
        };
        let found = client.search_available(&search).await.unwrap();
        assert_eq!(found.len(), 1);
        let expected = if kind == NumberKind::Mobile {
            ("NO", false)
        } else {
            ("US", true)
        };
        assert_eq!(
            (found[0].country.as_deref(), found[0].capabilities.voice),
            (Some(expected.0), expected.1)
        );
    }
    let number = "+14155552344".parse().unwrap();
    for number in [NumberToBuy::Exact(number), NumberToBuy::AreaCode("415".into())] {
        let buy = BuyNumber {
            number,
            friendly_name: Some("Front desk & co".into()),
            webhooks: webhooks(),
        };
        let bought = client.buy_number(&buy).await.unwrap();
        assert!(bought.sid.starts_with("PN"));
        assert!(bought.capabilities.voice);
        let listed = client.list_numbers(&bought.e164).await.unwrap();
        assert_eq!(
            listed.iter().filter(|listed| listed.e164 != bought.e164).count(),
            0
        );
        let update = NumberUpdate {
            friendly_name: Some("Back office".into()),
            webhooks: webhooks(),
        };
        client.update_number(&bought.sid, &update).await.unwrap();
        client.release_number(&bought.sid).await.unwrap();
    }
    for instructions in [
        Instructions::Url("https://h.example/v".into()),
        Instructions::Twiml("<Response/>".into()),
    ] {
        let call = NewCall {
            to: "+15550100002".parse().unwrap(),
            from: "+15550100001".parse().unwrap(),
            instructions: instructions.clone(),
            status_callback: Some("https://h.example/twilio/status".into()),
            status_events: CallEvent::ALL.to_vec(),
            ring_timeout_seconds: Some(25),
            time_limit_seconds: Some(3_600),
        };
        let made = client.create_call(&call).await.unwrap();
        assert!(made.sid.starts_with("CA"));
        assert!(matches!(
            client.redirect_call(&made.sid, &instructions).await.unwrap(),
            CallUpdate::Done(_)
        ));
        assert!(matches!(
            client.end_call(&made.sid).await.unwrap(),
            CallUpdate::Done(_)
        ));
        let fetched = client.fetch_call(&made.sid).await.unwrap();
        assert_ne!(fetched.status, CarrierStatus::Unknown);
        assert_eq!(fetched.duration_seconds, Some(4));
        assert!(fetched.price.unwrap().starts_with('-'));
    }

    assert_eq!(*book.faults.lock().unwrap(), [] as [String; 0]);
    let mut seen = book.seen.lock().unwrap().clone();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 11, "{seen:#?}");
}

#[tokio::test]
async fn the_book_does_find_faults() {
    let (server, book, client) = start().await;
    let number = "+14155552344".parse().unwrap();
    client.list_numbers(&number).await.unwrap();
    assert!(book.faults.lock().unwrap().is_empty());
    for (path, body) in [
        ("Calls.json", "To=%2B15550100002&Timeout=soon&Colour=red"),
        ("Nonsense.json", ""),
    ] {
        post_raw(&server, &format!("/2010-04-01/Accounts/{SID}/{path}"), body).await;
    }
    let faults = book.faults.lock().unwrap().clone();
    assert_eq!(
        faults,
        [
            "Timeout cannot be soon".to_owned(),
            "unknown parameter Colour".to_owned(),
            "\"From\" is missing".to_owned(),
            format!("no operation post /2010-04-01/Accounts/{SID}/Nonsense.json"),
        ]
    );
}

/// A form that our client could not send.
async fn post_raw(server: &MockServer, path: &str, body: &'static str) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}{path}", server.uri());
    http.post(url)
        .basic_auth(SID, Some("token"))
        .body(body)
        .send()
        .await
        .unwrap();
}
