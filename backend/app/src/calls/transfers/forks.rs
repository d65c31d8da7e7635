//! A fork of a live call's sound, asked of the carrier and stopped there.

use phony_carriers::twilio::rest::StartFork;
use phony_db::Db;
use phony_kernel::{CallId, Error, Kind, Result, TenantId};

use super::Transfers;

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
        // The carrier takes no query here, and its signature is checked before the socket says anything.
        let account = Some(client.account_sid())
            .filter(|sid| !self.accounts.is_main(sid))
            .map_or_else(String::new, |sid| format!("/{sid}"));
        let base = self
            .public_url
            .strip_prefix("http")
            .map_or_else(|| self.public_url.clone(), |rest| format!("ws{rest}"));
        let start = StartFork {
            url: format!("{base}/twilio/listen{account}"),
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
