//! Ordering a call: everything that can be wrong with it is found before anybody is asked, then it waits for its turn.

use std::collections::BTreeSet;

use phony_conversation::plan::Personality;
use phony_db::calls::history::{self, CallRef};
use phony_db::calls::outbound::{self as rows, NewOutbound, Traffic};
use phony_db::{TenantTx, identity, numbers, personalities};
use phony_kernel::error::Faults;
use phony_kernel::{CallId, E164, Error, Kind, NumberId, NumberPoolId, PersonalityId, Result};
use serde_json::json;

use super::order::{Order, PlaceCall};
use super::{Outbound, words};
use crate::Principal;
use crate::calls::{CallView, testing};
use crate::idempotency::{self, Outcome, RequestKey};
use crate::numbers::pools;
use crate::outbound_policy::{self, CallPurpose, Dial, OutboundPolicy};
use crate::personalities::presets::DEFAULT_PRESET;

/// HTTP status of a call that waits for its turn.
const CREATED: u16 = 201;
/// Calls of a tenant that may wait.
const MAX_QUEUED: i64 = 1_000;

impl Outbound {
    /// Orders a call, once for each key. The carrier is asked when it is the call's turn.
    ///
    /// # Errors
    /// `validation_failed` with every fault, `blocked_destination`, those of [`outbound_policy::check_moment`],
    /// `blocked_daily_calls`, `blocked_number_calls`, `blocked_funds`, `concurrency_limit`, and those of
    /// [`idempotency::begin`].
    pub async fn place(&self, who: &Principal, input: PlaceCall, key: &RequestKey) -> Result<Outcome> {
        let now = self.clock.now();
        let order = async |tx: &mut TenantTx| -> Result<CallView> { self.order(tx, who, &input).await };
        idempotency::once(&self.db, who.tenant, Some(key), now, CREATED, order).await
    }

    async fn order(&self, tx: &mut TenantTx, who: &Principal, input: &PlaceCall) -> Result<CallView> {
        let policy = outbound_policy::current(tx).await?;
        if outbound_policy::is_short_code(&input.to) {
            return Err(outbound_policy::short_code());
        }
        let mut faults = Faults::new();
        input.check(&mut faults);
        let to = policy.read_number("to", &input.to, &mut faults);
        let number = self
            .choose_number(tx, &policy, input, to.as_ref(), &mut faults)
            .await?;
        let speaker = choose_speaker(tx, input.personality_id, number.as_ref(), &mut faults).await?;
        let company = identity::get_tenant(tx).await?.name;
        let order = speaker
            .as_ref()
            .map(|speaker| compose(input, &policy, speaker, &company, &mut faults));
        faults.finish()?;
        let (Some(to), Some(number), Some(speaker), Some(order)) = (to, number, speaker, order) else {
            return Err(Error::not_found());
        };
        let place = policy.check_destination(&to)?;
        let dial = Dial {
            policy: &policy,
            number: &to,
            place: &place,
            purpose: input.purpose,
            now: self.clock.now(),
        };
        outbound_policy::check_moment(tx, self.calls.number_keys(), &dial).await?;
        rows::lock_admission(tx).await?;
        let test_account = match who.is_test() {
            true => {
                testing::check_room(tx).await?;
                Some(self.accounts.test()?.account_sid())
            }
            false => {
                let traffic = rows::measure(tx, to.as_str(), &policy.daily_spend).await?;
                check_caps(&policy, who, &traffic)?;
                None
            }
        };
        let order = Order {
            test: test_account.is_some(),
            ..order
        };
        let call = CallId::new();
        let new = NewOutbound {
            call,
            number: number.id,
            from: number.e164.as_str(),
            to: to.as_str(),
            engine: input.engine.unwrap_or(number.engine),
            personality: (speaker.id, speaker.version),
            metadata: &json!(input.metadata),
            order: &serde_json::to_value(&order).map_err(Error::internal)?,
            policy_version: policy.version,
        };
        rows::enqueue(tx, &new).await?;
        if let Some(account_sid) = test_account {
            phony_db::calls::testing::mark(tx, call, account_sid).await?;
        }
        let detail = json!({ "number_id": number.id, "personality_id": speaker.id });
        let target = call.to_string();
        crate::audit::note(tx, who, "call.create", &target, &detail, self.clock.now()).await?;
        Ok(history::get(tx, &CallRef::Id(call)).await?.into())
    }

    /// The number that is rung from.
    async fn choose_number(
        &self,
        tx: &mut TenantTx,
        policy: &OutboundPolicy,
        input: &PlaceCall,
        to: Option<&E164>,
        faults: &mut Faults,
    ) -> Result<Option<numbers::StoredNumber>> {
        let id = match (&input.from, &input.pool_id) {
            (Some(from), _) => {
                let Some(from) = policy.read_number("from", from, faults) else {
                    return Ok(None);
                };
                let found = rows::find_number(tx, from.as_str()).await?;
                faults.require(
                    found.is_some(),
                    "from",
                    "unknown_number",
                    "is not a number that you hold",
                );
                found
            }
            (None, Some(pool)) => match to {
                Some(to) => pick(tx, *pool, to, faults).await?,
                None => None,
            },
            (None, None) => {
                let found = rows::find_first_number(tx).await?;
                faults.require(
                    found.is_some(),
                    "from",
                    "required",
                    "buy a number first, to ring from",
                );
                found
            }
        };
        match id {
            Some(id) => numbers::find(tx, id).await,
            None => Ok(None),
        }
    }
}

/// A number of a pool.
async fn pick(
    tx: &mut TenantTx,
    pool: NumberPoolId,
    to: &E164,
    faults: &mut Faults,
) -> Result<Option<NumberId>> {
    match pools::pick(tx, pool, to).await {
        Ok(picked) => Ok(Some(picked.number)),
        Err(error) if error.kind() == Kind::NotFound => {
            faults.add("pool_id", "unknown_pool", "is not a pool of yours");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Who talks, in the version of now.
async fn choose_speaker(
    tx: &mut TenantTx,
    wanted: Option<PersonalityId>,
    number: Option<&numbers::StoredNumber>,
    faults: &mut Faults,
) -> Result<Option<Personality>> {
    if let Some(id) = wanted {
        if personalities::is_usable(tx, id).await? {
            return personalities::load_current(tx, id).await.map(Some);
        }
        faults.add(
            "personality_id",
            "unknown_personality",
            "is not a personality of yours",
        );
        return Ok(None);
    }
    if let Some(speaker) = number.and_then(|number| number.speaker.clone()) {
        return Ok(Some(speaker));
    }
    match personalities::find_by_preset(tx, DEFAULT_PRESET).await? {
        Some(id) => personalities::load_current(tx, id).await.map(Some),
        None if number.is_none() => Ok(None),
        None => {
            faults.add(
                "personality_id",
                "required",
                "say who talks: the number has nobody",
            );
            Ok(None)
        }
    }
}

/// What is kept with the call; placeholders without a value are faults.
fn compose(
    input: &PlaceCall,
    policy: &OutboundPolicy,
    speaker: &Personality,
    company: &str,
    faults: &mut Faults,
) -> Order {
    let mut missing = BTreeSet::new();
    let mut fill = |text: &str| words::fill(text, &input.variables, &mut missing);
    let first = input.opening_message.as_deref().or(speaker.greeting.as_deref());
    let opening = fill(first.unwrap_or_default());
    let _ = fill(&speaker.system_prompt);
    let machine = input
        .machine_detection
        .clone()
        .map(|machine| machine.map_texts(&mut fill));
    for name in missing {
        faults.add(
            format!("variables.{name}"),
            "missing_variable",
            "stands in the first words, a message or the personality, and has no value",
        );
    }
    let mut opening = words::opening(&opening, &speaker.name, company, &speaker.language);
    if input.purpose == CallPurpose::Marketing && !policy.opt_out_key.is_empty() {
        opening = format!(
            "{opening} {}",
            words::opt_out(&policy.opt_out_key, &speaker.language)
        );
    }
    Order {
        test: false,
        purpose: input.purpose,
        opt_out_key: policy.opt_out_key.clone(),
        opening,
        variables: input.variables.clone(),
        ring_seconds: input.ring_seconds(),
        max_seconds: policy.max_call_minutes * 60,
        record: input.record,
        machine,
    }
}

/// Goes on only within the caps of the policy and the plan.
fn check_caps(policy: &OutboundPolicy, who: &Principal, traffic: &Traffic) -> Result<()> {
    let refuse = |kind, code, text: String, seconds| Err(Error::new(kind, code, text).retry_after(seconds));
    if traffic.today >= i64::from(policy.daily_calls) {
        let text = format!(
            "your outbound policy allows {} calls in 24 hours",
            policy.daily_calls
        );
        return refuse(Kind::RateLimited, "blocked_daily_calls", text, 3_600);
    }
    if traffic.today_to_number >= i64::from(policy.daily_calls_per_number) {
        let most = policy.daily_calls_per_number;
        let text = format!("your outbound policy allows {most} calls to one number in 24 hours");
        return refuse(Kind::RateLimited, "blocked_number_calls", text, 3_600);
    }
    if traffic.spent {
        let text = format!(
            "your outbound policy allows {} USD in 24 hours",
            policy.daily_spend
        );
        return refuse(Kind::PaymentRequired, "blocked_funds", text, 3_600);
    }
    let at_once = |open: i64, most: u32, whose: &str| {
        let text = format!("{open} calls are under way, and {whose} allows {most}");
        refuse(Kind::RateLimited, "concurrency_limit", text, 10)
    };
    if traffic.open_outbound >= i64::from(policy.concurrent_calls) {
        return at_once(
            traffic.open_outbound,
            policy.concurrent_calls,
            "your outbound policy",
        );
    }
    match who.plan.limits().concurrent_calls {
        Some(most) if traffic.open >= i64::from(most) => {
            return at_once(traffic.open, most, "your plan");
        }
        _ => {}
    }
    if traffic.queued >= MAX_QUEUED {
        let text = "1,000 calls wait for their turn already".to_owned();
        return refuse(Kind::RateLimited, "queue_full", text, 30);
    }
    Ok(())
}
