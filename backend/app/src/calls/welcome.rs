//! Whether a caller is welcome: whose calls a number takes, and when somebody is there.

use chrono::{DateTime, Utc};
use phony_conversation::EventBody;
use phony_conversation::plan::Personality;
use phony_db::calls::welcome::{self, Terms};
use phony_db::{TenantTx, personalities};
use phony_kernel::call::{CallStatus, ConversationState, EndedBy, EndedReason, Ending, Fault};
use phony_kernel::callers::{AfterHoursAction, CallerPolicy, Unwelcome};
use phony_kernel::{ContactId, E164, NumberId, Result};

use crate::outbound_policy;

const UNKNOWN: &str = "I am sorry, this line is for registered customers, and I do not know the number you are calling \
    from. Please call from your registered number, or ask customer service to register you. Goodbye.";
const NOT_PREMIUM: &str = "I am sorry, this line is for customers with the premium plan. Please ask customer service \
    about an upgrade, or call our general number. Goodbye.";
const CLOSED: &str = "Thank you for calling. We are closed at the moment. Please call again during our business hours. Goodbye.";

/// What was made of a caller.
#[derive(Debug)]
pub(super) struct Welcome {
    /// Who calls, if the tenant knows them.
    pub(super) contact: Option<ContactId>,
    /// What rings when nothing of ours answers.
    pub(super) fallback: Option<E164>,
    /// Who answers at this hour in place of the number's own personality.
    pub(super) instead: Option<Box<Personality>>,
    /// Why the call is not taken, if it is not.
    pub(super) away: Option<Away>,
    /// Whether the caller had to be known.
    checked: bool,
}

/// A call that is not taken.
#[derive(Debug)]
pub(super) struct Away {
    /// How it ends.
    pub(super) ending: Ending,
    /// What the caller hears; may be empty before they are sent on.
    pub(super) message: String,
    /// Whether those are the tenant's own words.
    pub(super) own_words: bool,
    /// Where the caller is sent then.
    pub(super) forward: Option<E164>,
}

/// Decides over a caller; verified first, so that nobody unknown reaches a person after hours either.
pub(super) async fn decide(tx: &mut TenantTx, number: NumberId, from: &str) -> Result<Welcome> {
    let mut terms = welcome::find_terms(tx, number, from).await?;
    terms.fallback = outbound_policy::keep_dialable(tx, terms.fallback.take()).await?;
    let mut welcome = Welcome {
        contact: terms.contact.map(|(id, _)| id),
        fallback: terms.fallback.clone(),
        instead: None,
        away: None,
        checked: terms.policy != CallerPolicy::Open,
    };
    if let Err(why) = terms.policy.check(terms.contact.map(|(_, plan)| plan)) {
        welcome.away = Some(turned_down(&terms, why));
        return Ok(welcome);
    }
    if is_open(&terms, Utc::now()) {
        return Ok(welcome);
    }
    if let Some(id) = terms
        .after_hours
        .as_ref()
        .filter(|after| after.action == AfterHoursAction::Personality)
        .and_then(|after| after.personality_id)
        && personalities::is_usable(tx, id).await?
    {
        welcome.instead = Some(Box::new(personalities::load_current(tx, id).await?));
        return Ok(welcome);
    }
    if let Some(after) = &mut terms.after_hours {
        after.forward_e164 = outbound_policy::keep_dialable(tx, after.forward_e164.take()).await?;
    }
    welcome.away = Some(closed(&terms));
    Ok(welcome)
}

impl Welcome {
    /// News of a call that has just come, for those who watch.
    pub(super) fn events(&self) -> Vec<EventBody> {
        let mut events = vec![EventBody::CallState {
            status: CallStatus::Ringing,
            ending: None,
        }];
        if self.checked {
            events.push(EventBody::ConversationState {
                state: ConversationState::Verifying,
            });
        }
        if let Some(away) = &self.away {
            events.push(EventBody::CallState {
                status: CallStatus::Ended,
                ending: Some(away.ending.clone()),
            });
        }
        events
    }
}

fn is_open(terms: &Terms, now: DateTime<Utc>) -> bool {
    terms.hours.as_ref().is_none_or(|hours| hours.is_open(now))
}

fn turned_down(terms: &Terms, why: Unwelcome) -> Away {
    let (own, standard, detail) = match why {
        Unwelcome::Unknown => (
            &terms.unknown_caller_message,
            UNKNOWN,
            "nobody among the contacts has the caller's number",
        ),
        Unwelcome::NotPremium => (
            &terms.not_premium_message,
            NOT_PREMIUM,
            "the caller does not have the premium plan",
        ),
    };
    let (message, own_words) = words(own, standard);
    Away {
        ending: Ending::of(EndedReason::VerificationFailed).with_detail(detail),
        message,
        own_words,
        forward: None,
    }
}

fn closed(terms: &Terms) -> Away {
    let after = terms.after_hours.as_ref();
    let forward = after
        .filter(|after| after.action == AfterHoursAction::Forward)
        .and_then(|after| after.forward_e164.clone());
    let own = after.map(|after| after.message.as_str()).unwrap_or_default();
    let standard = if forward.is_some() { "" } else { CLOSED };
    let (message, own_words) = words(own, standard);
    let detail = if forward.is_some() {
        "outside of business hours, the caller was forwarded"
    } else {
        "outside of business hours"
    };
    Away {
        // The list of reasons has none for closed doors; nobody is at fault.
        ending: Ending {
            by: EndedBy::Platform,
            fault: Fault::None,
            ..Ending::of(EndedReason::AgentHangup).with_detail(detail)
        },
        message,
        own_words,
        forward,
    }
}

fn words(own: &str, standard: &str) -> (String, bool) {
    let own = own.trim();
    if own.is_empty() {
        (standard.to_owned(), false)
    } else {
        (own.to_owned(), true)
    }
}

#[cfg(test)]
mod tests {
    use phony_kernel::callers::{AfterHours, ContactPlan};
    use phony_kernel::hours::BusinessHours;

    use super::*;

    fn terms() -> Terms {
        Terms {
            policy: CallerPolicy::Open,
            unknown_caller_message: String::new(),
            not_premium_message: "Premium only.".to_owned(),
            hours: None,
            after_hours: None,
            fallback: None,
            contact: Some((ContactId::new(), ContactPlan::Standard)),
        }
    }

    #[test]
    fn each_reason_has_its_own_words() {
        let terms = terms();
        let unknown = turned_down(&terms, Unwelcome::Unknown);
        assert_eq!((unknown.message.as_str(), unknown.own_words), (UNKNOWN, false));
        assert_eq!(unknown.ending.reason, EndedReason::VerificationFailed);
        let standard = turned_down(&terms, Unwelcome::NotPremium);
        assert_eq!(
            (standard.message.as_str(), standard.own_words),
            ("Premium only.", true)
        );
    }

    #[test]
    fn closed_doors_say_so_or_lead_elsewhere() {
        let mut terms = terms();
        assert!(is_open(&terms, Utc::now()), "no hours are all hours");
        terms.hours = Some(BusinessHours {
            time_zone: "UTC".to_owned(),
            ..BusinessHours::default()
        });
        assert!(!is_open(&terms, Utc::now()));
        assert_eq!(closed(&terms).message, CLOSED);
        terms.after_hours = Some(AfterHours {
            action: AfterHoursAction::Forward,
            message: String::new(),
            personality_id: None,
            forward_e164: Some("+14155550199".parse().unwrap()),
        });
        let away = closed(&terms);
        assert_eq!((away.message.as_str(), away.forward.is_some()), ("", true));
        assert_eq!(
            (away.ending.by, away.ending.fault),
            (EndedBy::Platform, Fault::None)
        );
    }
}
