//! `<Gather>`: the carrier listens for one turn of the caller; and what can be heard meanwhile.

use super::{BadTwiml, MAX_SAY_BYTES, Out, check_web_url};

/// Most words to expect.
const MAX_HINTS: usize = 500;
/// Longest of them.
const MAX_HINT_CHARS: usize = 100;
/// Longest wait for the caller.
const MAX_TIMEOUT_SECONDS: u32 = 600;

/// Something for the caller to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// Words.
    Say {
        /// Which.
        text: String,
        /// A voice of the carrier's, or its basic one.
        voice: Option<String>,
        /// Language of the words, or that of the voice.
        language: Option<String>,
    },
    /// A recording.
    Play {
        /// Where it is.
        url: String,
    },
    /// Silence.
    Pause {
        /// How long.
        seconds: u32,
    },
}

impl Prompt {
    pub(super) fn write(&self, out: &mut Out) -> Result<(), BadTwiml> {
        match self {
            Self::Say {
                text,
                voice,
                language,
            } => {
                if text.len() > MAX_SAY_BYTES {
                    return Err(BadTwiml::SayTooLong);
                }
                let mut attributes = Vec::new();
                attributes.extend(voice.as_deref().map(|voice| ("voice", voice)));
                attributes.extend(language.as_deref().map(|language| ("language", language)));
                out.with_text("Say", &attributes, text)
            }
            Self::Play { url } => {
                check_web_url(url)?;
                out.with_text("Play", &[], url)
            }
            Self::Pause { seconds } => out.empty("Pause", &[("length", &seconds.to_string())]),
        }
    }
}

/// What a turn of the caller may be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatherInput {
    /// Keys.
    Dtmf,
    /// Words.
    Speech,
    /// Whichever comes first.
    Both,
}

/// When the caller's words are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechTimeout {
    /// At the first pause that the carrier takes for an end.
    Auto,
    /// After so much silence.
    Seconds(u32),
}

/// One turn of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gather {
    /// Asked with what the caller said or pressed.
    pub action: String,
    /// Told what the caller says while he says it.
    pub partial_action: Option<String>,
    /// What counts.
    pub input: GatherInput,
    /// How long the caller may be silent before the next verb is done.
    pub timeout_seconds: u32,
    /// When the caller's words are over.
    pub speech_timeout: SpeechTimeout,
    /// After how many keys the turn is over.
    pub num_digits: Option<u32>,
    /// The key that ends the turn; with `None` every key counts.
    pub finish_on_key: Option<char>,
    /// Language of the caller, with its country.
    pub language: String,
    /// What hears; the carrier's own choice when `None`.
    pub speech_model: Option<String>,
    /// Words the hearing should expect.
    pub hints: Vec<String>,
    /// Whether the caller's words cut off the prompt; keys always do.
    pub barge_in: bool,
    /// Heard first.
    pub prompt: Vec<Prompt>,
}

impl Gather {
    /// A turn as our calls use it: words or keys, the caller may always cut in.
    #[must_use]
    pub fn new(action: impl Into<String>, language: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            partial_action: None,
            input: GatherInput::Both,
            timeout_seconds: 5,
            speech_timeout: SpeechTimeout::Auto,
            num_digits: None,
            finish_on_key: Some('#'),
            language: language.into(),
            speech_model: None,
            hints: Vec::new(),
            barge_in: true,
            prompt: Vec::new(),
        }
    }

    pub(super) fn write(&self, out: &mut Out) -> Result<(), BadTwiml> {
        check_web_url(&self.action)?;
        let timeout = self.timeout_seconds.clamp(1, MAX_TIMEOUT_SECONDS).to_string();
        let speech_timeout = match self.speech_timeout {
            SpeechTimeout::Auto => "auto".to_owned(),
            SpeechTimeout::Seconds(seconds) => seconds.clamp(1, MAX_TIMEOUT_SECONDS).to_string(),
        };
        let num_digits = self.num_digits.map(|count| count.max(1).to_string());
        let finish_on_key = self.finish_key()?;
        let hints = self.hints()?;
        let mut attributes = vec![
            ("action", self.action.as_str()),
            ("method", "POST"),
            (
                "input",
                match self.input {
                    GatherInput::Dtmf => "dtmf",
                    GatherInput::Speech => "speech",
                    GatherInput::Both => "dtmf speech",
                },
            ),
            ("timeout", &timeout),
            ("speechTimeout", &speech_timeout),
            ("finishOnKey", &finish_on_key),
            // A silent caller is the next verb's matter.
            ("actionOnEmptyResult", "false"),
            ("language", &self.language),
            ("bargeIn", if self.barge_in { "true" } else { "false" }),
        ];
        if let Some(url) = &self.partial_action {
            check_web_url(url)?;
            attributes.extend([
                ("partialResultCallback", url.as_str()),
                ("partialResultCallbackMethod", "POST"),
            ]);
        }
        attributes.extend(num_digits.as_deref().map(|count| ("numDigits", count)));
        attributes.extend(self.speech_model.as_deref().map(|model| ("speechModel", model)));
        attributes.extend(hints.as_deref().map(|hints| ("hints", hints)));
        if self.prompt.is_empty() {
            return out.empty("Gather", &attributes);
        }
        out.open("Gather", &attributes)?;
        for prompt in &self.prompt {
            prompt.write(out)?;
        }
        out.close("Gather")
    }

    fn finish_key(&self) -> Result<String, BadTwiml> {
        match self.finish_on_key {
            None => Ok(String::new()),
            Some(key) if key.is_ascii_digit() || matches!(key, '*' | '#') => Ok(key.to_string()),
            Some(_) => Err(BadTwiml::BadKey),
        }
    }

    fn hints(&self) -> Result<Option<String>, BadTwiml> {
        let good = |hint: &String| !hint.contains(',') && hint.chars().count() <= MAX_HINT_CHARS;
        if self.hints.len() > MAX_HINTS || !self.hints.iter().all(good) {
            return Err(BadTwiml::BadHints);
        }
        Ok((!self.hints.is_empty()).then(|| self.hints.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Response;
    use super::*;

    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

    fn turn() -> Gather {
        Gather::new("/twilio/gather?token=a&n=1", "en-US")
    }

    fn write(gather: Gather) -> Result<String, BadTwiml> {
        Response::new().gather(gather).redirect("/twilio/gather").to_xml()
    }

    #[test]
    fn a_turn_sets_everything_it_depends_on() {
        let xml = write(Gather {
            partial_action: Some("/twilio/gather/partial?token=a".into()),
            speech_timeout: SpeechTimeout::Seconds(2),
            num_digits: Some(4),
            finish_on_key: None,
            speech_model: Some("phone_call".into()),
            hints: vec!["Phony".into(), "pay & go".into()],
            prompt: vec![
                Prompt::Say {
                    text: "Hi <you>".into(),
                    voice: Some("Google.en-US-Chirp3-HD-Kore".into()),
                    language: Some("en-US".into()),
                },
                Prompt::Play {
                    url: "https://h.example/a.wav".into(),
                },
                Prompt::Pause { seconds: 1 },
            ],
            ..turn()
        });
        assert_eq!(
            xml.unwrap(),
            format!(
                "{HEAD}<Response><Gather action=\"/twilio/gather?token=a&amp;n=1\" method=\"POST\" input=\"dtmf speech\" \
timeout=\"5\" speechTimeout=\"2\" finishOnKey=\"\" actionOnEmptyResult=\"false\" language=\"en-US\" bargeIn=\"true\" \
partialResultCallback=\"/twilio/gather/partial?token=a\" partialResultCallbackMethod=\"POST\" numDigits=\"4\" \
speechModel=\"phone_call\" hints=\"Phony,pay &amp; go\">\
<Say voice=\"Google.en-US-Chirp3-HD-Kore\" language=\"en-US\">Hi &lt;you&gt;</Say>\
<Play>https://h.example/a.wav</Play><Pause length=\"1\"/></Gather>\
<Redirect method=\"POST\">/twilio/gather</Redirect></Response>"
            )
        );
    }

    #[test]
    fn a_turn_may_be_silent_and_times_stay_in_range() {
        let xml = write(Gather {
            input: GatherInput::Speech,
            timeout_seconds: 0,
            speech_timeout: SpeechTimeout::Seconds(0),
            num_digits: Some(0),
            barge_in: false,
            ..turn()
        })
        .unwrap();
        for piece in [
            "input=\"speech\"",
            " timeout=\"1\"",
            "speechTimeout=\"1\"",
            "numDigits=\"1\"",
            "finishOnKey=\"#\"",
            "bargeIn=\"false\"",
        ] {
            assert!(xml.contains(piece), "{piece} in {xml}");
        }
        let auto = write(turn()).unwrap();
        assert!(auto.contains("speechTimeout=\"auto\""), "{auto}");
        assert!(!auto.contains("hints") && !auto.contains("partialResult") && !auto.contains("numDigits"));
    }

    #[test]
    fn what_the_carrier_would_refuse_is_not_sent() {
        let hints = |hints: Vec<String>| write(Gather { hints, ..turn() });
        assert!(hints(vec!["é".repeat(100); 100]).is_ok());
        assert_eq!(hints(vec!["é".repeat(101)]), Err(BadTwiml::BadHints));
        assert_eq!(hints(vec!["one, two".into()]), Err(BadTwiml::BadHints));
        assert!(hints(vec!["x".into(); 500]).is_ok());
        assert_eq!(hints(vec!["x".into(); 501]), Err(BadTwiml::BadHints));
        let key = |key| {
            write(Gather {
                finish_on_key: Some(key),
                ..turn()
            })
        };
        assert!(key('*').is_ok());
        assert_eq!(key('A'), Err(BadTwiml::BadKey));
        let prompt = |prompt| {
            write(Gather {
                prompt: vec![prompt],
                ..turn()
            })
        };
        assert_eq!(
            prompt(Prompt::Say {
                text: "x".repeat(4_001),
                voice: None,
                language: None
            }),
            Err(BadTwiml::SayTooLong)
        );
        assert_eq!(
            prompt(Prompt::Play {
                url: "ftp://h.example".into()
            }),
            Err(BadTwiml::BadUrl)
        );
        assert_eq!(
            write(Gather {
                partial_action: Some("partial".into()),
                ..turn()
            }),
            Err(BadTwiml::BadUrl)
        );
        assert_eq!(write(Gather::new("", "en-US")), Err(BadTwiml::BadUrl));
    }
}
