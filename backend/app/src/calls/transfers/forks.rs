//! Forks of a live call's sound, asked of the carrier and stopped there: for who listens, and for a note-taker.

use phony_carriers::twilio::rest::{StartFork, TwilioClient};
use phony_carriers::twilio::twiml::{Fork, Response};
use phony_db::Db;
use phony_kernel::{CallId, Error, Kind, Result, TenantId};

use super::super::CallsArea;
use super::target::TransferMark;
use super::{NOTES_FORK, Transfers};
use crate::app::as_socket;
use crate::carrier_accounts::CarrierAccounts;

/// Name of the fork at the carrier, by which it is stopped.
pub const LISTENING_FORK: &str = "listen";

impl Transfers {
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// Asks the carrier for a fork of both ends of a call that talks; it comes to us with this token.
    pub(crate) async fn start_fork(
        &self,
        tenant: TenantId,
        call: CallId,
        call_sid: &str,
        token: String,
    ) -> Result<()> {
        let client = self.accounts.of_call(tenant, call).await?;
        let start = StartFork {
            url: socket_url(&self.public_url, "/twilio/listen", &client, &self.accounts),
            name: LISTENING_FORK.to_owned(),
            token,
        };
        match client.start_fork(call_sid, &start).await {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(call.id = %call, error = %error, "the carrier gives no fork of a call's sound");
                let text = "the carrier does not let this call be heard just now";
                Err(Error::new(Kind::Unavailable, "carrier_error", text))
            }
        }
    }

    /// Stops it.
    pub(crate) async fn stop_fork(&self, tenant: TenantId, call: CallId, call_sid: &str) {
        let client = match self.accounts.of_call(tenant, call).await {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(call.id = %call, error = ?error, "a fork of a call's sound is not stopped at the carrier");
                return;
            }
        };
        if let Err(error) = client.stop_fork(call_sid, LISTENING_FORK).await {
            tracing::warn!(call.id = %call, error = %error, "a fork of a call's sound could not be stopped");
        }
    }
}

/// Where the carrier opens the socket of a fork. One that is in the account of a tenant is named: its signature is
/// checked before the socket says anything, and the carrier takes no query here.
pub(super) fn socket_url(
    public_url: &str,
    path: &str,
    client: &TwilioClient,
    accounts: &CarrierAccounts,
) -> String {
    let base = as_socket(public_url);
    match client.account_sid() {
        main if accounts.is_main(main) => format!("{base}{path}"),
        own => format!("{base}{path}/{own}"),
    }
}

/// The order that sends the sound of a meeting to its note-taker as well. Without it the two meet all the same.
pub(super) async fn notes_fork(
    calls: &CallsArea,
    mark: TransferMark,
    url: String,
    status_callback: String,
) -> Response {
    let token = match calls.notes_token(mark).await {
        Ok(Some(token)) => token,
        Ok(None) => return Response::new(),
        Err(error) => {
            tracing::error!(call.id = %mark.call, error = ?error, "no notes are taken of a meeting");
            return Response::new();
        }
    };
    let fork = Fork::new(NOTES_FORK, url)
        .parameter("token", token)
        .parameter("transfer", mark.transfer.to_string())
        .status_callback(status_callback);
    Response::new().start_fork(fork)
}
