//! Single values of a form.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::BadForm;
use crate::twilio::form::Form;
use crate::twilio::status::CarrierStatus;

pub(super) fn id(form: &Form, name: &'static str) -> Result<String, BadForm> {
    if form.contradicts(name) {
        return Err(BadForm::Contradictory(name));
    }
    text(form, name).ok_or(BadForm::Missing(name))
}

pub(super) fn text(form: &Form, name: &str) -> Option<String> {
    form.get(name).map(Cow::into_owned)
}

pub(super) fn either(form: &Form, name: &str, twin: &str) -> String {
    text(form, name).or_else(|| text(form, twin)).unwrap_or_default()
}

pub(super) fn number<T: std::str::FromStr>(form: &Form, name: &str) -> Option<T> {
    form.get(name)?.trim().parse().ok()
}

pub(super) fn status(form: &Form, name: &str) -> CarrierStatus {
    form.get(name)
        .map_or(CarrierStatus::Unknown, |word| CarrierStatus::read(&word))
}

/// RFC 2822 for calls, ISO 8601 for streams.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    DateTime::parse_from_rfc2822(text)
        .or_else(|_| DateTime::parse_from_rfc3339(text))
        .ok()
        .map(|time| time.with_timezone(&Utc))
}
