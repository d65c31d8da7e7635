//! `POST /phone/call`: a call is ordered in the form of an older service.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use phony_app::App;
use phony_app::calls::CallView;
use phony_app::calls::outbound::PlaceCall;
use phony_app::idempotency::RequestKey;
use phony_app::outbound_policy::CallPurpose;
use phony_kernel::{Error, PersonalityId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::auth::{Allow, CallCreate};
use crate::extract::{Body, IdempotencyKey};
use crate::problem::ApiResult;
use crate::replay;

/// What older scripts send; what else they send is of no use here.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct OlderCallRequest {
    to_number: String,
    #[serde(default)]
    from_number: Option<String>,
    /// A personality, where it names one; else kept in the call's metadata.
    #[serde(default, deserialize_with = "super::text_or_number")]
    user_profile_id: Option<String>,
    /// Kept in the call's metadata.
    #[serde(default, deserialize_with = "super::text_or_number")]
    created_by: Option<String>,
    /// A personality, where it names one; else kept in the call's metadata.
    #[serde(default, deserialize_with = "super::text_or_number")]
    agent_instance_id: Option<String>,
    /// First words.
    #[serde(default)]
    message: Option<String>,
    /// How long it rings, in seconds.
    #[serde(default)]
    timeout: Option<u32>,
    #[serde(default)]
    record: Option<bool>,
}

/// What older scripts are told.
#[derive(Debug, Serialize)]
pub struct PlacedView {
    /// What the call is asked for by from now on: the carrier's id where it has given one already, else ours.
    pub call_sid: String,
    /// Where it stands.
    pub status: Value,
    /// In words.
    pub message: &'static str,
    /// The call as `/v1/calls` shows it.
    pub details: Value,
}

/// Orders a call. Older scripts send no `Idempotency-Key`; without one a repeat is another call.
pub(super) async fn place(
    allow: Allow<CallCreate>,
    app: web::Data<App>,
    IdempotencyKey(key): IdempotencyKey,
    body: Body<OlderCallRequest>,
) -> ApiResult<HttpResponse> {
    let key = key.unwrap_or_else(|| Uuid::now_v7().to_string());
    let request = RequestKey::required(Some(&key), "POST /phone/call", &body.0)?;
    let mut outcome = app.outbound.place(&allow.who, ordered(body.0), &request).await?;
    if (200..300).contains(&outcome.status) {
        outcome.status = 200;
        outcome.body = told(&outcome.body)?;
    }
    replay::respond(outcome)
}

fn ordered(body: OlderCallRequest) -> PlaceCall {
    let personality = |id: &Option<String>| id.as_deref().and_then(|id| id.parse::<PersonalityId>().ok());
    let personality_id = personality(&body.agent_instance_id).or_else(|| personality(&body.user_profile_id));
    let metadata: BTreeMap<String, String> = [
        ("user_profile_id", body.user_profile_id),
        ("created_by", body.created_by),
        ("agent_instance_id", body.agent_instance_id),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect();
    PlaceCall {
        to: body.to_number,
        purpose: CallPurpose::default(),
        from: body.from_number,
        pool_id: None,
        personality_id,
        engine: None,
        opening_message: body.message,
        answer_timeout_seconds: body.timeout,
        record: body.record,
        machine_detection: None,
        metadata,
        variables: BTreeMap::new(),
    }
}

/// The answer that `/v1/calls` gives, in the older form.
fn told(body: &str) -> Result<String, Error> {
    let call: CallView = serde_json::from_str(body).map_err(Error::internal)?;
    let call_sid = if call.call_sid.is_empty() {
        call.id.to_string()
    } else {
        call.call_sid.clone()
    };
    let view = PlacedView {
        call_sid,
        status: serde_json::to_value(call.status).map_err(Error::internal)?,
        message: "the call is ordered",
        details: serde_json::from_str(body).map_err(Error::internal)?,
    };
    serde_json::to_string(&view).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_is_a_personality_talks_and_others_are_noted() {
        let id = PersonalityId::new();
        let read = |text: &str| ordered(serde_json::from_str(text).unwrap());
        let call = read(&format!(
            r#"{{"to_number": "+14155550134", "agent_instance_id": "{id}", "created_by": "crm", "message": "Hello.",
                "timeout": 20, "record": true, "whatever": [1]}}"#
        ));
        assert_eq!(
            (call.to.as_str(), call.personality_id),
            ("+14155550134", Some(id))
        );
        assert_eq!(call.metadata["created_by"], "crm");
        assert_eq!(
            (
                call.opening_message.as_deref(),
                call.answer_timeout_seconds,
                call.record
            ),
            (Some("Hello."), Some(20), Some(true))
        );
        let call = read(r#"{"to_number": "+14155550134", "user_profile_id": 42}"#);
        assert_eq!(
            (call.personality_id, call.metadata["user_profile_id"].as_str()),
            (None, "42")
        );
    }
}
