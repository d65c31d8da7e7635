//! Who answered a call, as the carrier hears it.

use std::fmt;

use super::BadForm;
use super::read::{id, number, text};
use crate::twilio::form::Form;

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnsweredBy {
    /// A person.
    Human,
    /// A machine, whose greeting still runs.
    MachineStart,
    /// A machine; its tone was heard.
    MachineEndBeep,
    /// A machine; it is quiet after its greeting.
    MachineEndSilence,
    /// A machine; its greeting is over in another way.
    MachineEndOther,
    /// A fax machine.
    Fax,
    /// The carrier cannot tell, or says a word we do not know.
    Unknown,
}

impl AnsweredBy {
    /// Reads the carrier's word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().replace('-', "_").as_str() {
            "human" => Self::Human,
            "machine_start" => Self::MachineStart,
            "machine_end_beep" => Self::MachineEndBeep,
            "machine_end_silence" => Self::MachineEndSilence,
            "machine_end_other" => Self::MachineEndOther,
            "fax" => Self::Fax,
            _ => Self::Unknown,
        }
    }

    /// Whether a machine answered, and no fax.
    #[must_use]
    pub fn is_machine(self) -> bool {
        self == Self::MachineStart || self.takes_message()
    }

    /// Whether a message can be left now.
    #[must_use]
    pub fn takes_message(self) -> bool {
        matches!(
            self,
            Self::MachineEndBeep | Self::MachineEndSilence | Self::MachineEndOther
        )
    }
}

/// The verdict of an answering-machine check beside a call. It may come after the call's end.
#[derive(Clone, PartialEq, Eq)]
pub struct MachineVerdict {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The account that owns it.
    pub account_sid: String,
    /// Who answered.
    pub answered_by: AnsweredBy,
    /// The carrier's own word, as it came.
    pub raw: String,
    /// How long it took, from the answer.
    pub duration_ms: Option<i64>,
}

impl MachineVerdict {
    /// Reads a form body.
    ///
    /// # Errors
    /// An id is missing or contradictory.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let form = Form::parse(body);
        let raw = text(&form, "AnsweredBy").unwrap_or_default();
        Ok(Self {
            call_sid: id(&form, "CallSid")?,
            account_sid: id(&form, "AccountSid")?,
            answered_by: AnsweredBy::read(&raw),
            raw,
            duration_ms: number(&form, "MachineDetectionDuration").filter(|ms| *ms >= 0),
        })
    }
}

impl fmt::Debug for MachineVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MachineVerdict")
            .field("call_sid", &self.call_sid)
            .field("answered_by", &self.answered_by)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_word_is_read_in_any_case() {
        for (word, read, machine, message) in [
            ("human", AnsweredBy::Human, false, false),
            ("machine_start", AnsweredBy::MachineStart, true, false),
            ("MACHINE_END_BEEP", AnsweredBy::MachineEndBeep, true, true),
            ("machine-end-silence", AnsweredBy::MachineEndSilence, true, true),
            ("machine_end_other", AnsweredBy::MachineEndOther, true, true),
            ("fax", AnsweredBy::Fax, false, false),
            ("unknown", AnsweredBy::Unknown, false, false),
            ("parrot", AnsweredBy::Unknown, false, false),
        ] {
            let body = format!("AccountSid=AC1&CallSid=CA1&AnsweredBy={word}&MachineDetectionDuration=3200");
            let verdict = MachineVerdict::parse(body.as_bytes()).unwrap();
            assert_eq!(verdict.answered_by, read, "{word}");
            assert_eq!(
                (
                    verdict.answered_by.is_machine(),
                    verdict.answered_by.takes_message()
                ),
                (machine, message),
                "{word}"
            );
            assert_eq!((verdict.raw.as_str(), verdict.duration_ms), (word, Some(3_200)));
        }
        let bare = MachineVerdict::parse(b"AccountSid=AC1&CallSid=CA1").unwrap();
        assert_eq!(bare.answered_by, AnsweredBy::Unknown);
        assert!(MachineVerdict::parse(b"AccountSid=AC1").is_err());
    }
}
