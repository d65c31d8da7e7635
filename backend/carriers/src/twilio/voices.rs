//! Which voice of the carrier speaks for a voice of our catalogue.
//!
//! Our names are those of the speech-to-speech models, so that a personality keeps its voice when it changes
//! engine. On a relay call the nearest Google voice speaks: they are named `{locale}-Chirp3-HD-{name}` and
//! exist in every language we offer, so a personality also keeps its voice when it changes language.

/// A voice as ConversationRelay names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayVoice {
    /// `ttsProvider`.
    pub provider: &'static str,
    /// `voice`.
    pub voice: String,
}

/// One voice of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatalogueVoice {
    /// Its name in a personality.
    pub name: &'static str,
    /// How it sounds, for people.
    pub description: &'static str,
    relay: &'static str,
}

const fn voice(name: &'static str, description: &'static str, relay: &'static str) -> CatalogueVoice {
    CatalogueVoice {
        name,
        description,
        relay,
    }
}

/// The catalogue, as of 2026-11-21.
pub const CATALOGUE: &[CatalogueVoice] = &[
    voice("alloy", "Even and clear", "Kore"),
    voice("ash", "Warm and direct", "Puck"),
    voice("ballad", "Gentle and slow", "Orus"),
    voice("cedar", "Deep and calm", "Charon"),
    voice("coral", "Friendly and bright", "Leda"),
    voice("echo", "Steady and low", "Charon"),
    voice("fable", "Lively storyteller", "Puck"),
    voice("marin", "Natural and relaxed", "Aoede"),
    voice("nova", "Bright and quick", "Zephyr"),
    voice("onyx", "Deep and firm", "Fenrir"),
    voice("sage", "Calm and careful", "Kore"),
    voice("shimmer", "Soft and light", "Aoede"),
    voice("verse", "Expressive", "Orus"),
];

/// Speaks when a personality names a voice that the catalogue does not hold.
const FALLBACK: &str = "Aoede";

/// Locale of a language that was named without a country, as of 2026-11-21.
const LOCALES: &[(&str, &str)] = &[
    ("ar", "ar-XA"),
    ("bn", "bn-IN"),
    ("de", "de-DE"),
    ("en", "en-US"),
    ("es", "es-US"),
    ("fr", "fr-FR"),
    ("gu", "gu-IN"),
    ("hi", "hi-IN"),
    ("id", "id-ID"),
    ("it", "it-IT"),
    ("ja", "ja-JP"),
    ("kn", "kn-IN"),
    ("ko", "ko-KR"),
    ("ml", "ml-IN"),
    ("mr", "mr-IN"),
    ("nl", "nl-NL"),
    ("pl", "pl-PL"),
    ("pt", "pt-BR"),
    ("ru", "ru-RU"),
    ("ta", "ta-IN"),
    ("te", "te-IN"),
    ("th", "th-TH"),
    ("tr", "tr-TR"),
    ("vi", "vi-VN"),
    ("zh", "cmn-CN"),
];

/// Whether a personality may name this voice.
#[must_use]
pub fn is_known(name: &str) -> bool {
    CATALOGUE.iter().any(|voice| voice.name == name)
}

/// Whether the carrier has a voice for this language.
#[must_use]
pub fn is_spoken(language: &str) -> bool {
    let base = language.split(['-', '_']).next().unwrap_or_default();
    LOCALES.iter().any(|(known, full)| {
        base.eq_ignore_ascii_case(known) || full.starts_with(&format!("{}-", base.to_ascii_lowercase()))
    })
}

/// The voice that speaks on a relay call. Always one: a caller must hear something.
#[must_use]
pub fn relay_voice(name: &str, language: &str) -> RelayVoice {
    let timbre = CATALOGUE
        .iter()
        .find(|voice| voice.name == name)
        .map_or(FALLBACK, |voice| voice.relay);
    RelayVoice {
        provider: "Google",
        voice: format!("{}-Chirp3-HD-{timbre}", locale(language)),
    }
}

/// A language with its country, as the carrier wants it: `en` becomes `en-US`, `hi_in` becomes `hi-IN`.
#[must_use]
pub fn locale(language: &str) -> String {
    let mut parts = language.trim().split(['-', '_']).filter(|part| !part.is_empty());
    let base = parts.next().unwrap_or("en").to_ascii_lowercase();
    let country = parts.find(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic()));
    match country {
        Some(country) => format!("{base}-{}", country.to_ascii_uppercase()),
        None => LOCALES
            .iter()
            .find(|(found, _)| *found == base)
            .map_or("en-US", |(_, full)| full)
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voice_speaks_in_the_language_of_the_personality() {
        assert_eq!(relay_voice("onyx", "en-US").voice, "en-US-Chirp3-HD-Fenrir");
        assert_eq!(relay_voice("nova", "hi").voice, "hi-IN-Chirp3-HD-Zephyr");
        assert_eq!(relay_voice("nova", "en_in").voice, "en-IN-Chirp3-HD-Zephyr");
        assert_eq!(relay_voice("no such voice", "").voice, "en-US-Chirp3-HD-Aoede");
        for voice in CATALOGUE {
            assert!(is_known(voice.name));
            assert_eq!(relay_voice(voice.name, "en").provider, "Google");
        }
        assert!(is_spoken("hi-IN") && is_spoken("EN") && is_spoken("cmn-CN"));
        assert!(!is_spoken("cy-GB") && !is_spoken(""));
        assert!(CATALOGUE.is_sorted_by_key(|voice| voice.name));
    }

    #[test]
    fn languages_get_their_country() {
        for (written, full) in [
            ("en", "en-US"),
            ("EN-gb", "en-GB"),
            ("pt_br", "pt-BR"),
            ("zh-Hant-TW", "zh-TW"),
            ("xx", "en-US"),
        ] {
            assert_eq!(locale(written), full);
        }
    }
}
