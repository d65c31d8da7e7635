//! What is settled about recording when a call begins, in the transaction that lets it in.

use phony_conversation::plan::Personality;
use phony_db::TenantTx;
use phony_db::recordings::policy::{self, NewPolicy, NumberRecording};
use phony_kernel::recording::{PersonalityRecording, PersonalityRecordingMode};
use phony_kernel::{CallId, NumberId, Result};

use super::notice::{Notice, NoticeKind};

/// Keeps with a call what was asked for when it was made (`record`), else what its personality says, else what its number
/// says, and returns what the caller hears before the conversation. A call that is not recorded costs nothing.
///
/// # Errors
/// Those of the database.
pub async fn prepare(
    tx: &mut TenantTx,
    call: CallId,
    number: &NumberRecording,
    record: Option<bool>,
    speaker: &Personality,
) -> Result<Option<Notice>> {
    let policy = settle(number, &speaker.recording);
    let mode = match record {
        Some(true) => "always",
        Some(false) => "off",
        None => policy.mode.as_str(),
    };
    // The call's own word is needed only where it is not the number's.
    if mode == "off" && number.mode == "off" && record.is_none() {
        return Ok(None);
    }
    let notice =
        Notice::of(&policy.consent, &policy.notice, Some(&speaker.language)).filter(|_| mode == "always");
    let kept = NewPolicy {
        mode,
        consent: &policy.consent,
        notice: &policy.notice,
        // Whoever is asked has been told when they answer.
        told: notice
            .as_ref()
            .is_some_and(|notice| notice.kind == NoticeKind::Announce),
    };
    policy::keep(tx, call, &kept).await?;
    Ok(notice)
}

/// What number and personality say together: whether calls are recorded is for the personality to say, if it says
/// anything. Of two ways to tell the caller the stricter one counts, in the personality's words before the number's.
fn settle(number: &NumberRecording, speaker: &PersonalityRecording) -> NumberRecording {
    let mode = match speaker.mode {
        PersonalityRecordingMode::Number => number.mode.as_str(),
        PersonalityRecordingMode::Off => "off",
        PersonalityRecordingMode::On | PersonalityRecordingMode::Ask => "always",
    };
    let own = speaker.announcement.as_str();
    let consent = match (speaker.mode, number.consent.as_str()) {
        (PersonalityRecordingMode::Ask, _) => "ask",
        // Words to tell the caller are there to be said.
        (PersonalityRecordingMode::On, "off") if !own.is_empty() => "announce",
        (_, consent) => consent,
    };
    NumberRecording {
        mode: mode.to_owned(),
        consent: consent.to_owned(),
        notice: if own.is_empty() {
            number.notice.clone()
        } else {
            own.to_owned()
        },
    }
}

/// The same for a call of ours, once it is answered: `record` is what was asked for when it was placed, and without it
/// the number decides.
///
/// # Errors
/// Those of the database.
pub async fn prepare_outbound(
    tx: &mut TenantTx,
    call: CallId,
    number: Option<NumberId>,
    record: Option<bool>,
    speaker: &Personality,
) -> Result<Option<Notice>> {
    let Some(number) = number else {
        return Ok(None);
    };
    match policy::find_of_number(tx, number).await? {
        Some(number) => prepare(tx, call, &number, record, speaker).await,
        None => Ok(None),
    }
}

/// What a caller hears whose first instructions may have been lost on their way.
///
/// # Errors
/// Those of the database.
pub async fn notice_again(tx: &mut TenantTx, call: CallId) -> Result<Option<Notice>> {
    let facts = policy::lock(tx, call).await?;
    let facts = facts.filter(|facts| facts.mode.as_deref() == Some("always"));
    Ok(facts
        .filter(|facts| facts.agreed_at.is_none() && facts.refused_at.is_none())
        .and_then(|facts| Notice::of(&facts.consent, &facts.notice, facts.language.as_deref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(
        number: (&str, &str, &str),
        mode: PersonalityRecordingMode,
        words: &str,
    ) -> (String, String, String) {
        let number = NumberRecording {
            mode: number.0.to_owned(),
            consent: number.1.to_owned(),
            notice: number.2.to_owned(),
        };
        let speaker = PersonalityRecording {
            mode,
            announcement: words.to_owned(),
        };
        let policy = settle(&number, &speaker);
        (policy.mode, policy.consent, policy.notice)
    }

    fn policy(mode: &str, consent: &str, notice: &str) -> (String, String, String) {
        (mode.to_owned(), consent.to_owned(), notice.to_owned())
    }

    #[test]
    fn the_personality_decides_before_the_number() {
        use PersonalityRecordingMode::{Ask, Number, Off, On};
        let always = ("always", "announce", "We record.");
        assert_eq!(
            settled(always, Number, ""),
            policy("always", "announce", "We record.")
        );
        assert_eq!(
            settled(always, Number, "Mine."),
            policy("always", "announce", "Mine.")
        );
        assert_eq!(settled(always, Off, "").0, "off");
        assert_eq!(
            settled(("off", "announce", ""), On, ""),
            policy("always", "announce", "")
        );
        assert_eq!(settled(("off", "off", ""), On, ""), policy("always", "off", ""));
        assert_eq!(
            settled(("off", "off", ""), On, "Mine."),
            policy("always", "announce", "Mine.")
        );
        assert_eq!(settled(("off", "off", ""), Ask, "").1, "ask");
        assert_eq!(settled(("on_demand", "ask", ""), On, "").1, "ask");
    }
}
