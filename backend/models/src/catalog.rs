//! The models we know by name, with the day each of them stops. Data with a date, not a closed list: a
//! provider of the tenant's own may serve others.

mod realtime;

use chrono::NaiveDate;

pub use realtime::{
    DEFAULT_SPEECH, DEFAULT_TRANSCRIPTION, REALTIME_MODELS, REALTIME_VOICES, RealtimeModel, SESSION_LIMIT,
    Speaks, is_custom_voice, realtime_model, realtime_voice,
};

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Text in, text out.
    Chat,
    /// Speech in, speech out.
    Speech,
    /// Speech in, text out.
    Transcription,
    /// Text in, speech out.
    Voice,
}

/// One model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it is for.
    pub usage: Use,
    /// Year, month and day it stops, if announced.
    shutdown: Option<(i32, u32, u32)>,
}

impl Model {
    /// The day it stops, if announced.
    #[must_use]
    pub fn shutdown_date(&self) -> Option<NaiveDate> {
        let (year, month, day) = self.shutdown?;
        NaiveDate::from_ymd_opt(year, month, day)
    }

    /// Whether it still answers on `day`.
    #[must_use]
    pub fn is_served_on(&self, day: NaiveDate) -> bool {
        self.shutdown_date().is_none_or(|stops| day < stops)
    }
}

const fn lasting(name: &'static str, usage: Use) -> Model {
    Model {
        name,
        usage,
        shutdown: None,
    }
}

const fn until(name: &'static str, usage: Use, year: i32, month: u32, day: u32) -> Model {
    Model {
        name,
        usage,
        shutdown: Some((year, month, day)),
    }
}

/// What a new personality thinks with.
pub const DEFAULT_CHAT: &str = "gpt-6-luna";

/// The models, as of 2026-11-21.
pub const MODELS: &[Model] = &[
    lasting("gpt-6-luna", Use::Chat),
    lasting("gpt-6-sol", Use::Chat),
    lasting("gpt-6-astra", Use::Chat),
    lasting("gpt-6.1-terra", Use::Chat),
    lasting("gpt-6.1-sol", Use::Chat),
    lasting("gpt-5.6-luna", Use::Chat),
    lasting("gpt-5.6-terra", Use::Chat),
    lasting("gpt-5.6-sol", Use::Chat),
    lasting("gpt-5.5", Use::Chat),
    lasting("gpt-5.4-mini", Use::Chat),
    until("gpt-5.4-nano", Use::Chat, 2027, 4, 1),
    until("gpt-5.1", Use::Chat, 2027, 4, 1),
    until("gpt-4o", Use::Chat, 2027, 1, 14),
    until("gpt-4o-mini", Use::Chat, 2027, 1, 14),
    until("gpt-4.1", Use::Chat, 2027, 1, 14),
    until("gpt-4.1-mini", Use::Chat, 2027, 1, 14),
    until("gpt-5", Use::Chat, 2026, 12, 11),
    until("gpt-5-mini", Use::Chat, 2026, 12, 11),
    until("gpt-5-nano", Use::Chat, 2026, 12, 11),
    until("o3", Use::Chat, 2026, 12, 11),
    until("o1", Use::Chat, 2026, 10, 23),
    until("o3-mini", Use::Chat, 2026, 10, 23),
    until("o4-mini", Use::Chat, 2026, 10, 23),
    until("gpt-4", Use::Chat, 2026, 10, 23),
    until("gpt-3.5-turbo", Use::Chat, 2026, 10, 23),
    lasting("gpt-realtime-2.1", Use::Speech),
    lasting("gpt-realtime-2.1-mini", Use::Speech),
    lasting("gpt-realtime-2", Use::Speech),
    lasting("gpt-realtime-1.5", Use::Speech),
    until("gpt-realtime", Use::Speech, 2027, 1, 20),
    until("gpt-realtime-2025-08-28", Use::Speech, 2027, 1, 20),
    until("gpt-realtime-mini", Use::Speech, 2027, 1, 20),
    until("gpt-audio", Use::Speech, 2027, 1, 20),
    until("gpt-audio-mini", Use::Speech, 2027, 1, 20),
    lasting("gpt-transcribe", Use::Transcription),
    lasting("gpt-live-transcribe", Use::Transcription),
    lasting("gpt-realtime-whisper", Use::Transcription),
    until("whisper-1", Use::Transcription, 2027, 2, 26),
    until("gpt-4o-transcribe", Use::Transcription, 2027, 2, 26),
    until("gpt-4o-mini-transcribe", Use::Transcription, 2027, 2, 26),
    until("gpt-4o-transcribe-diarize", Use::Transcription, 2027, 2, 26),
    until("tts-1", Use::Voice, 2027, 1, 6),
    until("tts-1-hd", Use::Voice, 2027, 1, 6),
    until("gpt-4o-mini-tts", Use::Voice, 2027, 1, 6),
];

/// What we know of a model; nothing of models that only a tenant's own provider serves.
#[must_use]
pub fn find(model: &str) -> Option<&'static Model> {
    MODELS.iter().find(|known| known.name == model)
}

/// Whether a name is the provider's id of a model that was trained for one customer, of one that we know.
#[must_use]
pub fn is_custom(model: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'_');
    model.len() <= 150 && model.bytes().all(good) && base_of(model).is_some()
}

/// The model that one for a single customer was trained from: `ft:gpt-6-luna-2026-06-01:acme::7p4l` from `gpt-6-luna`.
#[must_use]
pub fn base_of(model: &str) -> Option<&'static Model> {
    let (base, _) = model.strip_prefix("ft:")?.split_once(':')?;
    // The day of a version stands behind the name.
    let version_of = |known: &Model| {
        let rest = base.strip_prefix(known.name);
        rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(is_day))
    };
    let mut chat = MODELS.iter().filter(|known| known.usage == Use::Chat);
    chat.find(|known| version_of(known))
}

fn is_day(text: &str) -> bool {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// The name by which a model has its price.
#[must_use]
pub fn priced_as(model: &str) -> &str {
    base_of(model).map_or(model, |base| base.name)
}

/// Whether this is a language model we know.
#[must_use]
pub fn is_known(model: &str) -> bool {
    find(model).is_some_and(|known| known.usage == Use::Chat)
}

/// The day a model stops, if we know the model and its end is announced.
#[must_use]
pub fn shutdown_date(model: &str) -> Option<NaiveDate> {
    find(model)?.shutdown_date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn names_are_unique_and_dates_exist() {
        for (at, model) in MODELS.iter().enumerate() {
            assert!(
                !MODELS[..at].iter().any(|other| other.name == model.name),
                "{}",
                model.name
            );
            assert_eq!(
                model.shutdown.is_some(),
                model.shutdown_date().is_some(),
                "{}",
                model.name
            );
        }
    }

    #[test]
    fn language_models_are_known_and_others_are_not() {
        assert!(is_known(DEFAULT_CHAT));
        assert!(is_known("gpt-4o-mini"));
        assert!(!is_known("gpt-realtime-2.1"), "speech models do not chat");
        assert!(!is_known("my-own-model"));
    }

    #[test]
    fn a_model_of_ones_own_is_known_by_what_it_was_trained_from() {
        for (own, base) in [
            ("ft:gpt-6-luna:acme::7p4l", "gpt-6-luna"),
            ("ft:gpt-4.1-mini-2025-04-14:acme:desk:7p4l", "gpt-4.1-mini"),
        ] {
            assert!(is_custom(own), "{own}");
            assert_eq!(priced_as(own), base);
        }
        for other in [
            "gpt-6-luna",
            "ft:",
            "ft:gpt-6-luna",
            "ft:gpt-6-lunatic:acme::7p4l",
            "ft:gpt-realtime-2.1:acme::7p4l",
            "ft:gpt-6-luna:a cme::7p4l",
        ] {
            assert!(!is_custom(other), "{other}");
            assert_eq!(
                priced_as(other),
                if other.contains(' ') { "gpt-6-luna" } else { other }
            );
        }
    }

    #[test]
    fn a_model_stops_on_its_day() {
        assert_eq!(shutdown_date("gpt-4o-mini"), Some(day(2027, 1, 14)));
        assert_eq!(shutdown_date(DEFAULT_CHAT), None);
        let model = find("gpt-4o-mini").unwrap();
        assert!(model.is_served_on(day(2027, 1, 13)));
        assert!(!model.is_served_on(day(2027, 1, 14)));
        assert!(!find("o1").unwrap().is_served_on(day(2026, 11, 21)));
    }
}
