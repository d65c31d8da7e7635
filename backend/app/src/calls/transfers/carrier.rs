//! The carrier's part of a warm transfer: the target is called and asked by itself, and both meet in a room.
//!
//! The target is a call of its own, not a participant from the beginning: somebody in a room cannot be asked anything.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use phony_calls::{NotPlaced, TransferCarrier, TransferOf};
use phony_carriers::twilio::params::AnsweredBy;
use phony_carriers::twilio::rest::{
    CallEvent, Instructions, MachineDetection, MachineMode, NewCall, TwilioClient,
};
use phony_carriers::twilio::twiml::{Conference, Response};
use phony_conversation::command::StayAs;
use phony_conversation::core::TransferNews;
use phony_db::Db;
use phony_kernel::{E164, ItemId, Kind, Result, TenantId};

use super::super::CallsArea;
use super::forks::{notes_fork, socket_url};
use super::patience::patiently;
use super::question::{Speaker, address, question};
use super::target::{TargetAnswer, TargetUpdate, TransferMark};
use crate::carrier_accounts::CarrierAccounts;
use crate::outbound_policy;

const CONNECTING: &str = "Thank you. I am connecting you.";
const DECLINED: &str = "Thank you. Goodbye.";
const CALLER_GONE: &str = "I am sorry, the caller is not waiting any more. Goodbye.";
/// How often the target is asked; the conversation gives up about then.
const ASK_TIMES: u32 = 6;
/// Longest call of a target.
const MAX_CALL_SECONDS: u32 = 4 * 3_600;
/// A caller whose room ends is told by the carrier; after that, by us.
const ROOM_ENDS_WITHIN: Duration = Duration::from_millis(1_500);

/// Warm transfers at the carrier. Cheap to clone.
#[derive(Clone)]
pub struct Transfers {
    pub(super) db: Db,
    calls: CallsArea,
    pub(super) engine: phony_calls::Calls,
    pub(super) accounts: CarrierAccounts,
    /// What the carrier calls us by, without a slash at its end.
    pub(super) public_url: String,
}

impl std::fmt::Debug for Transfers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transfers").finish_non_exhaustive()
    }
}

impl Transfers {
    /// `public_url` is what the carrier calls us by. The engine's conversations are transferred by it from now on.
    #[must_use]
    pub fn new(
        db: Db,
        calls: CallsArea,
        engine: phony_calls::Calls,
        accounts: CarrierAccounts,
        public_url: &str,
    ) -> Self {
        let transfers = Self {
            db,
            calls,
            engine,
            accounts,
            public_url: public_url.trim_end_matches('/').to_owned(),
        };
        transfers.engine.transfer_by(Arc::new(AtCarrier {
            db: transfers.db.clone(),
            calls: transfers.calls.clone(),
            accounts: transfers.accounts.clone(),
            public_url: transfers.public_url.clone(),
        }));
        transfers
    }

    /// Takes in where the target's call stands.
    ///
    /// # Errors
    /// Those of the database; the carrier should then send the callback again.
    pub async fn target_update(&self, mark: TransferMark, update: &TargetUpdate) -> Result<()> {
        // First the one who waits for it: the carrier tells it once, whatever becomes of our books.
        if let Some(news) = update.news() {
            self.tell(mark, news).await;
        }
        let together = if update.status.is_terminal() {
            self.calls.target_over(mark, update).await?
        } else {
            None
        };
        if let Some((caller, together_ms)) = together {
            let this = self.clone();
            tokio::spawn(async move { this.fetch_caller(mark, caller, together_ms).await });
        }
        Ok(())
    }

    /// The carrier's verdict of what has answered the target's call.
    pub async fn target_verdict(&self, mark: TransferMark, leg: String, by: AnsweredBy) {
        if by.is_machine() || by == AnsweredBy::Fax {
            self.tell(mark, TransferNews::Mailbox { leg }).await;
        }
    }

    /// The target has said or pressed something, or nothing; `asked` is how often it was asked before. Gives what the
    /// target is told.
    pub async fn target_answered(
        &self,
        mark: TransferMark,
        leg: String,
        answer: TargetAnswer,
        asked: u32,
    ) -> Response {
        match answer {
            TargetAnswer::Takes => {
                if !self.tell(mark, TransferNews::Accepted { leg }).await {
                    return Response::new().say(CALLER_GONE).hangup();
                }
                let action = address(&self.public_url, "/twilio/transfer/left", mark, None);
                let room = Conference {
                    label: Some("target".to_owned()),
                    end_on_exit: true,
                    wait_url: Some(String::new()),
                    ..Conference::new(room(mark.transfer))
                };
                Response::new().say(CONNECTING).dial_conference(action, room)
            }
            TargetAnswer::Refuses => {
                self.tell(mark, TransferNews::Rejected { leg }).await;
                Response::new().say(DECLINED).hangup()
            }
            TargetAnswer::Unclear if asked < ASK_TIMES => {
                let speaker = Speaker::of("", "en-US");
                question(&self.public_url, mark, &speaker, None, asked + 1)
            }
            TargetAnswer::Unclear => Response::new().say(DECLINED).hangup(),
        }
    }

    /// Tells the conversation; says whether there is one.
    async fn tell(&self, mark: TransferMark, news: TransferNews) -> bool {
        let TransferMark {
            tenant,
            call,
            transfer,
        } = mark;
        // A busy conversation is not one that is over.
        let told = patiently(|| self.engine.transfer_news(tenant, call, transfer, news.clone()));
        match told.await {
            Ok(told) => told,
            Err(error) => {
                tracing::warn!(call.id = %mark.call, error = ?error, "a conversation could not be told of its transfer");
                false
            }
        }
    }

    /// A caller who is left alone in the room comes out of it.
    async fn fetch_caller(&self, mark: TransferMark, caller: String, together_ms: i64) {
        tokio::time::sleep(ROOM_ENDS_WITHIN).await;
        let still = self.calls.is_joined(mark).await;
        if !matches!(still, Ok(true)) {
            return;
        }
        let together = format!("together_ms={together_ms}");
        let url = address(&self.public_url, "/twilio/dial", mark, Some(&together));
        let client = match self.accounts.of_call(mark.tenant, mark.call).await {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(call.id = %mark.call, error = ?error, "a caller is alone in a room");
                return;
            }
        };
        if let Err(error) = client.redirect_call(&caller, &Instructions::Url(url)).await {
            tracing::debug!(call.id = %mark.call, error = %error, "a caller has left the room meanwhile");
        }
    }
}

/// What conversations reach.
struct AtCarrier {
    db: Db,
    calls: CallsArea,
    accounts: CarrierAccounts,
    public_url: String,
}

/// Name of the room of a transfer.
fn room(transfer: ItemId) -> String {
    format!("transfer-{transfer}")
}

impl AtCarrier {
    fn mark(of: &TransferOf) -> TransferMark {
        TransferMark {
            tenant: of.tenant,
            call: of.call,
            transfer: of.transfer,
        }
    }

    async fn is_allowed(db: &Db, tenant: TenantId, to: &E164) -> Result<()> {
        let mut tx = db.tenant(tenant).await?;
        outbound_policy::current(&mut tx).await?.check_destination(to)?;
        Ok(())
    }
}

async fn client(accounts: &CarrierAccounts, of: &TransferOf) -> Option<TwilioClient> {
    patiently(|| accounts.of_call(of.tenant, of.call))
        .await
        .inspect_err(|error| tracing::error!(call.id = %of.call, error = ?error, "the carrier's account of a call is not known"))
        .ok()
}

impl TransferCarrier for AtCarrier {
    fn place(
        &self,
        of: TransferOf,
        to: E164,
        from: E164,
        brief: String,
        rings: Duration,
    ) -> BoxFuture<'static, std::result::Result<String, NotPlaced>> {
        let (db, accounts, public_url) = (self.db.clone(), self.accounts.clone(), self.public_url.clone());
        async move {
            let failed = |why: &str| NotPlaced(why.to_owned());
            match patiently(|| Self::is_allowed(&db, of.tenant, &to)).await {
                Ok(()) => {}
                Err(error) if error.kind() == Kind::Forbidden => return Err(failed("not_allowed")),
                Err(error) => {
                    tracing::error!(call.id = %of.call, error = ?error, "whether a target may be called is not known");
                    return Err(failed("carrier_error"));
                }
            }
            let mark = Self::mark(&of);
            let speaker = Speaker::of(&of.voice, &of.language);
            let document = question(&public_url, mark, &speaker, Some(&brief), 0)
                .to_xml()
                .map_err(|_| failed("carrier_error"))?;
            let client = client(&accounts, &of).await.ok_or_else(|| failed("carrier_error"))?;
            let new = NewCall {
                status_callback: Some(address(&public_url, "/twilio/transfer/status", mark, None)),
                status_events: vec![CallEvent::Ringing, CallEvent::Answered, CallEvent::Completed],
                timeout_s: u32::try_from(rings.as_secs()).ok(),
                time_limit_s: Some(MAX_CALL_SECONDS),
                machine_detection: Some(MachineDetection {
                    mode: MachineMode::Enable,
                    async_callback: Some(address(&public_url, "/twilio/transfer/amd", mark, None)),
                    timeout_s: None,
                }),
                ..NewCall::new(to, from, Instructions::Twiml(document))
            };
            match client.create_call(&new).await {
                Ok(made) => Ok(made.sid),
                Err(error) => {
                    tracing::warn!(call.id = %of.call, error = %error, "the target of a transfer could not be called");
                    Err(failed("carrier_error"))
                }
            }
        }
        .boxed()
    }

    fn join(&self, of: TransferOf, stay_as: Option<StayAs>) -> BoxFuture<'static, bool> {
        let (calls, accounts, public_url) =
            (self.calls.clone(), self.accounts.clone(), self.public_url.clone());
        async move {
            let Some(client) = client(&accounts, &of).await else {
                return false;
            };
            let mark = Self::mark(&of);
            let begun = match stay_as {
                Some(StayAs::NoteTaker) => {
                    let url = socket_url(&public_url, "/twilio/notes", &client, &accounts);
                    let status = format!("{public_url}/twilio/stream_status");
                    notes_fork(&calls, mark, url, status).await
                }
                None => Response::new(),
            };
            let action = address(&public_url, "/twilio/dial", mark, None);
            let meeting = Conference {
                label: Some("caller".to_owned()),
                end_on_exit: true,
                wait_url: Some(String::new()),
                ..Conference::new(room(of.transfer))
            };
            let Ok(document) = begun.dial_conference(action, meeting).to_xml() else {
                return false;
            };
            match client
                .redirect_call(&of.call_sid, &Instructions::Twiml(document))
                .await
            {
                Ok(_) => true,
                Err(error) => {
                    tracing::warn!(call.id = %of.call, error = %error, "a caller could not be brought to the target");
                    false
                }
            }
        }
        .boxed()
    }

    fn give_up(&self, of: TransferOf, leg: String, answered: bool) -> BoxFuture<'static, ()> {
        let accounts = self.accounts.clone();
        async move {
            let Some(client) = client(&accounts, &of).await else {
                return;
            };
            if answered && let Ok(document) = Response::new().say(CALLER_GONE).hangup().to_xml() {
                let told = client.redirect_call(&leg, &Instructions::Twiml(document)).await;
                if told.is_ok() {
                    return;
                }
            }
            if let Err(error) = client.end_call(&leg).await {
                tracing::warn!(call.id = %of.call, error = %error, "the target's call could not be ended");
            }
        }
        .boxed()
    }
}
