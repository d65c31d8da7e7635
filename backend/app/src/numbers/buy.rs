//! Buying a number, once.
//!
//! The number is held as `pending` and committed together with the request's key before the carrier is asked.
//! So a repeat finds it, and whatever happens in between, what became of the purchase can be looked up.

use phony_carriers::twilio::rest::TwilioClient;
use phony_db::personalities;
use phony_db::{TenantTx, numbers, outbox};
use phony_kernel::call::Engine;
use phony_kernel::error::Faults;
use phony_kernel::{E164, Error, Kind, NumberId, PersonalityId, Result};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::carrier::Bought;
use super::order::{BuyNumber, Choice};
use super::refusal::Refusal;
use super::settle::{PURCHASE_TOPIC, Purchase, not_confirmed};
use super::{Number, Numbers};
use crate::Principal;
use crate::idempotency::{self, Begun, Outcome, RequestKey};
use crate::personalities::presets::DEFAULT_PRESET;

/// HTTP status of a purchase that is made or under way.
const CREATED: u16 = 201;
/// For so long a purchase belongs to the request that makes it; then the worker looks what became of it. Longer
/// than all that the request may wait for the carrier.
const LEASE_SECONDS: f64 = 110.0;
/// How many numbers of an area are tried when others are quicker.
const ATTEMPTS: usize = 3;

/// A number that may be bought.
pub(super) struct Candidate {
    pub(super) e164: E164,
    pub(super) country: String,
}

impl Candidate {
    /// A number that is known already.
    pub(super) fn exactly(e164: &E164) -> Self {
        Self {
            e164: e164.clone(),
            country: e164.country().unwrap_or_else(|| "ZZ".to_owned()),
        }
    }
}

/// What the key and the plan allow.
pub(super) enum Reserved {
    /// The request was made before.
    Answered(Outcome),
    /// It was made before, and nobody came back to say how it ended.
    LeftBehind(NumberId),
    /// The number is held; the carrier is to be asked.
    Held(Held),
}

/// A number that is held while the carrier is asked for it.
pub(super) struct Held {
    pub(super) id: NumberId,
    e164: E164,
    /// What to try when somebody else was quicker.
    others: Vec<E164>,
    /// Outbox row that watches over the purchase.
    task: Uuid,
    /// Whether the carrier held it for us before, so that it is never given back.
    imported: bool,
}

/// What is held in a row before the carrier is asked.
pub(super) struct Wish<'a> {
    pub(super) label: &'a str,
    pub(super) personality: Option<PersonalityId>,
    pub(super) engine: Engine,
    pub(super) imported: bool,
}

impl Numbers {
    /// Buys a number and has its calls sent to us. `view` makes the answer that is given now and to every repeat.
    ///
    /// The answer may say `pending`: the carrier did not say whether it has sold the number, and the worker is
    /// going to look. It is never bought a second time.
    ///
    /// # Errors
    /// `validation_failed`, `plan_limit`, `number_unavailable`, `documents_needed`, other refusals of the
    /// carrier, and those of [`idempotency::begin`].
    pub async fn buy<V: Serialize>(
        &self,
        who: &Principal,
        input: BuyNumber,
        key: &RequestKey,
        view: impl FnOnce(Number) -> V,
    ) -> Result<Outcome> {
        let order = input.check()?;
        // Not judged yet: a repeat is answered even if the area has been sold out since.
        let candidates = self.candidates(&order.choice).await;
        let wish = Wish {
            label: &order.label,
            personality: order.personality,
            engine: order.engine,
            imported: false,
        };
        match self
            .reserve(who, &wish, key, candidates, || order.choice.unavailable())
            .await?
        {
            Reserved::Answered(outcome) => Ok(outcome),
            Reserved::LeftBehind(id) => {
                self.reconcile_pending(who.tenant, id).await?;
                self.answer(who, id, key, view).await
            }
            Reserved::Held(held) => {
                let account = match self.carrier.accounts.ensure(who.tenant).await {
                    Ok(account) => account,
                    Err(error) => return Err(self.give_up(who, &held, error, key).await?),
                };
                let purchase = self.purchase(who, &account, &held).await?;
                self.conclude(who, &account, &held, purchase, key, view).await
            }
        }
    }

    /// What may be bought, best first.
    async fn candidates(&self, choice: &Choice) -> Result<Vec<Candidate>> {
        match choice {
            Choice::Exactly(e164) => Ok(vec![Candidate::exactly(e164)]),
            Choice::Any(wanted) => {
                let found = self.carrier.search(wanted).await?;
                let callable = found.into_iter().filter(|number| number.capabilities.voice);
                Ok(callable
                    .map(|number| Candidate {
                        e164: number.e164,
                        country: number.country,
                    })
                    .collect())
            }
        }
    }

    /// Holds the first candidate that nobody holds, within the plan, in one transaction with the key.
    pub(super) async fn reserve(
        &self,
        who: &Principal,
        wish: &Wish<'_>,
        key: &RequestKey,
        candidates: Result<Vec<Candidate>>,
        unavailable: impl Fn() -> Error,
    ) -> Result<Reserved> {
        let now = self.clock.now();
        // Until the tenant has an account of its own, no account is the number's: nobody else's webhooks speak of it.
        let account_sid = self.carrier.accounts.expected(who.tenant).await?;
        let mut tx = self.db.tenant(who.tenant).await?;
        match idempotency::begin(&mut tx, key, now).await? {
            Begun::Replay(outcome) => return Ok(Reserved::Answered(outcome)),
            Begun::LeftBehind => {
                if let Some(number) = numbers::find_by_purchase_key(&mut tx, key.as_str()).await? {
                    tx.commit().await?;
                    return Ok(Reserved::LeftBehind(number.id));
                }
            }
            Begun::Fresh => {}
        }
        let mut candidates = candidates?.into_iter();
        check_plan(&mut tx, who).await?;
        let personality = choose_personality(&mut tx, wish.personality).await?;
        let id = NumberId::new();
        let held = loop {
            let Some(candidate) = candidates.next() else {
                return Err(unavailable());
            };
            let new = numbers::NewNumber {
                id,
                e164: &candidate.e164,
                label: wish.label,
                country: &candidate.country,
                engine: wish.engine,
                personality,
                carrier_account_sid: account_sid.as_deref().unwrap_or_default(),
                purchase_key: key.as_str(),
                at: now,
            };
            if numbers::hold(&mut tx, &new).await? {
                break candidate.e164;
            }
        };
        let task = outbox::insert(&mut tx, PURCHASE_TOPIC, &json!({ "number_id": id })).await?;
        // The worker keeps away for as long as this request may take.
        outbox::claim(&mut tx, task, LEASE_SECONDS).await?;
        tx.commit().await?;
        let others = candidates
            .map(|candidate| candidate.e164)
            .take(ATTEMPTS - 1)
            .collect();
        Ok(Reserved::Held(Held {
            id,
            e164: held,
            others,
            task,
            imported: wish.imported,
        }))
    }

    /// Asks the carrier, and looks up what it has done when it did not say.
    async fn purchase(&self, who: &Principal, account: &TwilioClient, held: &Held) -> Result<Purchase> {
        let mut e164 = held.e164.clone();
        let mut others = held.others.iter();
        loop {
            match self.carrier.buy(account, &e164, held.id).await {
                Bought::Yes(sid) => return Ok(Purchase::Made(sid)),
                Bought::No(refusal) if refusal.is_taken() => {
                    let Some(next) = self.hold_next(who, held.id, &mut others).await? else {
                        return Ok(Purchase::Refused(refusal));
                    };
                    e164 = next;
                }
                Bought::No(refusal) => return Ok(Purchase::Refused(refusal)),
                Bought::Unknown => {
                    return Ok(match self.carrier.find(account, &e164).await {
                        Ok(Some(number)) => Purchase::Made(number.sid),
                        // Not there yet is not the same as never there: the request may still be on its way.
                        Ok(None) | Err(_) => Purchase::Unknown,
                    });
                }
            }
        }
    }

    /// Holds the next number that nobody holds, in place of one that the carrier has refused.
    async fn hold_next(
        &self,
        who: &Principal,
        id: NumberId,
        others: &mut impl Iterator<Item = &E164>,
    ) -> Result<Option<E164>> {
        for e164 in others {
            let mut tx = self.db.tenant(who.tenant).await?;
            match numbers::hold_instead(&mut tx, id, e164, self.clock.now()).await {
                Ok(true) => {
                    tx.commit().await?;
                    return Ok(Some(e164.clone()));
                }
                Ok(false) => return Ok(None),
                Err(error) if error.code() == "already_exists" => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Writes down how it ended, with the answer.
    pub(super) async fn conclude<V: Serialize>(
        &self,
        who: &Principal,
        account: &TwilioClient,
        held: &Held,
        purchase: Purchase,
        key: &RequestKey,
        view: impl FnOnce(Number) -> V,
    ) -> Result<Outcome> {
        let actor = who.actor().id;
        match purchase {
            Purchase::Made(sid) => {
                let mut tx = self.db.tenant(who.tenant).await?;
                if !self
                    .confirm(&mut tx, held.id, &sid, account.account_sid(), &actor)
                    .await?
                {
                    drop(tx);
                    return Err(if held.imported {
                        not_confirmed()
                    } else {
                        self.give_back(account, &sid).await
                    });
                }
                outbox::finish(&mut tx, held.task).await?;
                let number = super::get(&mut tx, held.id).await?;
                let outcome = idempotency::complete(&mut tx, key, CREATED, &view(number)).await?;
                tx.commit().await?;
                Ok(outcome)
            }
            Purchase::Refused(refusal) => Err(self.refuse(who, held, refusal, key).await?),
            Purchase::Unknown => {
                tracing::warn!(number.id = %held.id, "the carrier did not say whether it sold the number");
                self.answer(who, held.id, key, view).await
            }
        }
    }

    /// Writes down that the carrier has refused, and returns the refusal in our words.
    async fn refuse(
        &self,
        who: &Principal,
        held: &Held,
        refusal: Refusal,
        key: &RequestKey,
    ) -> Result<Error> {
        if refusal.is_suspension()
            && let Err(error) = self.carrier.accounts.refresh(who.tenant).await
        {
            tracing::warn!(error = ?error, "how an account at the carrier stands could not be asked");
        }
        self.give_up(who, held, refusal.into_error(), key).await
    }

    /// Writes down that nothing was bought.
    pub(super) async fn give_up(
        &self,
        who: &Principal,
        held: &Held,
        error: Error,
        key: &RequestKey,
    ) -> Result<Error> {
        let mut tx = self.db.tenant(who.tenant).await?;
        numbers::fail(&mut tx, held.id, error.public(), self.clock.now()).await?;
        outbox::finish(&mut tx, held.task).await?;
        idempotency::abandon(&mut tx, key, &error).await?;
        tx.commit().await?;
        Ok(error)
    }

    /// The answer for a number as it stands now.
    pub(super) async fn answer<V: Serialize>(
        &self,
        who: &Principal,
        id: NumberId,
        key: &RequestKey,
        view: impl FnOnce(Number) -> V,
    ) -> Result<Outcome> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let number = super::get(&mut tx, id).await?;
        if number.status == numbers::NumberStatus::Failed {
            let text = number
                .failure
                .unwrap_or_else(|| "the number could not be bought".to_owned());
            let error = Error::new(Kind::Upstream, "carrier_refused", text);
            idempotency::abandon(&mut tx, key, &error).await?;
            tx.commit().await?;
            return Err(error);
        }
        let outcome = idempotency::complete(&mut tx, key, CREATED, &view(number)).await?;
        tx.commit().await?;
        Ok(outcome)
    }
}

/// Room in the plan for one more, until the transaction ends.
async fn check_plan(tx: &mut TenantTx, who: &Principal) -> Result<()> {
    let held = numbers::count_held_locked(tx).await?;
    match who.plan.limits().numbers {
        Some(limit) if held >= i64::from(limit) => Err(Error::new(
            Kind::Forbidden,
            "plan_limit",
            format!(
                "the {} plan has room for {limit} numbers, and you hold {held}",
                who.plan.as_str()
            ),
        )),
        _ => Ok(()),
    }
}

async fn choose_personality(tx: &mut TenantTx, wanted: Option<PersonalityId>) -> Result<PersonalityId> {
    if let Some(id) = wanted {
        let mut faults = Faults::new();
        super::check_personality(tx, &mut faults, id).await?;
        faults.finish()?;
        return Ok(id);
    }
    personalities::find_by_preset(tx, DEFAULT_PRESET)
        .await?
        .ok_or_else(|| {
            Error::invalid_field(
                "personality_id",
                "required",
                "say who answers: the default personality was archived",
            )
        })
}
