//! The steps of a caller script as they are written in JSON.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::clock::Millis;
use crate::stream::faults::{Kind, LineFault};

/// Loudness of noise when a script does not say: a busy street through a telephone.
const NOISE_DB: i32 = -40;

/// One thing a person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Say something; politely after the agent has finished, or `at_once`.
    Say {
        text: String,
        at_once: bool,
        voice: Option<String>,
    },
    /// Do nothing for a while.
    Wait(Millis),
    /// Press keys.
    Press(String),
    /// Make noise of a loudness in decibels below the loudest. Heard on streams only.
    Noise { ms: Millis, level_db: i32 },
    /// A short loud noise that is no word. Heard on streams only.
    Cough(Millis),
    /// Let the agent speak this long, then do this over it.
    Interrupt { after_ms: Millis, act: Box<Step> },
    /// Something goes wrong with the stream.
    Line(LineFault),
    /// Wait until the agent has said this. The limit is real time.
    WaitFor { text: String, timeout_ms: u64 },
    /// Hang up.
    HangUp,
    /// The first words of whoever answered are over.
    Greeted,
    /// The tone of a mailbox.
    Beep,
    /// Listen until somebody has said something, or gave up.
    Listen,
    /// Wait for a key and do what belongs to it; an unknown one is asked for again.
    Menu {
        prompt: String,
        choices: BTreeMap<String, Vec<Step>>,
    },
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
    voice: Option<String>,
    noise_ms: Option<Millis>,
    level_db: Option<i32>,
    cough_ms: Option<Millis>,
    beep: Option<bool>,
    listen: Option<bool>,
    line: Option<Kind>,
    ms: Option<Millis>,
}

impl TryFrom<RawStep> for Step {
    type Error = String;

    fn try_from(mut raw: RawStep) -> Result<Self, String> {
        if let Some(after_ms) = raw.interrupt_after_ms.take() {
            raw.at_once = true;
            return match Self::try_from(raw) {
                Ok(act @ (Self::Say { .. } | Self::Press(_) | Self::Noise { .. } | Self::Cough(_))) => {
                    Ok(Self::Interrupt {
                        after_ms,
                        act: Box::new(act),
                    })
                }
                _ => Err("interrupt_after_ms needs say, press, noise_ms or cough_ms".to_owned()),
            };
        }
        if let Some(fault) = raw.line {
            let ms = raw.ms;
            return Ok(Self::Line(LineFault { fault, ms }));
        }
        if let Some(ms) = raw.noise_ms {
            let level_db = raw.level_db.unwrap_or(NOISE_DB);
            if !(-90..=0).contains(&level_db) {
                return Err(format!("level_db {level_db} is not between -90 and 0"));
            }
            return Ok(Self::Noise { ms, level_db });
        }
        if let Some(ms) = raw.cough_ms {
            return Ok(Self::Cough(ms));
        }
        if let Some(text) = raw.wait_for {
            return Ok(Self::WaitFor {
                text,
                timeout_ms: raw.timeout_ms.unwrap_or(45_000),
            });
        }
        if let Some(text) = raw.say {
            return Ok(Self::Say {
                text,
                at_once: raw.at_once,
                voice: raw.voice,
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
        for (asked, step) in [
            (raw.hangup, Self::HangUp),
            (raw.beep, Self::Beep),
            (raw.listen, Self::Listen),
        ] {
            if asked == Some(true) {
                return Ok(step);
            }
        }
        Err(
            "a step needs say, wait_ms, silence_ms, press, noise_ms, cough_ms, beep, listen, interrupt_after_ms, wait_for, \
line or hangup"
                .to_owned(),
        )
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
               {"interrupt_after_ms":700,"say":"wait"},{"wait_for":"bye","timeout_ms":9},{"hangup":true},
               {"noise_ms":800,"level_db":-35},{"cough_ms":300},{"interrupt_after_ms":9,"cough_ms":200},
               {"line":"packet_gap","ms":60},{"say":"x","voice":"marin"},{"beep":true},{"listen":true}]"##,
        )
        .unwrap();
        let steps = read(raw).unwrap();
        assert_eq!(steps.len(), 15);
        assert_eq!(
            steps[1],
            Step::Say {
                text: "now".into(),
                at_once: true,
                voice: None
            }
        );
        assert_eq!(
            steps[5],
            Step::Interrupt {
                after_ms: 700,
                act: Box::new(Step::Say {
                    text: "wait".into(),
                    at_once: true,
                    voice: None
                })
            }
        );
        assert_eq!(
            steps[8],
            Step::Noise {
                ms: 800,
                level_db: -35
            }
        );
        assert_eq!(
            steps[10],
            Step::Interrupt {
                after_ms: 9,
                act: Box::new(Step::Cough(200))
            }
        );
        assert_eq!(
            steps[11],
            Step::Line(LineFault {
                fault: Kind::PacketGap,
                ms: Some(60)
            })
        );
        assert_eq!(steps[7], Step::HangUp);
    }

    #[test]
    fn says_which_step_is_wrong() {
        let raw: Vec<RawStep> = serde_json::from_str(r#"[{"say":"hi"},{"press":"x"}]"#).unwrap();
        assert!(read(raw).unwrap_err().starts_with("script[1]"));
        assert!(serde_json::from_str::<RawStep>(r#"{"dance":true}"#).is_err());
        for bad in [
            r#"{"interrupt_after_ms":5,"hangup":true}"#,
            r#"{"noise_ms":5,"level_db":9}"#,
        ] {
            assert!(read(vec![serde_json::from_str(bad).unwrap()]).is_err(), "{bad}");
        }
    }
}
