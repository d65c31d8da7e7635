//! Who may talk over a number, and how numbers are taken out of a pool: closed words that Rust, SQL, JSON and the
//! UI share.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::call::words;
use crate::{E164, PersonalityId};

words! {
    /// Whose calls to a number are answered.
    CallerPolicy {
        /// Everybody's.
        Open = "open",
        /// Of people among the contacts.
        KnownContacts = "known_contacts",
        /// Of contacts with the premium plan.
        PremiumContacts = "premium_contacts",
    }
}

words! {
    /// What a contact has subscribed to with the tenant.
    ContactPlan {
        /// As everybody.
        Standard = "standard",
        /// More.
        Premium = "premium",
    }
}

words! {
    /// How a pool chooses the number that a call goes out over.
    PoolStrategy {
        /// One after the other.
        RoundRobin = "round_robin",
        /// The one that was taken least.
        LeastUsed = "least_used",
        /// The one nearest to the called party.
        LocalPresence = "local_presence",
    }
}

words! {
    /// What a caller meets outside of business hours.
    AfterHoursAction {
        /// A message, and the end.
        Message = "message",
        /// Another personality.
        Personality = "personality",
        /// Somebody else's telephone.
        Forward = "forward",
    }
}

/// What callers meet outside of business hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AfterHours {
    /// What happens.
    pub action: AfterHoursAction,
    /// What they hear; empty is the standard words for a message, and none before they are forwarded.
    #[serde(default)]
    pub message: String,
    /// Who answers then.
    #[serde(default)]
    #[schema(required)]
    pub personality_id: Option<PersonalityId>,
    /// Where they are sent then.
    #[serde(default)]
    #[schema(required)]
    pub forward_e164: Option<E164>,
}

impl CallerPolicy {
    /// Whether a caller with this plan, or without one, is answered.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn check(self, contact: Option<ContactPlan>) -> Result<(), Unwelcome> {
        match (self, contact) {
            (Self::Open, _)
            | (Self::KnownContacts, Some(_))
            | (Self::PremiumContacts, Some(ContactPlan::Premium)) => Ok(()),
            (_, None) => Err(Unwelcome::Unknown),
            (_, Some(ContactPlan::Standard)) => Err(Unwelcome::NotPremium),
        }
    }
}

/// Why a caller is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwelcome {
    /// Nobody knows the number they call from.
    Unknown,
    /// A contact without the premium plan.
    NotPremium,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_lets_in_whom_it_names() {
        let (standard, premium) = (Some(ContactPlan::Standard), Some(ContactPlan::Premium));
        for contact in [None, standard, premium] {
            assert_eq!(CallerPolicy::Open.check(contact), Ok(()));
        }
        let known = CallerPolicy::KnownContacts;
        assert_eq!(known.check(None), Err(Unwelcome::Unknown));
        assert_eq!(known.check(standard), Ok(()));
        assert_eq!(known.check(premium), Ok(()));
        let best = CallerPolicy::PremiumContacts;
        assert_eq!(best.check(None), Err(Unwelcome::Unknown));
        assert_eq!(best.check(standard), Err(Unwelcome::NotPremium));
        assert_eq!(best.check(premium), Ok(()));
    }
}
