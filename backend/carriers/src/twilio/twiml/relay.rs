//! `<ConversationRelay>`: the session in which the carrier hears and speaks, and we think.

use super::super::voices::RelayVoice;
use super::stream::{Parameter, write_parameters};
use super::{BadTwiml, Out, check_socket_url};

/// What of the caller counts, for one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Nothing.
    None,
    /// Keys only.
    Dtmf,
    /// Speech only.
    Speech,
    /// Both.
    Any,
}

impl Input {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Dtmf => "dtmf",
            Self::Speech => "speech",
            Self::Any => "any",
        }
    }
}

/// The settings of a session. There is no greeting: we speak it ourselves, so that it is in the ledger like
/// everything the agent says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRelay {
    /// Where our socket is: `wss://…`, or `ws://…` on loopback.
    pub url: String,
    /// Who speaks.
    pub voice: RelayVoice,
    /// Language of both sides, with its country.
    pub language: String,
    /// Who hears.
    pub transcription_provider: String,
    /// With what; the provider's own choice when `None`.
    pub speech_model: Option<String>,
    /// Words the hearing should expect, comma-separated.
    pub hints: Option<String>,
    /// What of the caller cuts the agent off.
    pub interruptible: Input,
    /// What of the caller is reported while the agent speaks.
    pub report_input_during_agent_speech: Input,
    /// Whether keys are reported.
    pub dtmf_detection: bool,
    /// Whether unfinished speech is reported.
    pub partial_prompts: bool,
    /// Given back in `setup`.
    pub parameters: Vec<Parameter>,
}

impl ConversationRelay {
    /// A session as our calls use it: the caller may always cut in, everything is reported.
    #[must_use]
    pub fn new(url: impl Into<String>, voice: RelayVoice, language: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            voice,
            language: language.into(),
            transcription_provider: "Deepgram".to_owned(),
            speech_model: None,
            hints: None,
            interruptible: Input::Any,
            report_input_during_agent_speech: Input::Any,
            dtmf_detection: true,
            partial_prompts: true,
            parameters: Vec::new(),
        }
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push(Parameter {
            name: name.into(),
            value: value.into(),
        });
        self
    }

    pub(super) fn write(&self, out: &mut Out) -> Result<(), BadTwiml> {
        check_socket_url(&self.url)?;
        let flag = |on: bool| if on { "true" } else { "false" };
        let mut attributes = vec![
            ("url", self.url.as_str()),
            ("language", &self.language),
            ("ttsProvider", self.voice.provider),
            ("voice", &self.voice.voice),
            ("transcriptionProvider", &self.transcription_provider),
            ("interruptible", self.interruptible.as_str()),
            (
                "reportInputDuringAgentSpeech",
                self.report_input_during_agent_speech.as_str(),
            ),
            ("dtmfDetection", flag(self.dtmf_detection)),
            ("partialPrompts", flag(self.partial_prompts)),
            // What was really heard decides what stays in the agent's memory.
            ("events", "speaker-events tokens-played"),
        ];
        attributes.extend(self.speech_model.as_deref().map(|model| ("speechModel", model)));
        attributes.extend(self.hints.as_deref().map(|hints| ("hints", hints)));
        if self.parameters.is_empty() {
            return out.empty("ConversationRelay", &attributes);
        }
        out.open("ConversationRelay", &attributes)?;
        write_parameters(out, &self.parameters)?;
        out.close("ConversationRelay")
    }
}
