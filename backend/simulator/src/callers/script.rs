//! The steps of a caller script as they are written in JSON.

use serde::Deserialize;

use crate::clock::Millis;

/// One thing a person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Say something; politely after the agent has finished, or `at_once`.
    Say { text: String, at_once: bool },
    /// Do nothing for a while.
    Wait(Millis),
    /// Press keys.
    Press(String),
    /// Let the agent speak this long, then talk over it.
    Interrupt { after_ms: Millis, say: String },
    /// Wait until the agent has said this. The limit is real time.
    WaitFor { text: String, timeout_ms: u64 },
    /// Hang up.
    HangUp,
}

/// A step as it arrives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawStep {
    say: Option<String>,
    #[serde(default)]
    at_once: bool,
    wait_ms: Option<Millis>,
    silence_ms: Option<Millis>,
    press: Option<String>,
    interrupt_after_ms: Option<Millis>,
    wait_for: Option<String>,
    timeout_ms: Option<u64>,
    hangup: Option<bool>,
}

impl TryFrom<RawStep> for Step {
    type Error = String;

    fn try_from(raw: RawStep) -> Result<Self, String> {
        if let Some(after_ms) = raw.interrupt_after_ms {
            let say = raw.say.ok_or("interrupt_after_ms needs say")?;
            return Ok(Self::Interrupt { after_ms, say });
        }
        if let Some(text) = raw.wait_for {
            return Ok(Self::WaitFor {
                text,
                timeout_ms: raw.timeout_ms.unwrap_or(10_000),
            });
        }
        if let Some(text) = raw.say {
            return Ok(Self::Say {
                text,
                at_once: raw.at_once,
            });
        }
        if let Some(ms) = raw.wait_ms.or(raw.silence_ms) {
            return Ok(Self::Wait(ms));
        }
        if let Some(digits) = raw.press {
            let known = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#');
            if digits.is_empty() || !digits.chars().all(known) {
                return Err(format!("cannot press {digits:?}: keys are 0-9, * and #"));
            }
            return Ok(Self::Press(digits));
        }
        if raw.hangup == Some(true) {
            return Ok(Self::HangUp);
        }
        Err("a step needs say, wait_ms, silence_ms, press, interrupt_after_ms, wait_for or hangup".to_owned())
    }
}

/// Reads a whole script.
pub(crate) fn read(raw: Vec<RawStep>) -> Result<Vec<Step>, String> {
    raw.into_iter()
        .enumerate()
        .map(|(at, step)| Step::try_from(step).map_err(|why| format!("script[{at}]: {why}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_step() {
        let raw: Vec<RawStep> = serde_json::from_str(
            r##"[{"say":"hi"},{"say":"now","at_once":true},{"wait_ms":5},{"silence_ms":6},{"press":"1#"},
               {"interrupt_after_ms":700,"say":"wait"},{"wait_for":"bye","timeout_ms":9},{"hangup":true}]"##,
        )
        .unwrap();
        let steps = read(raw).unwrap();
        assert_eq!(steps.len(), 8);
        assert_eq!(
            steps[1],
            Step::Say {
                text: "now".into(),
                at_once: true
            }
        );
        assert_eq!(
            steps[5],
            Step::Interrupt {
                after_ms: 700,
                say: "wait".into()
            }
        );
        assert_eq!(steps[7], Step::HangUp);
    }

    #[test]
    fn says_which_step_is_wrong() {
        let raw: Vec<RawStep> = serde_json::from_str(r#"[{"say":"hi"},{"press":"x"}]"#).unwrap();
        assert!(read(raw).unwrap_err().starts_with("script[1]"));
        assert!(serde_json::from_str::<RawStep>(r#"{"dance":true}"#).is_err());
    }
}
