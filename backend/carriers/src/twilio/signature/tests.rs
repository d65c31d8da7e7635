//! The published vectors, and the property that one altered byte is always refused.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn token() -> SecretString {
    SecretString::from(TOKEN)
}

fn validator() -> Validator {
    Validator::new(token())
}

fn form_body(pairs: &[(&str, &str)]) -> Vec<u8> {
    serde_urlencoded::to_string(pairs).unwrap().into_bytes()
}

fn v1_body() -> Vec<u8> {
    let account = format!("AC{}", "1".repeat(32));
    let call = format!("CA{}", "2".repeat(32));
    form_body(&[
        ("AccountSid", &account),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", &call),
        ("CallStatus", "ringing"),
        ("Called", "+15550100001"),
        ("Caller", "+15550100002"),
        ("CallerZip", ""),
        ("Direction", "inbound"),
        ("From", "+15550100002"),
        ("To", "+15550100001"),
    ])
}

const V1_URL: &str = "https://voice.phony.example/twilio/voice?tenant=t_42&lang=en";
const V1: &str = "1ejF1bMZo131SZkbkAdm2Hzndfo=";

#[test]
fn v1_form_with_query_and_an_empty_value() {
    assert_eq!(sign_form(&token(), V1_URL, &v1_body()), V1);
    assert!(validator().form(V1, V1_URL, &v1_body()));
    let with_port = V1_URL.replace(".example/", ".example:443/");
    assert_eq!(
        sign_form(&token(), &with_port, &v1_body()),
        "ZwIaNQYj6n6j7uAtDBbfDKcjabc="
    );
    for url in [V1_URL, &with_port] {
        assert!(validator().form(V1, url, &v1_body()));
        assert!(validator().form("ZwIaNQYj6n6j7uAtDBbfDKcjabc=", url, &v1_body()));
    }
}

#[test]
fn v1_with_a_shared_key() {
    let shared = Validator::with_shared_key(token(), Algorithm::HmacSha256);
    assert!(shared.form("7gMxJJaTeQnZhg22mBJcWz6xeijPSRJuX9uU3A4Xv1c=", V1_URL, &v1_body()));
    assert!(!shared.form(V1, V1_URL, &v1_body()));
    let read = SharedKey::read("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256").unwrap();
    assert_eq!(
        (read.id.as_deref(), read.algorithm),
        (Some("webhooks_sharedkey_1"), Algorithm::HmacSha256)
    );
    assert_eq!(SharedKey::read("key=k").unwrap().algorithm, Algorithm::HmacSha1);
    assert_eq!(SharedKey::read("key=k,algorithm=MD5"), None);
}

const V2_URL: &str = "https://voice.phony.example/twilio/gather";
const V2_BODY: &[u8] =
    b"SpeechResult=%C2%BFD%C3%B3nde+est%C3%A1+mi+pedido%3F+%E6%B3%A8%E6%96%87+%F0%9F%99%82&\
CallSid=CA33333333333333333333333333333333&Tag=beta&Tag=alpha&Tag=beta&callerName=Zo%C3%AB+O%E2%80%99Brien&\
Confidence=0.9321&_meta=x+y%2Bz";

#[test]
fn v2_unicode_repeated_parameters_and_mixed_case() {
    let mut text = V2_URL.as_bytes().to_vec();
    text.extend(Form::parse(V2_BODY).signed_text());
    assert_eq!(text.len(), 196);
    assert_eq!(
        hex::encode(Sha256::digest(&text)),
        "fb39dd3b0e95271b95dcfc89f06585ce4a0646f0b14252c65f4e61f69d5fba4b"
    );
    assert!(validator().form("kz9QmdKFWvHzjOV45IEERFNpDZs=", V2_URL, V2_BODY));
    for wrong in ["rKTC8JgI4V4YfCN+Z69YZVRVqkY=", "314ISvrOL9JeFi5g+4Hs0etjvLQ="] {
        assert!(!validator().form(wrong, V2_URL, V2_BODY));
    }
}

#[test]
fn v3_body_hash() {
    let url = "https://voice.phony.example/twilio/events";
    let body =
        "{\"eventType\":\"call.ended\",\"callSid\":\"CA44444444444444444444444444444444\",\"note\":\"café\"}";
    let (signed_url, signature) = sign_body(&token(), url, body.as_bytes());
    let hash = "b269a4e69d3e84a6b4c29f3d658300641ead61277ee0991372b40fe60d945a2a";
    assert_eq!(signed_url, format!("{url}?bodySHA256={hash}"));
    assert_eq!(signature, "tR00DIL5xy5E/qsWqEvcItuE2Sg=");
    let json = Some("application/json");
    assert!(validator().webhook(&signature, &signed_url, json, body.as_bytes()));
    assert!(!validator().webhook(&signature, &signed_url, json, format!("{body} ").as_bytes()));
    assert!(
        !validator().webhook(&sign_url(&token(), url), url, json, body.as_bytes()),
        "no hash, no trust"
    );
}

#[test]
fn v4_get() {
    let url = "https://voice.phony.example/twilio/voice?CallSid=CA22222222222222222222222222222222&\
From=%2B15550100002&To=%2B15550100001";
    assert!(validator().get("nhxg2s9V6mdGy7nZE0Uc+dfvIaA=", url));
    let reordered = "https://voice.phony.example/twilio/voice?To=%2B15550100001&\
CallSid=CA22222222222222222222222222222222&From=%2B15550100002";
    assert!(
        validator().webhook("nhxg2s9V6mdGy7nZE0Uc+dfvIaA=", reordered, None, b""),
        "keys are sorted"
    );
}

#[test]
fn v5_websocket_upgrade() {
    let url = "wss://voice.phony.example/ws/media";
    let slash = "wss://voice.phony.example/ws/media/";
    for configured in [url, slash] {
        assert!(validator().websocket("NM94EewRFQ0vL72WVRphwxh8V7Q=", configured));
        assert!(validator().websocket("HvZDsTNqBfu2jqQPGUaJ1kvk/lU=", configured));
        assert!(validator().websocket(
            &sign_url(&token(), "wss://voice.phony.example:443/ws/media"),
            configured
        ));
        assert!(
            !validator().websocket("XvQH6DrPNiUvaiD013/YBuHUyTA=", configured),
            "signed as https"
        );
    }
    for configured in ["wss://voice.phony.example", "wss://voice.phony.example/"] {
        assert!(validator().websocket("A5n56O2VJIMqRWkbKeaIVAShGwI=", configured));
        assert!(validator().websocket("u0uujko1X/Ic/nqEB3vavT85cUg=", configured));
    }
}

#[test]
fn v6_websocket_with_query() {
    let url = "wss://voice.phony.example/ws/relay?token=abc123&foo=bar";
    assert_eq!(
        sign_websocket_folded(&token(), url),
        "PIrWN4DCs7OkhU2JQhKRhgltfAE="
    );
    assert!(validator().websocket("PIrWN4DCs7OkhU2JQhKRhgltfAE=", url));
    assert!(validator().websocket("Eh3i2c13NWSiq/h3LQedebHDk1s=", url));
}

#[test]
fn vectors_of_the_security_notes() {
    let call = format!("CA{}1", "0".repeat(31));
    let body = form_body(&[
        ("CallDuration", "61"),
        ("CallSid", &call),
        ("CallStatus", "completed"),
        ("From", "+15550000001"),
        ("SequenceNumber", "3"),
        ("To", "+15550000002"),
    ]);
    assert!(validator().form(
        "EdZjHdIl52fMuTRxH8mIIAe9Ris=",
        "https://api.example.test/twilio/status?t=1",
        &body
    ));
    assert!(validator().websocket("eOi/5cMvoDS7Cd8D3oUrSWEXmyk=", "wss://api.example.test/relay/ws"));
}

#[test]
fn the_loopback_demo_signs_plain_websockets_with_their_port() {
    let url = "ws://127.0.0.1:24187/twilio/relay";
    assert!(validator().websocket(&sign_url(&token(), url), url));
    assert!(!validator().websocket(&sign_url(&token(), "ws://127.0.0.1:9/twilio/relay"), url));
}

#[test]
fn nothing_and_another_token_are_refused() {
    assert!(!validator().form("", V1_URL, &v1_body()));
    assert!(!validator().form(V1, "", &v1_body()));
    assert!(!Validator::new(SecretString::from("f".repeat(32))).form(V1, V1_URL, &v1_body()));
    let other = sign_form(&SecretString::from(""), V1_URL, &v1_body());
    assert!(!validator().form(&other, V1_URL, &v1_body()));
}

/// What a form means, read by another decoder than ours: its pairs without order and repetition.
fn meaning(body: &[u8]) -> BTreeSet<(String, String)> {
    let pairs = url::form_urlencoded::parse(body).into_owned();
    pairs
        .filter(|(name, value)| !(name.is_empty() && value.is_empty()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_altered_byte_of_the_body_is_refused(at in any::<prop::sample::Index>(), mask in 1u8..=255) {
        for (url, body, good) in [
            (V1_URL, v1_body(), V1),
            (V2_URL, V2_BODY.to_vec(), "kz9QmdKFWvHzjOV45IEERFNpDZs="),
        ] {
            let mut altered = body.clone();
            let at = at.index(altered.len());
            altered[at] ^= mask;
            // `%c3` says the same as `%C3`, so such a change alters nothing and stays good.
            let same = meaning(&altered) == meaning(&body);
            prop_assert_eq!(validator().form(good, url, &altered), same);
        }
    }

    #[test]
    fn an_altered_byte_of_the_url_is_refused(at in any::<prop::sample::Index>(), with in 0x21u8..0x7f) {
        let mut altered = V1_URL.as_bytes().to_vec();
        let at = at.index(altered.len());
        prop_assume!(altered[at] != with);
        altered[at] = with;
        let altered = String::from_utf8(altered).unwrap();
        prop_assert!(!validator().form(V1, &altered, &v1_body()));
        prop_assert!(!validator().websocket("NM94EewRFQ0vL72WVRphwxh8V7Q=", &altered));
    }

    #[test]
    fn an_altered_byte_of_the_signature_is_refused(at in any::<prop::sample::Index>(), with in 0x20u8..0x7f) {
        let mut altered = V1.as_bytes().to_vec();
        let at = at.index(altered.len());
        prop_assume!(altered[at] != with);
        altered[at] = with;
        let altered = String::from_utf8(altered).unwrap();
        prop_assert!(!validator().form(&altered, V1_URL, &v1_body()));
    }

    #[test]
    fn an_altered_json_body_is_refused(body in prop::collection::vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>(), mask in 1u8..=255) {
        let (url, signature) = sign_body(&token(), "https://h.example/p?a=1", &body);
        prop_assert!(validator().body(&signature, &url, &body));
        let mut altered = body;
        let at = at.index(altered.len());
        altered[at] ^= mask;
        prop_assert!(!validator().body(&signature, &url, &altered));
    }

    #[test]
    fn no_input_makes_it_fail(signature in ".*", url in ".*", body in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = validator().form(&signature, &url, &body);
        let _ = validator().websocket(&signature, &url);
        let _ = validator().body(&signature, &url, &body);
    }
}
