//! Asking the carrier for a call, once.

use std::time::Duration;

use phony_carriers::twilio::rest::{
    CallEvent, Instructions, MachineDetection, MachineMode, NewCall, RestError, codes,
};
use phony_db::calls::closing;
use phony_db::calls::outbound as rows;
use phony_db::{TenantTx, identity, numbers, outbox};
use phony_kernel::call::{CallStatus, EndedReason, Ending, Engine};
use phony_kernel::{CallId, E164, Error, Result, TenantId};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::check::{DIAL_CHECK_TOPIC, FIRST_CHECK_SECONDS};
use super::order::Order;
use super::{CallMark, Outbound, read_order};
use crate::outbound_policy::{self, CallPurpose, Dial};

/// After this the outcome counts as unknown.
const ASK_LIMIT: Duration = Duration::from_secs(10);
/// Waits between looks at what the carrier has done; then the worker goes on looking.
const LOOKS: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_secs(1),
    Duration::from_secs(3),
];
/// How often a carrier that makes no call is asked.
const MAX_TRIES: i32 = 5;

/// A call that has left the queue for its dial.
#[derive(Debug)]
pub struct Claimed {
    mark: CallMark,
    account_sid: Option<String>,
    order: Order,
    engine: Engine,
    from: E164,
    to: E164,
    tries: i32,
}

impl Outbound {
    /// Takes a call out of the queue, if it may still be dialled; what has changed since the order ends it. `None`
    /// when there is nothing to dial.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn claim(&self, tenant: TenantId, call: CallId) -> Result<Option<Claimed>> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some(out) = rows::lock(&mut tx, call).await? else {
            return Ok(None);
        };
        if out.status != CallStatus::Queued {
            return Ok(None);
        }
        let order = read_order(out.order)?;
        let number = |text: &str| E164::from_canonical(text).map_err(Error::internal);
        let (from, to) = (number(&out.from)?, number(&out.to)?);
        if let Some(ending) = self.second_thoughts(&mut tx, &to, order.purpose).await? {
            closing::end(&mut tx, call, &ending, out.now, None).await?;
            tx.commit().await?;
            tracing::info!(tenant.id = %tenant, call.id = %call, ended.reason = ending.reason.as_str(), "call {call} is not dialled: {}", ending.reason);
            self.tell_end(tenant, call, None, &ending).await;
            return Ok(None);
        }
        let account_sid = match out.number {
            Some(id) => numbers::find(&mut tx, id)
                .await?
                .and_then(|held| held.carrier_account_sid),
            None => None,
        };
        rows::begin_dial(&mut tx, call, order.ring_seconds).await?;
        let payload = json!({ "call_id": call, "try": 0 });
        outbox::insert_after(&mut tx, DIAL_CHECK_TOPIC, &payload, FIRST_CHECK_SECONDS).await?;
        tx.commit().await?;
        Ok(Some(Claimed {
            mark: CallMark { tenant, call },
            account_sid,
            order,
            engine: out.engine,
            from,
            to,
            tries: out.tries + 1,
        }))
    }

    /// Why a call that was ordered is not dialled after all: somebody may have asked not to be rung since.
    async fn second_thoughts(
        &self,
        tx: &mut TenantTx,
        to: &E164,
        purpose: CallPurpose,
    ) -> Result<Option<Ending>> {
        if !identity::get_tenant(tx).await?.active {
            return Ok(Some(
                Ending::of(EndedReason::BlockedFunds).with_detail("the account is not active"),
            ));
        }
        let policy = outbound_policy::current(tx).await?;
        let place = match policy.check_destination(to) {
            Ok(place) => place,
            Err(error) => return Ok(Some(blocked(&error))),
        };
        let dial = Dial {
            policy: &policy,
            number: to,
            place: &place,
            purpose,
            now: self.clock.now(),
        };
        match outbound_policy::check_moment(tx, self.calls.number_keys(), &dial).await {
            Ok(()) => Ok(None),
            Err(error) if error.code().starts_with("blocked_") => Ok(Some(blocked(&error))),
            Err(error) => Err(error),
        }
    }

    /// Asks the carrier and keeps what it says. What it does not say is looked up.
    ///
    /// # Errors
    /// Those of the database; what became of the dial is then found out by the worker.
    pub async fn dial(&self, claimed: Claimed) -> Result<()> {
        let CallMark { tenant, call } = claimed.mark;
        let client = match &claimed.account_sid {
            _ if claimed.order.test => self.accounts.test()?.clone(),
            Some(account) => self.accounts.account(account)?,
            None => self.client(tenant).await?,
        };
        let mut request = self.request(&claimed);
        if claimed.order.test {
            // The tenant's own number is not known there.
            request.from = self.accounts.test_number().await?;
        }
        match timeout(ASK_LIMIT, client.create_call(&request)).await {
            Ok(Ok(made)) => {
                self.adopt(claimed.mark, &made.sid).await?;
                Ok(())
            }
            Ok(Err(error)) if !error.ambiguous => self.refused(&claimed, &error).await,
            Ok(Err(_)) | Err(_) => {
                tracing::warn!(tenant.id = %tenant, call.id = %call, "the carrier did not say whether it makes a call");
                for wait in LOOKS {
                    sleep(wait).await;
                    if self.look_up(claimed.mark).await? {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    fn request(&self, claimed: &Claimed) -> NewCall {
        let order = &claimed.order;
        let machine = order.machine.as_ref().map(|machine| MachineDetection {
            mode: if machine.leaves_message() {
                MachineMode::DetectMessageEnd
            } else {
                MachineMode::Enable
            },
            // A conversation of turns begins with the verdict; the others begin at once and hear of it.
            async_callback: (claimed.engine != Engine::Gather)
                .then(|| self.address("/twilio/amd", claimed.mark)),
            timeout_s: None,
        });
        NewCall {
            status_callback: Some(self.address("/twilio/status", claimed.mark)),
            status_events: CallEvent::ALL.to_vec(),
            timeout_s: Some(order.ring_seconds),
            time_limit_s: Some(order.max_seconds),
            machine_detection: machine,
            ..NewCall::new(
                claimed.to.clone(),
                claimed.from.clone(),
                Instructions::Url(self.address("/twilio/voice", claimed.mark)),
            )
        }
    }

    /// The carrier has certainly made no call.
    async fn refused(&self, claimed: &Claimed, error: &RestError) -> Result<()> {
        let CallMark { tenant, call } = claimed.mark;
        tracing::warn!(tenant.id = %tenant, call.id = %call, error = %error, "the carrier makes no call");
        let mut tx = self.db.tenant(tenant).await?;
        if error.retryable && claimed.tries < MAX_TRIES {
            let pause = 2_f64.powi(claimed.tries.clamp(0, 6));
            rows::dial_later(&mut tx, call, pause).await?;
            return tx.commit().await;
        }
        let ending = refusal(error);
        let now = self.clock.now();
        let decided = closing::end(&mut tx, call, &ending, now, None).await?;
        tx.commit().await?;
        if decided {
            self.tell_end(tenant, call, None, &ending).await;
        }
        Ok(())
    }
}

/// How a call ends that may not be dialled any more.
fn blocked(error: &Error) -> Ending {
    let reason = match error.code() {
        "blocked_do_not_call" | "blocked_national_list" | "blocked_consent" => EndedReason::BlockedConsent,
        "blocked_fraud" => EndedReason::BlockedFraud,
        _ => EndedReason::BlockedDestination,
    };
    Ending::of(reason).with_detail(error.public().to_owned())
}

/// How a call ends that the carrier does not make.
fn refusal(error: &RestError) -> Ending {
    let reason = match error.code {
        Some(21_211 | 21_214 | 21_217 | 13_223 | 13_224) => EndedReason::DialInvalid,
        Some(21_203 | 21_215 | 21_216 | 13_225 | 13_227 | 21_219 | 21_608) => EndedReason::BlockedDestination,
        Some(21_210 | 21_212 | 13_247) => EndedReason::ConfigError,
        Some(codes::AUTHENTICATION | 20_005 | 10_001) => EndedReason::CarrierError,
        _ => EndedReason::DialFailed,
    };
    let detail = match (error.code, error.http_status) {
        (Some(code), _) => format!("the carrier refused the call: twilio {code}"),
        (None, Some(status)) => format!("the carrier refused the call: http {status}"),
        (None, None) => "the carrier could not be reached".to_owned(),
    };
    Ending::of(reason).with_detail(detail)
}
