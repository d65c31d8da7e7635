//! What browsers and API clients send.

use phony_app::calls::call_of_token;
use phony_http::extract::parse_json;
use phony_http::live::protocol::ClientFrame;
use phony_http::routes::{actions, auth, exports, keys, numbers, personalities, tickets};
use phony_kernel::Error;
use serde::de::DeserializeOwned;

/// A frame of the live socket is read or refused in a form that can be shown.
pub fn live(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    match ClientFrame::parse(text) {
        Ok(_) => assert!(is_object(data)),
        Err(error) => is_showable(&error, data),
    }
}

/// A body is read or refused, naming the field; only a JSON object is ever read.
pub fn bodies(data: &[u8]) {
    body::<actions::ActionRequest>(data);
    body::<auth::SignUpRequest>(data);
    body::<auth::LogInRequest>(data);
    body::<auth::StepUpRequest>(data);
    body::<exports::CreateExportRequest>(data);
    body::<keys::CreateKeyRequest>(data);
    body::<numbers::BuyNumberRequest>(data);
    body::<numbers::NumberPatchRequest>(data);
    body::<personalities::CreatePersonalityRequest>(data);
    body::<personalities::PatchPersonalityRequest>(data);
    body::<tickets::TicketRequest>(data);
}

/// A token names a call only when it is written exactly as we write it.
pub fn token(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    if call_of_token(text).is_some() {
        assert_eq!(text.len(), 75);
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        );
    }
}

fn body<T: DeserializeOwned>(data: &[u8]) {
    match parse_json::<T>(data) {
        Ok(_) => assert!(is_object(data)),
        Err(error) => is_showable(&error, data),
    }
}

fn is_object(data: &[u8]) -> bool {
    matches!(serde_json::from_slice(data), Ok(serde_json::Value::Object(_)))
}

fn is_showable(error: &Error, data: &[u8]) {
    assert!(!error.code().is_empty());
    assert!(error.to_string().len() <= 1_000 + 4 * data.len());
}
