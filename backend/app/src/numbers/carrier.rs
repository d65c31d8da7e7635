//! The talk with the carrier about numbers, in our words.
//!
//! One account of the carrier holds the numbers of all tenants. Every answer is waited for within a limit of
//! ours, so that a purchase ends while the request that makes it still stands.

use std::time::Duration;

use phony_carriers::twilio::rest::{
    self, AvailableSearch, NumberKind, NumberToBuy, NumberWebhooks, RestError, TwilioClient,
};
use phony_kernel::{E164, Error, Kind as ErrorKind, NumberId, Result};
use tokio::time::timeout;

use super::refusal::Refusal;
use super::search::{Capabilities, Kind, Wanted};

/// For a purchase: after this its outcome counts as unknown.
const BUY_LIMIT: Duration = Duration::from_secs(9);
/// For looking something up, repeats included.
const LOOKUP_LIMIT: Duration = Duration::from_secs(5);
/// Numbers on sale that are shown.
const SHOWN: u32 = 20;

/// The carrier, and where it finds us.
#[derive(Debug, Clone)]
pub(super) struct Carrier {
    client: TwilioClient,
    webhooks: NumberWebhooks,
}

/// A number on sale.
#[derive(Debug, Clone)]
pub(super) struct OnSale {
    pub(super) e164: E164,
    pub(super) locality: Option<String>,
    pub(super) region: Option<String>,
    pub(super) country: String,
    pub(super) capabilities: Capabilities,
}

/// How a purchase was answered.
#[derive(Debug)]
pub(super) enum Bought {
    /// Bought, under this id of the carrier's.
    Yes(String),
    /// Certainly not bought.
    No(Refusal),
    /// Bought or not: it has to be looked up.
    Unknown,
}

impl Carrier {
    pub(super) fn new(client: TwilioClient, public_url: &str) -> Self {
        let base = public_url.trim_end_matches('/');
        let url = |path: &str| Some(format!("{base}{path}"));
        let webhooks = NumberWebhooks {
            voice_url: url("/twilio/voice"),
            // The same again: behind one address there are several of us.
            voice_fallback_url: url("/twilio/voice"),
            status_callback: url("/twilio/status"),
            sms_url: url("/twilio/sms"),
        };
        Self { client, webhooks }
    }

    /// The account that holds the numbers.
    pub(super) fn account_sid(&self) -> &str {
        self.client.account_sid()
    }

    /// Numbers that can be had without papers, which nobody can hand in with us.
    pub(super) async fn search(&self, wanted: &Wanted) -> Result<Vec<OnSale>> {
        let search = AvailableSearch {
            country: wanted.country.clone(),
            kind: match wanted.kind {
                Kind::Local => NumberKind::Local,
                Kind::TollFree => NumberKind::TollFree,
                Kind::Mobile => NumberKind::Mobile,
            },
            area_code: wanted.area_code.clone(),
            contains: wanted.contains.clone(),
            limit: SHOWN,
        };
        let found = match limited(LOOKUP_LIMIT, self.client.search_available(&search)).await {
            Err(Failure::Said(error)) if error.is_not_found() => {
                return Err(Error::invalid_field(
                    "country",
                    "not_sold_here",
                    "no such numbers are sold in this country",
                ));
            }
            answer => answer?,
        };
        let free = |number: &rest::AvailableNumber| {
            number
                .address_requirements
                .as_deref()
                .is_none_or(|word| word.eq_ignore_ascii_case("none"))
        };
        Ok(found
            .into_iter()
            .filter(free)
            .map(|number| on_sale(number, &wanted.country))
            .collect())
    }

    /// Asks once for this number. It is named after our id, so that a person finds it at the carrier.
    pub(super) async fn buy(&self, e164: &E164, id: NumberId) -> Bought {
        let order = rest::BuyNumber {
            number: NumberToBuy::Exact(e164.clone()),
            friendly_name: Some(id.to_string()),
            webhooks: self.webhooks.clone(),
        };
        match limited(BUY_LIMIT, self.client.buy_number(&order)).await {
            Ok(number) => Bought::Yes(number.sid),
            Err(Failure::Said(error)) if !error.ambiguous => Bought::No(error.into()),
            Err(Failure::Said(_) | Failure::Late) => Bought::Unknown,
        }
    }

    /// The carrier's id of a number, if the account holds it.
    pub(super) async fn find(&self, e164: &E164) -> Result<Option<String>> {
        let found = limited(LOOKUP_LIMIT, self.client.list_numbers(e164)).await?;
        Ok(found.into_iter().next().map(|number| number.sid))
    }

    /// Gives a number back; one that is gone is no error.
    pub(super) async fn release(&self, sid: &str) -> Result<()> {
        Ok(limited(BUY_LIMIT, self.client.release_number(sid)).await?)
    }
}

fn on_sale(number: rest::AvailableNumber, country: &str) -> OnSale {
    OnSale {
        e164: number.e164,
        locality: number.locality,
        region: number.region,
        country: number.country.unwrap_or_else(|| country.to_owned()),
        capabilities: Capabilities {
            voice: number.capabilities.voice,
            sms: number.capabilities.sms,
            mms: number.capabilities.mms,
        },
    }
}

/// Why there is no good answer.
enum Failure {
    /// The carrier or the connection said so.
    Said(RestError),
    /// It did not come within our limit.
    Late,
}

async fn limited<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, RestError>>,
) -> Result<T, Failure> {
    match timeout(limit, answer).await {
        Ok(answer) => answer.map_err(Failure::Said),
        Err(_) => Err(Failure::Late),
    }
}

impl From<Failure> for Error {
    #[track_caller]
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Said(error) => Refusal::from(error).into_error(),
            Failure::Late => Self::new(
                ErrorKind::Upstream,
                "carrier_unreachable",
                "the carrier did not answer in time",
            ),
        }
    }
}
