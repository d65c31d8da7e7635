//! The messages of a browser's socket, both ways. Pure: no socket, no clock.

use bytes::{BufMut as _, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// Kind of a frame with the agent's sound.
pub const AGENT_SOUND: u8 = 2;
/// Kind of a frame with the microphone's sound.
pub const MICROPHONE: u8 = 16;
/// Bytes before the sound: its kind and its time.
const HEAD_BYTES: usize = 5;
/// Shortest sound of a microphone's frame: 20 ms.
pub const MIN_SOUND_BYTES: usize = 160;
/// Longest: 200 ms.
pub const MAX_SOUND_BYTES: usize = 1_600;
/// Longest typed message in bytes; what a conversation takes of it is shorter.
const MAX_TEXT_BYTES: usize = 8_192;
/// Most keys of one message.
const MAX_KEYS: usize = 32;
/// Longest name of a mark.
const MAX_NAME_BYTES: usize = 64;

/// What a browser says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Said {
    /// Everything before this mark was played.
    Mark {
        /// As it was named.
        name: String,
    },
    /// Keys.
    Dtmf {
        /// Of `0-9 * # A-D`.
        digits: String,
    },
    /// Typed words.
    Say {
        /// The words.
        text: String,
    },
    /// The caller hangs up.
    Bye,
}

impl Said {
    /// Reads a message; none is one that is no message of ours, or has more than it may.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        let said: Self = serde_json::from_str(text).ok()?;
        let fits = match &said {
            Self::Mark { name } => !name.is_empty() && name.len() <= MAX_NAME_BYTES,
            Self::Dtmf { digits } => is_keys(digits),
            Self::Say { text } => !text.trim().is_empty(),
            Self::Bye => true,
        };
        fits.then_some(said)
    }
}

fn is_keys(digits: &str) -> bool {
    let known = |key: char| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D');
    !digits.is_empty() && digits.len() <= MAX_KEYS && digits.chars().all(known)
}

/// What a browser is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Told<'a> {
    /// To be sent back once everything before it was played.
    Mark {
        /// Its name.
        name: &'a str,
    },
    /// Forget what was not played.
    Clear,
    /// The agent's words.
    Text {
        /// The words, with their own spaces.
        text: &'a str,
        /// Whether this ends what the agent says now.
        last: bool,
    },
    /// The agent presses keys.
    Dtmf {
        /// Which.
        digits: &'a str,
    },
}

impl Told<'_> {
    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The sound in a frame of a microphone; none is a frame that is none.
#[must_use]
pub fn microphone(frame: &[u8]) -> Option<(u32, &[u8])> {
    let (head, sound) = frame.split_at_checked(HEAD_BYTES)?;
    let (kind, time) = head.split_first()?;
    let time_ms = u32::from_be_bytes(time.try_into().ok()?);
    let fits = (MIN_SOUND_BYTES..=MAX_SOUND_BYTES).contains(&sound.len());
    (*kind == MICROPHONE && fits).then_some((time_ms, sound))
}

/// A frame with the agent's sound.
pub(super) fn agent(time_ms: u32, sound: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(HEAD_BYTES + sound.len());
    frame.put_u8(AGENT_SOUND);
    frame.put_u32(time_ms);
    frame.put_slice(sound);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn of_any_bytes_only_a_microphones_sound_is_taken_whole(
            kind in prop_oneof![Just(MICROPHONE), any::<u8>()],
            time_ms: u32,
            sound in prop::collection::vec(any::<u8>(), 0..2 * MAX_SOUND_BYTES),
            cut in 0_usize..2 * MAX_SOUND_BYTES,
        ) {
            let mut frame = vec![kind];
            frame.extend(time_ms.to_be_bytes());
            frame.extend(&sound);
            let is_sound = kind == MICROPHONE && (MIN_SOUND_BYTES..=MAX_SOUND_BYTES).contains(&sound.len());
            prop_assert_eq!(microphone(&frame), is_sound.then_some((time_ms, sound.as_slice())));
            frame.truncate(cut);
            let taken = microphone(&frame).map(|(_, sound)| sound.len());
            prop_assert!(taken.is_none_or(|bytes| bytes + HEAD_BYTES == frame.len()));
        }

        #[test]
        fn of_any_text_only_what_is_bounded_is_read(
            text in prop_oneof![
                any::<String>(),
                (any::<String>(), "(mark|dtmf|say|bye)").prop_map(|(value, op)| {
                    serde_json::json!({ "op": op, "name": value, "digits": value, "text": value }).to_string()
                }),
                "[0-9*#A-D]{0,40}".prop_map(|keys| serde_json::json!({ "op": "dtmf", "digits": keys }).to_string()),
            ]
        ) {
            match Said::read(&text) {
                Some(Said::Mark { name }) => prop_assert!((1..=MAX_NAME_BYTES).contains(&name.len())),
                Some(Said::Dtmf { digits }) => prop_assert!(is_keys(&digits)),
                Some(Said::Say { text: words }) => prop_assert!(!words.trim().is_empty() && words.len() <= text.len()),
                Some(Said::Bye) | None => {}
            }
        }
    }

    #[test]
    fn messages_are_read_and_others_are_none() {
        let read = |text: &str| Said::read(text);
        assert_eq!(read(r#"{"op":"bye"}"#), Some(Said::Bye));
        let name = "0.1600".to_owned();
        assert_eq!(
            read(r#"{"op":"mark","name":"0.1600"}"#),
            Some(Said::Mark { name })
        );
        let digits = "12#".to_owned();
        assert_eq!(
            read(r#"{"op":"dtmf","digits":"12#"}"#),
            Some(Said::Dtmf { digits })
        );
        let text = "hello".to_owned();
        assert_eq!(read(r#"{"op":"say","text":"hello"}"#), Some(Said::Say { text }));
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"op":"sing"}"#,
            r#"{"op":"dtmf","digits":"x"}"#,
            r#"{"op":"dtmf","digits":""}"#,
            r#"{"op":"dtmf","digits":"111111111111111111111111111111111"}"#,
            r#"{"op":"say","text":"  "}"#,
            r#"{"op":"mark","name":""}"#,
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        let long = format!(r#"{{"op":"say","text":"{}"}}"#, "a".repeat(MAX_TEXT_BYTES));
        assert_eq!(read(&long), None);
    }

    #[test]
    fn what_a_browser_is_told_has_the_documented_form() {
        assert_eq!(Told::Clear.write(), r#"{"op":"clear"}"#);
        assert_eq!(
            Told::Mark { name: "0.8" }.write(),
            r#"{"op":"mark","name":"0.8"}"#
        );
        let text = Told::Text {
            text: " \"hi\"",
            last: true,
        };
        assert_eq!(text.write(), r#"{"op":"text","text":" \"hi\"","last":true}"#);
    }

    #[test]
    fn only_whole_frames_of_a_microphone_are_sound() {
        let frame = |kind: u8, bytes: usize| {
            let mut frame = vec![kind, 0, 0, 1, 2];
            frame.resize(HEAD_BYTES + bytes, 0xff);
            frame
        };
        let good = frame(MICROPHONE, 160);
        assert_eq!(microphone(&good), Some((258, &good[HEAD_BYTES..])));
        assert!(microphone(&frame(MICROPHONE, 1_600)).is_some());
        for bad in [
            vec![],
            vec![MICROPHONE],
            frame(MICROPHONE, 0),
            frame(MICROPHONE, 159),
            frame(MICROPHONE, 1_601),
            frame(AGENT_SOUND, 160),
        ] {
            assert_eq!(microphone(&bad), None, "{} bytes", bad.len());
        }
        assert_eq!(agent(258, &[7, 8])[..], [AGENT_SOUND, 0, 0, 1, 2, 7, 8]);
    }
}
