//! What goes over the socket: the events clients may send and the words of refusals.

mod checks;
pub(crate) mod error;
pub(crate) mod shape;
pub(crate) mod tables;

use serde_json::Value;

use error::Fault;
use shape::Shape;

/// An event of a client that has the right shape.
pub(crate) struct Received {
    pub(crate) kind: String,
    pub(crate) event_id: Option<String>,
    pub(crate) body: Value,
}

/// Reads an event; a refusal comes with the id the client gave it.
pub(crate) fn read(text: &str) -> Result<Received, (Fault, Option<String>)> {
    let body: Value = serde_json::from_str(text).map_err(|_| {
        let message = "We could not parse the JSON body of your request. The event must be a JSON object.";
        (Fault::invalid("invalid_json", message), None)
    })?;
    let event_id = body.get("event_id").and_then(Value::as_str).map(str::to_owned);
    match check(&body) {
        Ok(kind) => Ok(Received { kind, event_id, body }),
        Err(fault) => Err((fault, event_id)),
    }
}

fn check(body: &Value) -> Result<String, Fault> {
    if !body.is_object() {
        return Err(Fault::invalid(
            "invalid_event",
            "The event must be a JSON object.",
        ));
    }
    let Some(kind) = body.get("type").and_then(Value::as_str) else {
        return Err(Fault::invalid("invalid_event", "The 'type' field is missing.").about("type"));
    };
    let Some((_, fields)) = tables::EVENTS.iter().find(|(name, _)| *name == kind) else {
        let known: Vec<&str> = tables::EVENTS.iter().map(|(name, _)| *name).collect();
        return Err(Fault::wrong_value("type", kind, &known));
    };
    Shape::Object(fields).check("", body)?;
    Ok(kind.to_owned())
}
