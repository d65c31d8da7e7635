//! What the carrier says of the target of a warm transfer.

use chrono::{DateTime, Utc};
use phony_carriers::twilio::CarrierStatus;
use phony_conversation::core::TransferNews;
use phony_db::calls::{callbacks, history};
use phony_db::usage;
use phony_kernel::{CallId, ItemId, Result, TenantId};
use serde::Deserialize;

use super::super::callbacks::{detection, leg_minutes};
use super::super::legs::whole;
use super::super::{CallsArea, clean};
use super::find;

/// Which transfer of which call an address of ours is for. The carrier's signature covers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct TransferMark {
    /// Whose call.
    pub tenant: TenantId,
    /// Which.
    pub call: CallId,
    /// The line that the transfer is.
    pub transfer: ItemId,
}

impl TransferMark {
    /// As a query.
    #[must_use]
    pub fn query(&self) -> String {
        format!(
            "tenant={}&call={}&transfer={}",
            self.tenant, self.call, self.transfer
        )
    }
}

/// Where the target's call stands.
#[derive(Debug, Clone)]
pub struct TargetUpdate {
    /// The carrier's id of the target's call.
    pub leg: String,
    /// Where it stands.
    pub status: CarrierStatus,
    /// Seconds from answer to end, at the end.
    pub duration_seconds: Option<i64>,
}

impl TargetUpdate {
    /// What the conversation is told of it.
    pub(super) fn news(&self) -> Option<TransferNews> {
        let leg = self.leg.clone();
        let over = |reason: &str| TransferNews::Over {
            leg: Some(self.leg.clone()),
            reason: reason.to_owned(),
        };
        Some(match self.status {
            CarrierStatus::Ringing => TransferNews::Ringing { leg },
            CarrierStatus::InProgress => TransferNews::Answered { leg },
            CarrierStatus::Busy => over("busy"),
            CarrierStatus::NoAnswer => over("no_answer"),
            CarrierStatus::Canceled => over("canceled"),
            CarrierStatus::Completed => over("target_hung_up"),
            status if status.is_terminal() => over("failed"),
            _ => return None,
        })
    }
}

/// What the target said or pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetAnswer {
    /// Yes.
    Takes,
    /// No.
    Refuses,
    /// Nothing, or nothing clear.
    Unclear,
}

/// Words by which a target takes a call, and those by which not; the latter count more.
const YES: [&str; 10] = [
    "yes", "yeah", "yep", "yup", "sure", "accept", "ok", "okay", "connect", "take",
];
const NO: [&str; 12] = [
    "no", "nope", "not", "dont", "don't", "cant", "can't", "cannot", "decline", "reject", "refuse", "busy",
];

impl TargetAnswer {
    /// Reads what was pressed, or else what was said.
    #[must_use]
    pub fn read(digits: Option<&str>, words: Option<&str>) -> Self {
        match digits.and_then(|digits| digits.chars().next()) {
            Some('1') => return Self::Takes,
            Some('2') => return Self::Refuses,
            Some(_) => return Self::Unclear,
            None => {}
        }
        let words = words.unwrap_or_default().to_lowercase().replace('\u{2019}', "'");
        let said: Vec<&str> = words
            .split(|c: char| !c.is_alphanumeric() && c != '\'')
            .filter(|word| !word.is_empty())
            .collect();
        let any = |list: &[&str]| said.iter().any(|word| list.contains(word));
        if any(&NO) {
            Self::Refuses
        } else if any(&YES) {
            Self::Takes
        } else {
            Self::Unclear
        }
    }
}

impl CallsArea {
    /// Whether the caller is with the target, as far as the call's record tells.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn is_joined(&self, mark: TransferMark) -> Result<bool> {
        let mut tx = self.db.tenant(mark.tenant).await?;
        let ended = history::get(&mut tx, &mark.call.into()).await?.ended_at.is_some();
        let known = find(&mut tx, mark.call).await?;
        Ok(!ended && known.is_some_and(|known| known.item == mark.transfer && known.status == "joined"))
    }

    /// Books the minutes of the target's leg, once it is over. Gives how long caller and target were together, for a
    /// caller who is still where the target was.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn target_over(
        &self,
        mark: TransferMark,
        update: &TargetUpdate,
    ) -> Result<Option<(String, i64)>> {
        let mut tx = self.db.tenant(mark.tenant).await?;
        let call_sid = history::get(&mut tx, &mark.call.into()).await?.call_sid;
        let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
            return Ok(None);
        };
        let answered_at: DateTime<Utc> = facts.answered_at.unwrap_or(facts.started_at);
        if let (CarrierStatus::Completed, Some(seconds)) = (update.status, whole(update.duration_seconds)) {
            let key = format!("twilio:{}:minutes", clean(&update.leg, 64));
            let sku = "twilio.outbound_minute";
            if let Some(minutes) = leg_minutes(&facts, key, sku, seconds, facts.now, answered_at) {
                usage::insert(&mut tx, &minutes).await?;
            }
            // The carrier listened for a mailbox when it was answered.
            let detection = detection(&facts, &clean(&update.leg, 64), facts.now, answered_at);
            usage::insert(&mut tx, &detection).await?;
        }
        let known = find(&mut tx, facts.call).await?;
        let waits = known.filter(|known| {
            facts.ended_at.is_none() && known.item == mark.transfer && known.status == "joined"
        });
        let together = waits.map(|known| (call_sid, (facts.now - known.at).num_milliseconds()));
        tx.commit().await?;
        Ok(together)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_count_before_words_and_no_before_yes() {
        use TargetAnswer::{Refuses, Takes, Unclear};
        for (digits, words, answer) in [
            (Some("1"), None, Takes),
            (Some("2"), Some("yes"), Refuses),
            (Some("7"), None, Unclear),
            (None, Some("Yes, please."), Takes),
            (None, Some("OK"), Takes),
            (None, Some("No, I can't take it."), Refuses),
            (None, Some("I don’t think so, yes"), Refuses),
            (None, Some("You have reached the mailbox of Sam"), Unclear),
            (None, Some(""), Unclear),
            (None, None, Unclear),
        ] {
            assert_eq!(TargetAnswer::read(digits, words), answer, "{digits:?} {words:?}");
        }
    }
}
