//! What an application orders when it makes a call or calls somebody into a conference.

use super::{Asked, Form, RestError};
use crate::calls::callbacks::Plan;
use crate::calls::machine::Detection;
use crate::calls::outbound::{Instructions, Order};
use crate::ids::is_e164;
use crate::recordings::Wish;
use crate::world::World;

/// Longest `Twiml` parameter.
const TWIML_CHARS: usize = 4_000;
/// Longest call when nobody says.
const LONGEST_S: u64 = 14_400;
/// Most keys pressed after the answer.
const MOST_KEYS: usize = 32;

/// Which resource is made; some names differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Call,
    Participant,
}

pub(super) fn read(
    asked: &Asked,
    form: &Form,
    instructions: Instructions,
    kind: Kind,
) -> Result<Order, RestError> {
    let to = form.text("To").filter(|to| !to.is_empty());
    let to = to.ok_or_else(|| RestError::bad(21201, "No 'To' number specified"))?;
    let from = form.text("From").filter(|from| !from.is_empty());
    let from = from.ok_or_else(|| RestError::bad(21213, "No 'From' number specified"))?;
    if !is_e164(&to) {
        return Err(RestError::bad(
            21211,
            format!("The 'To' number {to} is not a valid phone number."),
        ));
    }
    if !is_e164(&from) {
        return Err(RestError::bad(
            21212,
            format!("The 'From' number {from} is not a valid phone number."),
        ));
    }
    let Asked { world, account, .. } = asked;
    let number_sid = world
        .store
        .lock()
        .numbers
        .iter()
        .find(|n| n.phone_number == from && n.account_sid == account.sid)
        .map(|n| n.sid.clone());
    if number_sid.is_none() {
        let message =
            format!("The source phone number provided, {from}, is not yet verified for your account.");
        return Err(RestError::bad(21210, message));
    }
    refused(world, &to)?;
    let fallback = form.target("FallbackUrl", "FallbackMethod", "POST")?;
    let plan = Plan::new(
        form.address("StatusCallback", 21205)?,
        form.method("StatusCallbackMethod")?,
        form.all("StatusCallbackEvent"),
    );
    Ok(Order {
        account: account.clone(),
        number_sid,
        from,
        to,
        instructions,
        fallback,
        plan,
        timeout_s: seconds(form, "Timeout", 60, 0..=600, 21208)?,
        time_limit_s: seconds(form, "TimeLimit", LONGEST_S, 1..=86_400, 20001)?,
        detection: detection(form, kind)?,
        send_digits: keys(form)?,
        record: wish(form)?,
    })
}

/// The error of a number that the carrier does not call: a country that is not allowed, a number that is blocked.
fn refused(world: &World, to: &str) -> Result<(), RestError> {
    let store = world.store.lock();
    let code = store
        .settings
        .refused
        .iter()
        .find(|(beginning, _)| to.starts_with(beginning.as_str()))
        .map(|(_, code)| *code);
    match code {
        None => Ok(()),
        Some(21_215) => Err(RestError::bad(
            21_215,
            format!(
                "Account not authorized to call {to}. Perhaps you need to enable some international permissions."
            ),
        )),
        Some(code) => Err(RestError::bad(code, format!("{to} cannot be called."))),
    }
}

pub(super) fn instructions(form: &Form) -> Result<Instructions, RestError> {
    if let Some(url) = form.address("Url", 21205)?.filter(|url| !url.is_empty()) {
        let method = form.method("Method")?.unwrap_or_else(|| "POST".to_owned());
        return Ok(Instructions::Url { url, method });
    }
    match form.text("Twiml") {
        Some(twiml) if twiml.chars().count() > TWIML_CHARS => {
            Err(RestError::bad(21205, "Twiml is longer than 4000 characters"))
        }
        Some(twiml) => Ok(Instructions::Twiml(twiml)),
        None if form.get("ApplicationSid").is_some() => Err(RestError::bad(21218, "Invalid ApplicationSid")),
        None => Err(RestError::bad(21205, "Url parameter is required")),
    }
}

fn seconds(
    form: &Form,
    name: &str,
    usual: u64,
    allowed: std::ops::RangeInclusive<u64>,
    code: u32,
) -> Result<u64, RestError> {
    match form.get(name).map(str::parse) {
        None => Ok(usual),
        Some(Ok(seconds)) if allowed.contains(&seconds) => Ok(seconds),
        Some(_) => Err(RestError::bad(
            code,
            format!("{name} must be a number up to {}", allowed.end()),
        )),
    }
}

fn keys(form: &Form) -> Result<Option<String>, RestError> {
    let Some(keys) = form.text("SendDigits").filter(|keys| !keys.is_empty()) else {
        return Ok(None);
    };
    let known = |key: char| matches!(key, '0'..='9' | 'A'..='D' | '#' | '*' | 'w' | 'W');
    if keys.len() > MOST_KEYS || !keys.chars().all(known) {
        return Err(RestError::bad(21206, format!("Invalid SendDigits {keys}")));
    }
    Ok(Some(keys))
}

fn detection(form: &Form, kind: Kind) -> Result<Option<Detection>, RestError> {
    let message_end = match form.get("MachineDetection") {
        None | Some("") => return Ok(None),
        Some("Enable") => false,
        Some("DetectMessageEnd") => true,
        Some(other) => {
            return Err(RestError::bad(
                21234,
                format!("MachineDetection {other} is not Enable or DetectMessageEnd"),
            ));
        }
    };
    let timeout_s = seconds(form, "MachineDetectionTimeout", 30, 3..=59, 21262)?;
    for (name, allowed) in [
        ("MachineDetectionSpeechThreshold", 1_000..=6_000),
        ("MachineDetectionSpeechEndThreshold", 500..=5_000),
        ("MachineDetectionSilenceTimeout", 2_000..=10_000),
    ] {
        seconds(form, name, 0, allowed, 21262)?;
    }
    let (address, method) = match kind {
        Kind::Call => ("AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod"),
        Kind::Participant => ("AmdStatusCallback", "AmdStatusCallbackMethod"),
    };
    Ok(Some(Detection {
        message_end,
        timeout_ms: timeout_s * 1_000,
        beside: kind == Kind::Participant || form.get("AsyncAmd") == Some("true"),
        callback: form.target(address, method, "POST")?,
    }))
}

fn wish(form: &Form) -> Result<Option<Wish>, RestError> {
    if form.get("Record") != Some("true") {
        return Ok(None);
    }
    recording(form, "OutboundAPI").map(Some)
}

/// The parameters of a recording.
pub(super) fn recording(form: &Form, source: &'static str) -> Result<Wish, RestError> {
    let word = |name: &str, usual: &str, known: &[&str]| match form.get(name) {
        None => Ok(usual.to_owned()),
        Some(word) if known.contains(&word) => Ok(word.to_owned()),
        Some(other) => Err(RestError::bad(20001, format!("{other} is not a valid {name}"))),
    };
    let channels = word("RecordingChannels", "mono", &["mono", "dual"])?;
    let callback = form.target("RecordingStatusCallback", "RecordingStatusCallbackMethod", "POST")?;
    // Several may come in one, separated by spaces.
    let mut events: Vec<String> = form
        .all("RecordingStatusCallbackEvent")
        .iter()
        .flat_map(|events| events.split_whitespace())
        .map(str::to_owned)
        .collect();
    if events.is_empty() {
        events.push("completed".to_owned());
    }
    Ok(Wish {
        source,
        channels: if channels == "dual" { 2 } else { 1 },
        track: word("RecordingTrack", "both", &["inbound", "outbound", "both"])?,
        callback,
        events,
    })
}
