//! Turns of the caller that the carrier listened for.

use std::fmt;

use super::BadForm;
use super::read::{id, number, status, text};
use crate::twilio::form::Form;
use crate::twilio::status::CarrierStatus;

/// More keys are not kept.
const MAX_DIGITS: usize = 128;

/// What the caller said or pressed.
#[derive(Clone, PartialEq)]
pub struct GatherAction {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The account that owns it.
    pub account_sid: String,
    /// Where the call stands.
    pub call_status: CarrierStatus,
    /// The words.
    pub speech_result: Option<String>,
    /// How sure the carrier is of them, 0 to 1; not to be relied upon.
    pub confidence: Option<f64>,
    /// The keys, without the one that ended them.
    pub digits: Option<String>,
    /// The key that ended them.
    pub finished_on_key: Option<String>,
    /// Language as the carrier heard it.
    pub language: Option<String>,
}

impl GatherAction {
    /// Reads a form body.
    ///
    /// # Errors
    /// An id is missing or contradictory.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let form = Form::parse(body);
        Ok(Self {
            call_sid: id(&form, "CallSid")?,
            account_sid: id(&form, "AccountSid")?,
            call_status: status(&form, "CallStatus"),
            speech_result: words(&form, "SpeechResult"),
            confidence: share(&form, "Confidence"),
            digits: keys(&form, "Digits"),
            finished_on_key: keys(&form, "FinishedOnKey"),
            language: text(&form, "Language"),
        })
    }

    /// Whether the caller neither spoke nor pressed a key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.speech_result.is_none() && self.digits.is_none()
    }
}

/// What the caller says, while he says it. At least once, in any order, late.
#[derive(Clone, PartialEq)]
pub struct GatherPartial {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The account that owns it.
    pub account_sid: String,
    /// Words that will not change; they only grow.
    pub stable_result: Option<String>,
    /// Words after them that the next form replaces.
    pub unstable_result: Option<String>,
    /// How stable those are, 0 to 1.
    pub stability: Option<f64>,
    /// How sure the carrier is of the words, 0 to 1.
    pub confidence: Option<f64>,
    /// Counts the forms of a turn.
    pub sequence_number: Option<i64>,
    /// Language as the carrier heard it.
    pub language: Option<String>,
}

impl GatherPartial {
    /// Reads a form body.
    ///
    /// # Errors
    /// An id is missing or contradictory.
    pub fn parse(body: &[u8]) -> Result<Self, BadForm> {
        let form = Form::parse(body);
        Ok(Self {
            call_sid: id(&form, "CallSid")?,
            account_sid: id(&form, "AccountSid")?,
            stable_result: words(&form, "StableSpeechResult"),
            unstable_result: words(&form, "UnstableSpeechResult"),
            stability: share(&form, "Stability"),
            confidence: share(&form, "Confidence"),
            sequence_number: number(&form, "SequenceNumber").filter(|count| *count >= 0),
            language: text(&form, "Language"),
        })
    }

    /// All words so far.
    #[must_use]
    pub fn words(&self) -> String {
        let parts = [self.stable_result.as_deref(), self.unstable_result.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

debug_by_call!(GatherAction: call_status, GatherPartial: sequence_number);

fn words(form: &Form, name: &str) -> Option<String> {
    let words = text(form, name)?;
    let words = words.trim();
    (!words.is_empty()).then(|| words.to_owned())
}

fn share(form: &Form, name: &str) -> Option<f64> {
    number::<f64>(form, name).filter(|share| (0.0..=1.0).contains(share))
}

fn keys(form: &Form, name: &str) -> Option<String> {
    let is_key = |key: &char| key.is_ascii_digit() || matches!(key, '*' | '#' | 'A'..='D');
    let keys: String = text(form, name)?
        .chars()
        .map(|key| key.to_ascii_uppercase())
        .filter(is_key)
        .take(MAX_DIGITS)
        .collect();
    (!keys.is_empty()).then_some(keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn action(extra: &str) -> GatherAction {
        GatherAction::parse(format!("CallSid=CA1&AccountSid=AC1&{extra}").as_bytes()).unwrap()
    }

    fn partial(extra: &str) -> GatherPartial {
        GatherPartial::parse(format!("CallSid=CA1&AccountSid=AC1&{extra}").as_bytes()).unwrap()
    }

    #[test]
    fn words_and_keys_are_read() {
        let spoken = action(
            "CallStatus=in-progress&SpeechResult=I+need+a+table.&Confidence=0.9128&Language=en-US&msg=Gather+End",
        );
        assert_eq!(spoken.speech_result.as_deref(), Some("I need a table."));
        assert_eq!(spoken.confidence, Some(0.9128));
        assert_eq!(spoken.language.as_deref(), Some("en-US"));
        assert_eq!(spoken.call_status, CarrierStatus::InProgress);
        assert_eq!((spoken.digits.as_deref(), spoken.is_empty()), (None, false));

        let pressed = action("Digits=12%2A4&FinishedOnKey=%23");
        assert_eq!(pressed.digits.as_deref(), Some("12*4"));
        assert_eq!(pressed.finished_on_key.as_deref(), Some("#"));
        assert!(!pressed.is_empty());
    }

    #[test]
    fn a_silent_caller_is_no_failure() {
        for extra in ["", "Digits=&SpeechResult=", "SpeechResult=++&Digits=hangup%20"] {
            let silent = action(extra);
            assert_eq!(silent.speech_result, None, "{extra}");
            assert_eq!(silent.is_empty(), silent.digits.is_none());
        }
        assert!(action("Digits=").is_empty());
    }

    #[test]
    fn a_confidence_that_is_none_is_absent() {
        for text in [
            "", "high", "NaN", "inf", "-0.1", "1.01", "1e9", "0,5", "%F0%9F", "0x1",
        ] {
            assert_eq!(action(&format!("Confidence={text}")).confidence, None, "{text}");
        }
        assert_eq!(action("SpeechResult=x").confidence, None);
        assert_eq!(action("Confidence=+1.0+").confidence, Some(1.0));
        assert_eq!(action("Confidence=0").confidence, Some(0.0));
    }

    #[test]
    fn keys_are_bounded() {
        let digits = action(&format!("Digits={}", "7".repeat(1_000))).digits.unwrap();
        assert_eq!(digits.len(), MAX_DIGITS);
    }

    #[test]
    fn unfinished_words_are_read() {
        let both = partial(
            "StableSpeechResult=I+need&UnstableSpeechResult=a+tab&Stability=0.8&Confidence=0&SequenceNumber=3&Language=en-US",
        );
        assert_eq!(both.words(), "I need a tab");
        assert_eq!(
            (both.sequence_number, both.stability, both.confidence),
            (Some(3), Some(0.8), Some(0.0))
        );
        assert_eq!(partial("UnstableSpeechResult=hel").words(), "hel");
        let odd = partial("SequenceNumber=-1&Stability=much");
        assert_eq!(
            (odd.words().as_str(), odd.sequence_number, odd.stability),
            ("", None, None)
        );
    }

    #[test]
    fn who_the_call_is_cannot_be_missing_and_words_are_not_logged() {
        let missing = BadForm::Missing("CallSid");
        assert_eq!(GatherAction::parse(b"AccountSid=AC1").unwrap_err(), missing);
        assert_eq!(GatherPartial::parse(b"AccountSid=AC1").unwrap_err(), missing);
        let logged = format!(
            "{:?} {:?}",
            action("SpeechResult=secret&Digits=4321"),
            partial("UnstableSpeechResult=secret")
        );
        assert!(!logged.contains("secret") && !logged.contains("4321"), "{logged}");
    }

    proptest! {
        #[test]
        fn no_body_is_a_failure_of_ours(body in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut whole = b"CallSid=CA1&AccountSid=AC1&Confidence=".to_vec();
            whole.extend(&body);
            let _ = GatherPartial::parse(&whole);
            if let Ok(action) = GatherAction::parse(&whole) {
                prop_assert!(action.confidence.is_none_or(|share| (0.0..=1.0).contains(&share)));
                prop_assert!(action.digits.is_none_or(|keys| !keys.is_empty() && keys.len() <= MAX_DIGITS));
            }
        }
    }
}
