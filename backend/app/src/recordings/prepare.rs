//! What is settled about recording when a call begins, in the transaction that lets it in.

use phony_conversation::plan::Personality;
use phony_db::TenantTx;
use phony_db::recordings::policy::{self, NewPolicy, NumberRecording};
use phony_kernel::{CallId, NumberId, Result};

use super::notice::{Notice, NoticeKind};

/// Keeps with a call what its number says, or what was asked for when it was made (`record`), and returns what the
/// caller hears before the conversation. A number that records nothing costs nothing.
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
    let mode = match record {
        Some(true) => "always",
        Some(false) => "off",
        None => number.mode.as_str(),
    };
    if mode == "off" && record.is_none() {
        return Ok(None);
    }
    let notice =
        Notice::of(&number.consent, &number.notice, Some(&speaker.language)).filter(|_| mode == "always");
    let kept = NewPolicy {
        mode,
        consent: &number.consent,
        notice: &number.notice,
        // Whoever is asked has been told when they answer.
        told: notice
            .as_ref()
            .is_some_and(|notice| notice.kind == NoticeKind::Announce),
    };
    policy::keep(tx, call, &kept).await?;
    Ok(notice)
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
