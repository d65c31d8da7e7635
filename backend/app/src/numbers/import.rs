//! Taking over a number that is ours at the carrier already.

use phony_carriers::twilio::rest::{IncomingNumber, NumberUpdate, TwilioClient};
use phony_kernel::call::Engine;
use phony_kernel::error::Faults;
use phony_kernel::{E164, Error, Kind, PersonalityId, Result};
use serde::Serialize;

use super::buy::{Candidate, Held, Reserved, Wish};
use super::settle::Purchase;
use super::{Number, Numbers, check_engine, check_label};
use crate::Principal;
use crate::idempotency::{Outcome, RequestKey};

/// Which number to take over: by the carrier's id of it, or the number.
#[derive(Debug, Clone, Default)]
pub struct ImportNumber {
    /// The carrier's id of it (`PN…`).
    pub sid: Option<String>,
    /// The number, in any common way of writing.
    pub e164: Option<String>,
    /// What the tenant calls it.
    pub label: Option<String>,
    /// Who answers; the Professional Assistant when absent.
    pub personality_id: Option<PersonalityId>,
    /// How its calls are spoken; by relay when absent.
    pub engine: Option<Engine>,
}

enum Wanted {
    Sid(String),
    Number(E164),
}

impl Numbers {
    /// Takes over a number that the tenant's account at the carrier holds, or the main account for nobody: its calls
    /// come to us from now on, and from the main account it moves to the tenant's own.
    ///
    /// # Errors
    /// `validation_failed`, `number_not_owned`, `number_unavailable` when somebody holds it here, `plan_limit`, and
    /// those of a purchase.
    pub async fn import<V: Serialize>(
        &self,
        who: &Principal,
        input: ImportNumber,
        key: &RequestKey,
        view: impl FnOnce(Number) -> V,
    ) -> Result<Outcome> {
        let mut faults = Faults::new();
        let label = input.label.unwrap_or_default().trim().to_owned();
        check_label(&mut faults, &label);
        check_engine(&mut faults, input.engine);
        let wanted = check_wanted(&mut faults, input.sid, input.e164);
        faults.finish()?;
        let wanted =
            wanted.ok_or_else(|| Error::invalid_field("sid", "required", "give an id or a number"))?;
        // Not judged yet: a repeat is answered even if the number has moved since.
        let found = self.find_owned(who, &wanted).await;
        let candidates = match &found {
            Ok((_, number)) => Ok(vec![Candidate::exactly(&number.e164)]),
            Err(error) => Err(same(error)),
        };
        let wish = Wish {
            label: &label,
            personality: input.personality_id,
            engine: input.engine.unwrap_or(Engine::Relay),
            imported: true,
        };
        let held = match self.reserve(who, &wish, key, candidates, held_already).await? {
            Reserved::Answered(outcome) => return Ok(outcome),
            Reserved::LeftBehind(id) => {
                self.reconcile_pending(who.tenant, id).await?;
                return self.answer(who, id, key, view).await;
            }
            Reserved::Held(held) => held,
        };
        let (holder, number) = found?;
        match self.take_over(who, &holder, &number, &held).await {
            Ok(account) => {
                let made = Purchase::Made(number.sid);
                self.conclude(who, &account, &held, made, key, view).await
            }
            Err(error) => Err(self.give_up(who, &held, error, key).await?),
        }
    }

    /// The number in the tenant's own account, else in the main one; nobody reaches another tenant's.
    async fn find_owned(&self, who: &Principal, wanted: &Wanted) -> Result<(TwilioClient, IncomingNumber)> {
        let accounts = &self.carrier.accounts;
        let own = accounts.client(who.tenant).await?;
        let main = accounts.main().clone();
        let only_main = accounts.is_main(own.account_sid());
        for account in [Some(own), (!only_main).then_some(main)].into_iter().flatten() {
            let found = match wanted {
                Wanted::Sid(sid) => self.carrier.fetch(&account, sid).await?,
                Wanted::Number(e164) => self.carrier.find(&account, e164).await?,
            };
            if let Some(number) = found {
                return Ok((account, number));
            }
        }
        Err(Error::new(
            Kind::Invalid,
            "number_not_owned",
            "this number is not in your account at the carrier",
        ))
    }

    /// Moves the number to where the tenant's numbers are, and has its calls sent to us.
    async fn take_over(
        &self,
        who: &Principal,
        holder: &TwilioClient,
        number: &IncomingNumber,
        held: &Held,
    ) -> Result<TwilioClient> {
        let account = self.carrier.accounts.ensure(who.tenant).await?;
        let moves = account.account_sid() != holder.account_sid();
        let update = NumberUpdate {
            friendly_name: Some(held.id.to_string()),
            webhooks: self.carrier.webhooks(None),
            detach: number.voice_application_sid.is_some() || number.trunk_sid.is_some(),
            account_sid: moves.then(|| account.account_sid().to_owned()),
        };
        self.carrier.update(holder, &number.sid, &update).await?;
        Ok(account)
    }
}

fn check_wanted(faults: &mut Faults, sid: Option<String>, e164: Option<String>) -> Option<Wanted> {
    match (sid, e164) {
        (Some(_), Some(_)) => {
            faults.add("sid", "exclusive", "give either the carrier's id or the number");
            None
        }
        (Some(sid), None) => {
            let good = sid.strip_prefix("PN").is_some_and(|rest| {
                rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
            faults.require(
                good,
                "sid",
                "not_a_number_sid",
                "must be the carrier's id of a number, PN and 32 letters or digits",
            );
            good.then_some(Wanted::Sid(sid))
        }
        (None, Some(text)) => match E164::parse(&text, None) {
            Ok(e164) => Some(Wanted::Number(e164)),
            Err(cause) => {
                faults.add("e164", cause.code(), cause.to_string());
                None
            }
        },
        (None, None) => {
            faults.add(
                "sid",
                "required",
                "give the carrier's id of the number, or the number",
            );
            None
        }
    }
}

fn held_already() -> Error {
    Error::new(
        Kind::Conflict,
        "number_unavailable",
        "this number is held here already",
    )
}

/// The same refusal once more: it is judged in one place and told in another.
fn same(error: &Error) -> Error {
    let again = Error::new(error.kind(), error.code(), error.public().to_owned());
    match error.retry_after_seconds() {
        Some(seconds) => again.retry_after(seconds),
        None => again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(sid: Option<&str>, e164: Option<&str>) -> Vec<String> {
        let mut faults = Faults::new();
        let wanted = check_wanted(&mut faults, sid.map(str::to_owned), e164.map(str::to_owned));
        match faults.finish() {
            Ok(()) => {
                assert!(wanted.is_some());
                Vec::new()
            }
            Err(error) => error
                .fields()
                .iter()
                .map(|field| field.code.to_string())
                .collect(),
        }
    }

    #[test]
    fn a_number_is_named_in_one_way() {
        let sid = format!("PN{}", "a".repeat(32));
        assert!(faults(Some(&sid), None).is_empty());
        assert!(faults(None, Some("+1 415 555 0134")).is_empty());
        assert_eq!(faults(Some(&sid), Some("+14155550134")), ["exclusive"]);
        assert_eq!(faults(None, None), ["required"]);
        assert_eq!(faults(Some("PN1"), None), ["not_a_number_sid"]);
        assert_eq!(faults(Some("../Accounts"), None), ["not_a_number_sid"]);
        assert_eq!(faults(None, Some("415")), ["no_country_code"]);
    }
}
