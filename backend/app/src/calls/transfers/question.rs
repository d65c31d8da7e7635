//! What the target of a warm transfer is asked, and where its answer goes.

use phony_carriers::twilio::twiml::{Gather, Prompt, Response};
use phony_carriers::twilio::voices;

use super::target::TransferMark;

/// How the target answers.
const ASK: &str = "To take the call, press 1 or say yes. To decline, press 2 or say no.";
/// How long the target may be silent before being asked again.
const ASK_SECONDS: u32 = 5;

/// An address of ours for news of a transfer, with `more` of its query.
pub(super) fn address(public_url: &str, path: &str, mark: TransferMark, more: Option<&str>) -> String {
    let more = more.map_or_else(String::new, |more| format!("&{more}"));
    format!("{public_url}{path}?{}{more}", mark.query())
}

/// The personality's voice at the carrier.
pub(super) struct Speaker {
    voice: Option<String>,
    language: String,
}

impl Speaker {
    /// By the catalogue's name; without one the carrier's own voice.
    pub(super) fn of(voice: &str, language: &str) -> Self {
        let language = voices::locale(language);
        let voice = (!voice.is_empty()).then(|| {
            let voice = voices::relay_voice(voice, &language);
            format!("{}.{}", voice.provider, voice.voice)
        });
        Self { voice, language }
    }

    fn prompt(&self, text: &str) -> Prompt {
        Prompt::Say {
            text: text.to_owned(),
            voice: self.voice.clone(),
            language: Some(self.language.clone()),
        }
    }
}

/// Tells the target what it is about, if it was not told before, and asks.
pub(super) fn question(
    public_url: &str,
    mark: TransferMark,
    speaker: &Speaker,
    brief: Option<&str>,
    asked: u32,
) -> Response {
    let asked = format!("asked={asked}");
    let action = address(public_url, "/twilio/transfer/answer", mark, Some(&asked));
    let gather = Gather {
        timeout_seconds: ASK_SECONDS,
        num_digits: Some(1),
        finish_on_key: None,
        // Who answers says hello, and would cut off what it is about.
        barge_in: false,
        hints: ["yes", "no", "accept", "decline"].map(str::to_owned).to_vec(),
        prompt: brief
            .into_iter()
            .chain([ASK])
            .map(|text| speaker.prompt(text))
            .collect(),
        ..Gather::new(action.as_str(), speaker.language.as_str())
    };
    Response::new().gather(gather).redirect(action)
}
