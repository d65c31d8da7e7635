//! Rules set from outside: when the caller says this, the model says that.

use serde::{Deserialize, Serialize};

use super::split::Split;

/// One rule; the first that fits wins, before anything the model would say by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// Found in the caller's last words, whatever the letter case. Empty fits always.
    pub(crate) when_contains: String,
    /// `{said}` stands for the caller's last words.
    pub(crate) reply: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_token_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokens_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) split: Option<Split>,
    /// How often it applies; for ever when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u32>,
}

/// Takes the first rule that fits and counts its use.
pub(crate) fn take(rules: &mut Vec<Rule>, said: &str) -> Option<Rule> {
    let said_lower = said.to_lowercase();
    let at = rules
        .iter()
        .position(|rule| said_lower.contains(&rule.when_contains.to_lowercase()))?;
    let mut rule = rules[at].clone();
    match &mut rules[at].times {
        Some(1) => {
            rules.remove(at);
        }
        Some(times) => *times = times.saturating_sub(1),
        None => {}
    }
    rule.reply = rule.reply.replace("{said}", said);
    Some(rule)
}
