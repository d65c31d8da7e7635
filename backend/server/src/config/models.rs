//! What models and voices are, for personalities that name none.

use phony_app::personalities;
use phony_carriers::twilio::voices;
use phony_models::realtime;
use url::Url;

use super::reader::{Reader, is_loopback};

/// In the clear only on this machine: calls and the key go through it.
pub(super) fn realtime_url(reader: &mut Reader<'_>) -> Url {
    let url = reader.url("OPENAI_REALTIME_URL", realtime::DEFAULT_URL, &["wss", "ws"]);
    if url.scheme() == "ws" && !is_loopback(&url) {
        reader
            .faults
            .push("OPENAI_REALTIME_URL must be wss unless it is a loopback address".to_owned());
    }
    if url.query().is_some() {
        reader
            .faults
            .push("OPENAI_REALTIME_URL must have no query; the model is added to it".to_owned());
    }
    url
}

/// A name as it goes into a URL and a price list.
pub(super) fn model_name(reader: &mut Reader<'_>, name: &str, default: &str) -> String {
    let model = reader.get(name).unwrap_or(default).to_owned();
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/');
    if model.len() > 100 || !model.chars().all(good) {
        reader
            .faults
            .push(format!("{name} must be the name of a model, such as {default}"));
    }
    model
}

pub(super) fn voice(reader: &mut Reader<'_>) -> String {
    let voice = reader
        .get("OPENAI_VOICE")
        .unwrap_or(personalities::DEFAULT_VOICE)
        .to_owned();
    if !voices::is_known(&voice) {
        let names: Vec<&str> = voices::CATALOGUE.iter().map(|voice| voice.name).collect();
        reader
            .faults
            .push(format!("OPENAI_VOICE must be one of {}", names.join(", ")));
    }
    voice
}
