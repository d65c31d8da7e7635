//! Every request of the REST client against the carrier's own description of its API: path, method, names and
//! types of parameters. Answers are the description's own examples.

#![expect(clippy::unwrap_used, reason = "helpers of a test may fail it")]

use std::sync::{Arc, Mutex};

use phony_carriers::twilio::CarrierStatus;
use phony_carriers::twilio::params::{ConferenceEventKind, RecordingState};
use phony_carriers::twilio::rest::{
    AvailableSearch, BuyNumber, CallEvent, CallFilter, CallUpdate, Instructions, MachineDetection,
    MachineMode, NewCall, NewParticipant, NumberKind, NumberToBuy, NumberUpdate, NumberWebhooks,
    ParticipantUpdate, RecordingChannels, RecordingOutcome, RecordingTrack, RecordingUpdate, RestConfig,
    StartRecording, SubaccountStatus, TwilioClient,
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
            detach: true,
            account_sid: Some(SID.into()),
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
            timeout_s: Some(25),
            time_limit_s: Some(3_600),
            machine_detection: Some(detection()),
            send_digits: Some("ww12#".into()),
            record: Some(recording()),
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
async fn calls_are_listed_cancelled_and_recorded_by_the_description() {
    let (_server, book, client) = start().await;
    let filter = CallFilter {
        to: Some("+15550100002".parse().unwrap()),
        from: Some("+15550100001".parse().unwrap()),
        status: Some(CarrierStatus::Queued),
        started_after: Some("2010-01-01T00:00:00Z".parse().unwrap()),
    };
    let listed = client.list_calls(&filter).await.unwrap();
    assert!(listed.iter().all(|call| call.sid.starts_with("CA")) && !listed.is_empty());
    assert!(listed[0].created_at.is_some() && listed[0].started_at.is_some());
    client.cancel_call(&listed[0].sid).await.unwrap();

    let call_sid = &listed[0].sid;
    let begun = client.start_recording(call_sid, &recording()).await.unwrap();
    assert!(begun.sid.starts_with("RE"));
    assert_eq!(begun.status, RecordingState::InProgress);
    for update in [
        RecordingUpdate::Pause { silence: true },
        RecordingUpdate::Resume,
        RecordingUpdate::Stop,
    ] {
        let done = client
            .update_recording(call_sid, &begun.sid, update)
            .await
            .unwrap();
        assert!(matches!(done, RecordingOutcome::Done(_)));
    }
    let fetched = client.fetch_recording(&begun.sid).await.unwrap();
    assert_eq!(fetched.status, RecordingState::Completed);
    client.delete_recording(&begun.sid).await.unwrap();
    assert_eq!(*book.faults.lock().unwrap(), [] as [String; 0]);
}

#[tokio::test]
async fn conferences_and_subaccounts_follow_the_description() {
    let (_server, book, client) = start().await;
    let new = NewParticipant {
        label: Some("agent".into()),
        timeout_s: Some(20),
        time_limit_s: Some(600),
        end_on_exit: true,
        coach: Some(format!("CA{}", "0".repeat(32))),
        wait_url: Some("https://h.example/twilio/wait".into()),
        status_callback: Some("https://h.example/twilio/status".into()),
        events: CallEvent::ALL.to_vec(),
        conference_callback: Some("https://h.example/twilio/conference".into()),
        conference_events: vec![ConferenceEventKind::Join, ConferenceEventKind::Leave],
        machine_detection: Some(detection()),
        ..NewParticipant::new("+15550100001".parse().unwrap(), "+15550100002".parse().unwrap())
    };
    let added = client.add_participant("xfer-CA1", &new).await.unwrap();
    let update = ParticipantUpdate {
        hold: Some(true),
        hold_url: Some("https://h.example/twilio/hold".into()),
        muted: Some(false),
        announce_url: Some("https://h.example/twilio/brief".into()),
        end_on_exit: Some(false),
    };
    let room = &added.conference_sid;
    let changed = client
        .update_participant(room, &added.call_sid, &update)
        .await
        .unwrap();
    assert!(changed.call_sid.starts_with("CA"));
    client.remove_participant(room, &added.call_sid).await.unwrap();
    assert!(client.find_conference("xfer-CA1").await.unwrap().is_some());
    client.end_conference(room).await.unwrap();

    let made = client.create_subaccount(&"Acme ".repeat(20)).await.unwrap();
    assert!(made.sid.starts_with("AC"));
    assert!(format!("{made:?}").contains("REDACTED"));
    client.list_subaccounts("Acme").await.unwrap();
    client.fetch_subaccount(&made.sid).await.unwrap();
    client
        .update_subaccount(&made.sid, SubaccountStatus::Suspended)
        .await
        .unwrap();
    client.search_owned(None).await.unwrap();
    client
        .fetch_number(&format!("PN{}", "0".repeat(32)))
        .await
        .unwrap();
    assert_eq!(*book.faults.lock().unwrap(), [] as [String; 0]);
}

fn detection() -> MachineDetection {
    MachineDetection {
        mode: MachineMode::DetectMessageEnd,
        async_callback: Some("https://h.example/twilio/amd".into()),
        timeout_s: Some(90),
    }
}

fn recording() -> StartRecording {
    StartRecording {
        callback: Some("https://h.example/twilio/recording".into()),
        channels: RecordingChannels::Dual,
        track: RecordingTrack::Both,
    }
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
