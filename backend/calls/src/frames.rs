//! The carrier's frames as inputs of a conversation.

use phony_carriers::twilio::relay::FromCarrier;
use phony_conversation::core::Input;

/// What a frame of the carrier means.
pub(crate) fn read(frame: &str) -> Option<Input> {
    let message = match FromCarrier::parse(frame) {
        Ok(message) => message,
        Err(error) => {
            tracing::warn!(error = %error, "a message of the carrier cannot be read");
            return None;
        }
    };
    match message {
        FromCarrier::Prompt {
            voice_prompt,
            lang,
            last: true,
        } => Some(Input::CallerFinal {
            text: voice_prompt,
            language: lang,
        }),
        FromCarrier::Prompt { voice_prompt, .. } => Some(Input::CallerPartial { text: voice_prompt }),
        FromCarrier::Dtmf { digit } => Some(Input::Dtmf { digit }),
        FromCarrier::Interrupt {
            utterance_until_interrupt,
            duration_until_interrupt_ms,
        } => Some(Input::CallerInterrupted {
            heard: utterance_until_interrupt,
            heard_ms: duration_until_interrupt_ms,
        }),
        FromCarrier::Info { name, value, .. } => match name.as_str() {
            "agentSpeaking" => Some(Input::AgentSpeaking {
                on: value.eq_ignore_ascii_case("on"),
            }),
            "tokensPlayed" => Some(Input::Played { text: value }),
            _ => None,
        },
        FromCarrier::Error { description } => {
            tracing::warn!(carrier.error = %description, "the carrier did not understand a message of ours");
            None
        }
        // A carrier that replays its setup is no new caller.
        FromCarrier::Setup(_) | FromCarrier::Unknown { .. } => None,
    }
}
