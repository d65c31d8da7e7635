//! Values that need a closer look than a shape can give.

use serde_json::Value;

use super::error::Fault;
use super::shape::Shape::{List, Object, OneOf, Text, TextUpTo};
use super::shape::{Shape, must};

/// Voices of the provider; anything else is refused unless it is an object with an id.
const VOICES: &[&str] = &[
    "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar",
];
const OWN_VOICE: Shape = Object(&[must("id", Text)]);

pub(super) fn any_object(at: &str, value: &Value) -> Result<(), Fault> {
    if value.is_object() {
        Ok(())
    } else {
        Err(Fault::wrong_type(at, "an object", value))
    }
}

pub(super) fn function_name(at: &str, value: &Value) -> Result<(), Fault> {
    let name = value
        .as_str()
        .ok_or_else(|| Fault::wrong_type(at, "a string", value))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.len() <= 64 && name.chars().all(plain) {
        return Ok(());
    }
    let message = format!("Invalid '{at}': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$'.");
    Err(Fault::bad_value(at, message))
}

pub(super) fn item_id(at: &str, value: &Value) -> Result<(), Fault> {
    // The same letters, and shorter.
    function_name(at, value)?;
    TextUpTo(32).check(at, value)
}

pub(super) fn voice(at: &str, value: &Value) -> Result<(), Fault> {
    match value {
        Value::Object(_) => OWN_VOICE.check(at, value),
        _ => OneOf(VOICES).check(at, value),
    }
}

pub(super) fn modalities(at: &str, value: &Value) -> Result<(), Fault> {
    List(&OneOf(&["text", "audio"])).check(at, value)?;
    if value.as_array().is_some_and(|list| list.len() == 1) {
        return Ok(());
    }
    let message = format!("Invalid modalities: {value}. Supported combinations are: ['text'] and ['audio'].");
    Err(Fault::bad_value(at, message))
}

pub(super) fn metadata(at: &str, value: &Value) -> Result<(), Fault> {
    let members = value
        .as_object()
        .ok_or_else(|| Fault::wrong_type(at, "an object", value))?;
    if members.len() > 16 {
        let message =
            format!("Invalid '{at}': too many properties. Expected an object with at most 16 properties.");
        return Err(Fault::bad_value(at, message));
    }
    for (name, value) in members {
        let at = format!("{at}.{name}");
        if name.chars().count() > 64 {
            return Err(Fault::bad_value(
                &at,
                format!("Invalid '{at}': name longer than 64 characters."),
            ));
        }
        TextUpTo(512).check(&at, value)?;
    }
    Ok(())
}
