//! What the REST client does when the carrier is slow, busy, broken or refuses.

#![expect(clippy::unwrap_used, reason = "helpers of a test may fail it")]

use std::time::Duration;

use futures_util::TryStreamExt as _;
use phony_carriers::twilio::rest::{
    AvailableSearch, BuyNumber, CallFilter, CallUpdate, Instructions, NewCall, NewParticipant, NumberKind,
    NumberToBuy, NumberUpdate, NumberWebhooks, RecordingFormat, RecordingOutcome, RecordingUpdate,
    RestConfig, TwilioClient, codes,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{any, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SID: &str = "AC00000000000000000000000000000001";

fn client(base: &str) -> TwilioClient {
    TwilioClient::new(RestConfig {
        first_retry_delay: Duration::from_millis(1),
        ..RestConfig::new(base, SID, SecretString::from("the-token"))
    })
    .unwrap()
}

fn error(status: u16, code: u32) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(json!({"code": code, "message": "+15550100002 is bad", "status": status}))
}

fn number(e164: &str) -> Value {
    json!({"sid": "PN1", "phone_number": e164, "capabilities": null, "voice_url": "", "beta": "what"})
}

fn call() -> Value {
    json!({"sid": "CA1", "status": "completed", "duration": 61, "price": -0.017, "direction": null})
}

fn purchase() -> BuyNumber {
    BuyNumber {
        number: NumberToBuy::Exact("+15550100001".parse().unwrap()),
        friendly_name: None,
        webhooks: NumberWebhooks::default(),
    }
}

/// Answers in turn, each once; how many came is checked when the server is dropped.
async fn in_turn(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    for (at, answer) in answers.into_iter().enumerate() {
        let priority = u8::try_from(at + 1).unwrap();
        Mock::given(any())
            .respond_with(answer)
            .up_to_n_times(1)
            .expect(1)
            .with_priority(priority)
            .mount(&server)
            .await;
    }
    server
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

#[tokio::test]
async fn reads_outlast_passing_faults() {
    let server = in_turn(vec![
        error(503, 20_503),
        error(429, 20_429),
        ResponseTemplate::new(502),
        ok(call()),
    ])
    .await;
    let fetched = client(&server.uri()).fetch_call("CA1").await.unwrap();
    assert_eq!(
        (fetched.duration_seconds, fetched.price.as_deref()),
        (Some(61), Some("-0.017"))
    );
}

#[tokio::test]
async fn reads_give_up_in_the_end_and_refusals_at_once() {
    let server = in_turn(vec![ResponseTemplate::new(500); 4]).await;
    assert!(
        client(&server.uri())
            .fetch_call("CA1")
            .await
            .unwrap_err()
            .retryable
    );
    let server = in_turn(vec![error(404, 20_404)]).await;
    let refused = client(&server.uri()).fetch_call("CA1").await.unwrap_err();
    assert!(refused.is_not_found() && !refused.retryable && !refused.ambiguous);
    let server = in_turn(vec![error(401, 20_003)]).await;
    assert!(
        client(&server.uri())
            .fetch_account()
            .await
            .unwrap_err()
            .is_authentication()
    );
}

#[tokio::test]
async fn a_purchase_is_repeated_only_when_the_carrier_did_nothing() {
    let server = in_turn(vec![
        error(429, 20_429),
        ResponseTemplate::new(201).set_body_json(number("+15550100001")),
    ])
    .await;
    assert_eq!(
        client(&server.uri()).buy_number(&purchase()).await.unwrap().sid,
        "PN1"
    );

    for answer in [
        error(500, 20_500),
        ResponseTemplate::new(503),
        ResponseTemplate::new(201).set_body_string("{"),
    ] {
        let server = in_turn(vec![answer]).await;
        let unknown = client(&server.uri()).buy_number(&purchase()).await.unwrap_err();
        assert!(unknown.ambiguous && !unknown.retryable, "{unknown:?}");
    }
    let server = in_turn(vec![error(400, codes::NUMBER_NOT_AVAILABLE)]).await;
    let refused = client(&server.uri()).buy_number(&purchase()).await.unwrap_err();
    assert_eq!(refused.code, Some(codes::NUMBER_NOT_AVAILABLE));
    assert!(!refused.ambiguous && !refused.retryable);
    assert_eq!(refused.to_string(), "carrier refused with code 21422");
}

#[tokio::test]
async fn a_carrier_that_wants_a_long_wait_is_not_waited_for() {
    let server = in_turn(vec![error(429, 20_429).insert_header("retry-after", "3600")]).await;
    let busy = client(&server.uri()).fetch_call("CA1").await.unwrap_err();
    assert_eq!(busy.retry_after, Some(Duration::from_secs(3_600)));
    assert!(busy.retryable);
}

#[tokio::test]
async fn no_answer_in_time_is_ambiguous_for_a_purchase_and_no_connection_is_not() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ok(number("+15550100001")).set_delay(Duration::from_secs(60)))
        .expect(1)
        .mount(&server)
        .await;
    let hasty = TwilioClient::new(RestConfig {
        total_timeout: Duration::from_millis(300),
        ..RestConfig::new(server.uri(), SID, SecretString::from("the-token"))
    });
    let late = hasty.unwrap().buy_number(&purchase()).await.unwrap_err();
    assert!(late.ambiguous && !late.retryable && late.http_status.is_none());

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let unsent = client(&nobody).buy_number(&purchase()).await.unwrap_err();
    assert!(!unsent.ambiguous && unsent.retryable);
}

#[tokio::test]
async fn an_end_that_has_come_already_is_no_error() {
    let server = in_turn(vec![error(400, codes::CALL_STATE), error(404, 20_404)]).await;
    let client = client(&server.uri());
    assert_eq!(client.end_call("CA1").await.unwrap(), CallUpdate::AlreadyOver);
    client.release_number("PN1").await.unwrap();
}

#[tokio::test]
async fn lists_are_followed_to_the_end_and_parts_of_numbers_are_left_out() {
    let server = MockServer::start().await;
    let base = format!("/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json");
    Mock::given(path(&base))
        .and(query_param("Page", "1"))
        .respond_with(ok(json!({"incoming_phone_numbers": [number("+15550100001")], "next_page_uri": "https://evil.example/"})))
        .with_priority(1)
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path(&base))
        .and(query_param("PhoneNumber", "+15550100001"))
        .respond_with(ok(json!({
            "incoming_phone_numbers": [number("+155501000011"), number("12345"), 7],
            "next_page_uri": format!("{base}?Page=1&PageToken=PA1")
        })))
        .expect(1)
        .mount(&server)
        .await;
    let found = client(&server.uri())
        .list_numbers(&"+15550100001".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].voice_url, None, "an empty url is none");
}

#[tokio::test]
async fn a_call_of_unknown_outcome_is_looked_for_among_the_newest() {
    let client_of = |server: &MockServer| client(&server.uri());
    let new = NewCall::new(
        "+15550100002".parse().unwrap(),
        "+15550100001".parse().unwrap(),
        Instructions::Twiml("<Response/>".into()),
    );
    let server = in_turn(vec![error(500, 20_500)]).await;
    let unknown = client_of(&server).create_call(&new).await.unwrap_err();
    assert!(unknown.ambiguous && !unknown.retryable);

    let made = |sid: &str, created: Value| json!({"sid": sid, "status": "queued", "date_created": created});
    let server = MockServer::start().await;
    let base = format!("/2010-04-01/Accounts/{SID}/Calls.json");
    Mock::given(path(&base))
        .and(query_param("To", "+15550100002"))
        .and(query_param("From", "+15550100001"))
        .respond_with(ok(json!({
            "calls": [
                made("CA3", Value::Null),
                made("CA2", json!("Sat, 21 Nov 2026 09:15:02 +0000")),
                made("CA1", json!("Sat, 21 Nov 2026 08:15:02 +0000")),
                {"status": "odd"},
            ],
            "next_page_uri": format!("{base}?Page=1&PageToken=PACA1")
        })))
        .expect(1)
        .mount(&server)
        .await;
    let filter = CallFilter {
        to: Some(new.to.clone()),
        from: Some(new.from.clone()),
        started_after: Some("2026-11-21T09:15:00Z".parse().unwrap()),
        ..CallFilter::default()
    };
    let found = client_of(&server).list_calls(&filter).await.unwrap();
    let sids: Vec<&str> = found.iter().map(|call| call.sid.as_str()).collect();
    assert_eq!(sids, ["CA3", "CA2"], "older ones are not asked for");
}

#[tokio::test]
async fn a_file_comes_in_pieces_or_with_the_carriers_error() {
    let server = MockServer::start().await;
    Mock::given(path(format!("/2010-04-01/Accounts/{SID}/Recordings/RE1.wav")))
        .and(wiremock::matchers::basic_auth(SID, "the-token"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(vec![7; 100_000]))
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(error(404, 20_404))
        .with_priority(9)
        .mount(&server)
        .await;
    let client = client(&server.uri());
    let pieces = client
        .download_recording("RE1", RecordingFormat::Wav)
        .await
        .unwrap();
    let whole: Vec<u8> = pieces.map_ok(|piece| piece.to_vec()).try_concat().await.unwrap();
    assert_eq!(whole.len(), 100_000);
    let none = client.download_recording("RE1", RecordingFormat::Mp3).await;
    assert!(none.err().unwrap().is_not_found());
    assert!(
        client
            .download_recording("../RE1", RecordingFormat::Wav)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn what_is_gone_already_is_no_error() {
    let server = in_turn(vec![
        error(400, codes::CALL_STATE),
        error(404, 20_404),
        error(404, 20_404),
    ])
    .await;
    let client = client(&server.uri());
    let over = client
        .update_recording("CA1", "RE1", RecordingUpdate::Stop)
        .await
        .unwrap();
    assert_eq!(over, RecordingOutcome::AlreadyOver);
    client.delete_recording("RE1").await.unwrap();
    client.remove_participant("CF1", "agent-1").await.unwrap();
    let someone = NewParticipant::new("+15550100001".parse().unwrap(), "+15550100002".parse().unwrap());
    assert!(client.add_participant("a/b", &someone).await.is_err());
}

#[tokio::test]
async fn another_account_is_asked_with_the_same_sign_in() {
    let server = MockServer::start().await;
    Mock::given(path("/2010-04-01/Accounts/AC2.json"))
        .and(wiremock::matchers::basic_auth(SID, "the-token"))
        .respond_with(ok(json!({"sid": "AC2", "status": "suspended", "type": "Full"})))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&format!("{}/", server.uri()));
    let account = client.for_account("AC2").unwrap().fetch_account().await.unwrap();
    assert!(!account.is_active());
    assert!(!format!("{client:?}").contains("the-token"));
}

#[tokio::test]
async fn nothing_can_leave_its_place_in_a_path() {
    let server = MockServer::start().await;
    let client = client(&server.uri());
    assert!(client.fetch_call("../Balance").await.is_err());
    assert!(client.end_call("").await.is_err());
    assert!(
        client
            .update_number("PN1.json?x=", &NumberUpdate::default())
            .await
            .is_err()
    );
    let search = AvailableSearch {
        country: "US/..".into(),
        kind: NumberKind::Local,
        area_code: None,
        contains: None,
        limit: 5,
    };
    assert!(client.search_available(&search).await.is_err());
    assert!(client.for_account("AC1/Keys").is_err());
    assert!(server.received_requests().await.unwrap().is_empty());
}
