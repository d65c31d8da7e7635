//! The test carrier: where calls of test keys are made. It speaks the carrier's protocol and rings nobody.

use std::sync::Arc;

use phony_carriers::twilio::rest::{BuyNumber, NumberToBuy, NumberWebhooks, TwilioClient};
use phony_carriers::twilio::signature::Validator;
use phony_kernel::{E164, Error, Kind, Result};
use secrecy::SecretString;
use tokio::sync::OnceCell;

use super::CarrierAccounts;

/// Where a number is bought when the test account has none.
const AREA_CODES: [&str; 3] = ["415", "212", "303"];

/// An account at the test carrier.
pub(super) struct TestAccount {
    pub(super) client: TwilioClient,
    pub(super) validator: Arc<Validator>,
    /// Rings for every tenant: nobody hears it.
    number: OnceCell<E164>,
}

fn refused(cause: impl std::fmt::Display) -> Error {
    Error::new(
        Kind::Upstream,
        "test_carrier_unreachable",
        "the test carrier does not answer as it should",
    )
    .caused_by(anyhow::anyhow!(cause.to_string()))
}

impl CarrierAccounts {
    /// The same with a test carrier, whose client and token these are. To be said before the first clone.
    #[must_use]
    pub fn with_test_carrier(mut self, client: TwilioClient, token: SecretString) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.test = Some(TestAccount {
                client,
                validator: Arc::new(Validator::new(token)),
                number: OnceCell::new(),
            });
        }
        self
    }

    /// The account in which calls of test keys are made.
    ///
    /// # Errors
    /// `test_mode_off` when the installation has none.
    pub fn test(&self) -> Result<&TwilioClient> {
        let test = self.inner.test.as_ref().ok_or_else(|| {
            Error::new(
                Kind::Conflict,
                "test_mode_off",
                "this installation has no test carrier; use a live key",
            )
        })?;
        Ok(&test.client)
    }

    /// Whether it is the test carrier's account and no other.
    #[must_use]
    pub fn is_test(&self, account_sid: &str) -> bool {
        let test = self.inner.test.as_ref();
        test.is_some_and(|test| test.client.account_sid() == account_sid) && !self.is_main(account_sid)
    }

    /// The number that test calls are made from: the first that the test account has, else a new one.
    ///
    /// # Errors
    /// `test_mode_off`, `test_carrier_unreachable`.
    pub async fn test_number(&self) -> Result<E164> {
        let client = self.test()?;
        let Some(test) = &self.inner.test else {
            return Err(Error::internal(anyhow::anyhow!("no test carrier")));
        };
        let number = test.number.get_or_try_init(|| number_of(client)).await?;
        Ok(number.clone())
    }
}

async fn number_of(client: &TwilioClient) -> Result<E164> {
    if let Some(number) = client
        .search_owned(None)
        .await
        .map_err(refused)?
        .into_iter()
        .next()
    {
        return Ok(number.e164);
    }
    let mut last = None;
    for code in AREA_CODES {
        let buy = BuyNumber {
            number: NumberToBuy::AreaCode(code.to_owned()),
            friendly_name: Some("test calls".to_owned()),
            webhooks: NumberWebhooks::default(),
        };
        match client.buy_number(&buy).await {
            Ok(number) => return Ok(number.e164),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(|| refused("no area code"), refused))
}
