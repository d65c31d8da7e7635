//! What a call is for, and which agreement of the person rung the policy asks for.

use serde::{Deserialize, Serialize};

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallPurpose {
    /// Something that the person has with the company: an order, an appointment, an answer.
    #[default]
    Transactional,
    /// Selling or advertising.
    Marketing,
}

/// What somebody has agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// To be rung about what they have with the company.
    Transactional,
    /// To be rung for selling or advertising.
    Marketing,
    /// To be spoken to by an artificial voice.
    AiVoice,
}

impl ConsentKind {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transactional => "transactional",
            Self::Marketing => "marketing",
            Self::AiVoice => "ai_voice",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Transactional, Self::Marketing, Self::AiVoice]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    /// What is missing, in words.
    pub(super) fn missing(self) -> &'static str {
        match self {
            Self::Transactional => "there is no consent on record to ring this number",
            Self::Marketing => "there is no consent on record to ring this number for marketing",
            Self::AiVoice => "there is no consent on record to ring this number with an AI voice",
        }
    }
}

/// Whether a consent must be there before a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentRule {
    /// Without it nobody is rung.
    Required,
    /// It is not looked for.
    NotRequired,
}

/// Which consents a call needs. Every call of an agent is one with an AI voice; each is also of its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentRules {
    /// For transactional calls.
    pub transactional: ConsentRule,
    /// For marketing calls.
    pub marketing: ConsentRule,
    /// For every call.
    pub ai_voice: ConsentRule,
}

impl Default for ConsentRules {
    /// Nobody is rung who has not agreed to it: to an artificial voice whatever the call is for, and to marketing
    /// besides (security and reliability, section 9).
    fn default() -> Self {
        Self {
            transactional: ConsentRule::NotRequired,
            marketing: ConsentRule::Required,
            ai_voice: ConsentRule::Required,
        }
    }
}

impl ConsentRules {
    /// The kinds that a call for this purpose needs.
    pub(super) fn needed(&self, purpose: CallPurpose) -> impl Iterator<Item = ConsentKind> {
        let of_purpose = match purpose {
            CallPurpose::Transactional => (ConsentKind::Transactional, self.transactional),
            CallPurpose::Marketing => (ConsentKind::Marketing, self.marketing),
        };
        [of_purpose, (ConsentKind::AiVoice, self.ai_voice)]
            .into_iter()
            .filter(|(_, rule)| *rule == ConsentRule::Required)
            .map(|(kind, _)| kind)
    }

    pub(super) fn changed(self, patch: ConsentRulesPatch) -> Self {
        Self {
            transactional: patch.transactional.unwrap_or(self.transactional),
            marketing: patch.marketing.unwrap_or(self.marketing),
            ai_voice: patch.ai_voice.unwrap_or(self.ai_voice),
        }
    }
}

/// Which rules to change; what is absent stays.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentRulesPatch {
    /// For transactional calls.
    #[serde(default)]
    pub transactional: Option<ConsentRule>,
    /// For marketing calls.
    #[serde(default)]
    pub marketing: Option<ConsentRule>,
    /// For every call.
    #[serde(default)]
    pub ai_voice: Option<ConsentRule>,
}

/// Which calls need a national list of the number's country that is no older than 31 days. A number on the list in
/// force is never rung, whatever this says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NationalListRule {
    /// All.
    Always,
    /// Those for marketing.
    #[default]
    Marketing,
    /// None.
    Never,
}

impl NationalListRule {
    /// Whether a call for this purpose needs a list.
    pub(super) fn asks(self, purpose: CallPurpose) -> bool {
        match self {
            Self::Always => true,
            Self::Marketing => purpose == CallPurpose::Marketing,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_needs_a_consent_until_the_company_says_otherwise() {
        let rules = ConsentRules::default();
        let needed = |purpose| rules.needed(purpose).collect::<Vec<_>>();
        assert_eq!(needed(CallPurpose::Transactional), [ConsentKind::AiVoice]);
        assert_eq!(
            needed(CallPurpose::Marketing),
            [ConsentKind::Marketing, ConsentKind::AiVoice]
        );
        let open = rules.changed(ConsentRulesPatch {
            ai_voice: Some(ConsentRule::NotRequired),
            ..ConsentRulesPatch::default()
        });
        assert_eq!(open.needed(CallPurpose::Transactional).count(), 0);
        assert_eq!(open.needed(CallPurpose::Marketing).count(), 1);
    }

    #[test]
    fn a_list_is_asked_for_as_the_rule_says() {
        for (rule, marketing, transactional) in [
            (NationalListRule::Always, true, true),
            (NationalListRule::Marketing, true, false),
            (NationalListRule::Never, false, false),
        ] {
            assert_eq!(rule.asks(CallPurpose::Marketing), marketing, "{rule:?}");
            assert_eq!(rule.asks(CallPurpose::Transactional), transactional, "{rule:?}");
        }
    }
}
