//! Calls: coming in, the socket of the conversation, the carrier's news, what is kept, history.
//!
//! How a conversation runs is not here but in `phony_calls` and `phony_conversation`. Each use case opens its
//! own transaction; nothing here waits for a carrier or a model.

mod busy;
mod callbacks;
mod cost_so_far;
mod drain;
mod history;
mod inbound;
mod items;
mod lease;
mod legs;
pub mod outbound;
mod stream;
pub(crate) mod testing;
mod token;
pub mod transfers;
mod view;
mod web;
mod welcome;

use phony_conversation::plan::Personality;
use phony_db::calls::{admission, stream as rows};
use phony_db::{Db, TenantTx};
use phony_kernel::{CallId, E164, InstanceId, NumberId, Result, TenantId};
use phony_models::catalog;

use crate::number_keys::NumberKeys;
use crate::provider_credentials::ProviderCredentials;

pub use callbacks::{CallbackOutcome, StatusUpdate};
pub use drain::{DrainReport, MAX_PENDING};
pub use history::CallQuery;
pub use inbound::{Busy, Connect, InboundAnswer, InboundCall, News, NoRoom};
pub use lease::{ORPHAN_GRACE_SECONDS, Swept, sweep_orphan};
pub use legs::{SessionEnded, StreamEvent};
pub use phony_db::calls::history::CallRef;
pub use stream::{
    EngineSwitch, OpenedStream, Resume, ResumeAnswer, StreamOpening, StreamRefusal, TurnOpening,
};
pub use transfers::{AfterDial, DialEnded, DialOutcome};
pub use view::{CallView, LatencyView, MachineView, MoneyView, PersonalityRef, TransferView};
pub use web::{TICKET_SECONDS, WebCall, WebMode, WebTicket};

/// The call that a stream token names, which nothing has proven yet.
#[must_use]
pub fn call_of_token(token: &str) -> Option<CallId> {
    token::StreamToken::read(token).map(|token| token.call())
}

/// Whose call a socket's token is for, by its form alone.
#[must_use]
pub fn owner_of_token(token: &str) -> Option<(TenantId, CallId)> {
    token::StreamToken::read(token).map(|token| (token.tenant(), token.call()))
}

/// The use cases of calls.
#[derive(Debug, Clone)]
pub struct CallsArea {
    db: Db,
    instance: InstanceId,
    number_keys: NumberKeys,
    /// Speech-to-speech model of personalities that name none.
    realtime_model: String,
    /// Keys of tenants' own for the models.
    credentials: Option<ProviderCredentials>,
    /// The test carrier's account; none is an installation without test calls.
    test_account: Option<String>,
}

impl CallsArea {
    /// For this running process; numbers of people who want no calls are hashed by these keys.
    #[must_use]
    pub fn new(db: Db, instance: InstanceId, number_keys: NumberKeys) -> Self {
        Self {
            db,
            instance,
            number_keys,
            realtime_model: catalog::DEFAULT_SPEECH.to_owned(),
            credentials: None,
            test_account: None,
        }
    }

    /// The same with calls of test keys, which run in this account of the test carrier.
    #[must_use]
    pub fn with_test_account(mut self, account_sid: &str) -> Self {
        self.test_account = Some(account_sid.to_owned());
        self
    }

    /// The same with another speech-to-speech model for personalities that name none.
    #[must_use]
    pub fn with_realtime_model(mut self, model: impl Into<String>) -> Self {
        self.realtime_model = model.into();
        self
    }

    /// The same, with the keys that tenants have of their own for the models.
    #[must_use]
    pub fn with_credentials(mut self, credentials: ProviderCredentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Before a conversation talks: by whose key, and so who pays for the models.
    async fn choose_models(&self, tx: &mut TenantTx, call: CallId) -> Result<()> {
        let Some(credentials) = &self.credentials else {
            return Ok(());
        };
        let own = credentials.prepare(tx).await?;
        rows::note_models_payer(tx, call, own).await
    }

    /// What numbers are hashed by.
    pub(crate) fn number_keys(&self) -> &NumberKeys {
        &self.number_keys
    }

    /// A personality as a call takes it: with a model for every engine.
    fn complete(&self, mut personality: Personality) -> Personality {
        personality
            .realtime
            .model
            .get_or_insert_with(|| self.realtime_model.clone());
        personality
    }

    /// Whose call this id of the carrier's is, if it is one of ours.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn locate(&self, call_sid: &str) -> Result<Option<(TenantId, CallId)>> {
        let mut tx = self.db.system("call of a carrier webhook").await?;
        Ok(admission::find_call(&mut tx, &clean(call_sid, 64)).await?.pop())
    }

    /// The process whose calls these are.
    #[must_use]
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Which of these are ours. The called number is for an inbound leg, the calling one for an outbound leg, and
    /// both when one tenant rings another.
    async fn find_numbers(&self, parties: &[&str]) -> Result<Vec<(TenantId, NumberId)>> {
        let mut tx = self.db.system("number of a carrier webhook").await?;
        let mut found = Vec::with_capacity(2);
        for e164 in parties {
            // Anything else is a browser, an address or a withheld number, and never ours.
            if E164::from_canonical(e164).is_ok()
                && let Some(number) = admission::find_number(&mut tx, e164).await?
            {
                found.push(number);
            }
        }
        Ok(found)
    }

    /// Whose call the carrier speaks of. The numbers do not say it: one may have been released during the call.
    async fn find_tenants(&self, call_sid: &str) -> Result<Vec<TenantId>> {
        let mut tx = self.db.system("call of a carrier webhook").await?;
        let found = admission::find_call(&mut tx, &clean(call_sid, 64)).await?;
        Ok(found.into_iter().map(|(tenant, _)| tenant).collect())
    }
}

/// A carrier's text as we keep it: without NUL, which the database refuses, and not longer than `max` characters.
fn clean(text: &str, max: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(max).collect()
}
