//! The talk with the carrier about numbers, in our words.
//!
//! Numbers are searched with the main account, and held by the account that their row names. Every answer is
//! waited for within a limit of ours, so that a purchase ends while the request that makes it still stands.

use std::time::Duration;

use phony_carriers::twilio::rest::{
    self, AvailableSearch, IncomingNumber, NumberKind, NumberToBuy, NumberUpdate, NumberWebhooks, RestError,
    TwilioClient,
};
use phony_kernel::{E164, Error, Kind as ErrorKind, NumberId, Result};
use tokio::time::timeout;
use url::form_urlencoded;

use super::refusal::Refusal;
use super::search::{Capabilities, Kind, Wanted};
use crate::carrier_accounts::CarrierAccounts;

/// For a purchase: after this its outcome counts as unknown.
const BUY_LIMIT: Duration = Duration::from_secs(9);
/// For looking something up, repeats included.
const LOOKUP_LIMIT: Duration = Duration::from_secs(5);
/// Numbers on sale that are shown.
const SHOWN: u32 = 20;
/// Where the listener of last resort answers.
pub const STATIC_PATH: &str = "/twilio/fallback";

/// The carrier, and where it finds us.
#[derive(Debug, Clone)]
pub(super) struct Carrier {
    pub(super) accounts: CarrierAccounts,
    /// What it calls us by.
    public_url: String,
    /// What it calls the listener by that answers when nothing else of ours does.
    static_url: Option<String>,
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
    pub(super) fn new(accounts: CarrierAccounts, public_url: &str) -> Self {
        Self {
            accounts,
            public_url: public_url.trim_end_matches('/').to_owned(),
            static_url: None,
        }
    }

    pub(super) fn set_static_url(&mut self, url: &str) {
        self.static_url = Some(url.trim_end_matches('/').to_owned());
    }

    /// Where a number sends what happens to it; `fallback` is whom the listener of last resort rings, which knows
    /// nothing but its own address.
    pub(super) fn webhooks(&self, fallback: Option<&E164>) -> NumberWebhooks {
        let url = |path: &str| Some(format!("{}{path}", self.public_url));
        let last_resort = self.static_url.as_ref().map(|base| {
            let dial = fallback.map_or_else(String::new, |e164| {
                let mut query = form_urlencoded::Serializer::new(String::new());
                format!("?{}", query.append_pair("dial", e164.as_str()).finish())
            });
            format!("{base}{STATIC_PATH}{dial}")
        });
        NumberWebhooks {
            voice_url: url("/twilio/voice"),
            // Without that listener the same again: behind one address there are several of us.
            voice_fallback_url: last_resort.or_else(|| url("/twilio/voice")),
            status_callback: url("/twilio/status"),
            sms_url: url("/twilio/sms"),
        }
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
        let found = match limited(LOOKUP_LIMIT, self.accounts.main().search_available(&search)).await {
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
    pub(super) async fn buy(&self, account: &TwilioClient, e164: &E164, id: NumberId) -> Bought {
        let order = rest::BuyNumber {
            number: NumberToBuy::Exact(e164.clone()),
            friendly_name: Some(id.to_string()),
            webhooks: self.webhooks(None),
        };
        match limited(BUY_LIMIT, account.buy_number(&order)).await {
            Ok(number) => Bought::Yes(number.sid),
            Err(Failure::Said(error)) if !error.ambiguous => Bought::No(error.into()),
            Err(Failure::Said(_) | Failure::Late) => Bought::Unknown,
        }
    }

    /// The number, if the account holds it.
    pub(super) async fn find(&self, account: &TwilioClient, e164: &E164) -> Result<Option<IncomingNumber>> {
        let found = limited(LOOKUP_LIMIT, account.list_numbers(e164)).await?;
        Ok(found.into_iter().next())
    }

    /// The number of this id, if the account holds it.
    pub(super) async fn fetch(&self, account: &TwilioClient, sid: &str) -> Result<Option<IncomingNumber>> {
        match limited(LOOKUP_LIMIT, account.fetch_number(sid)).await {
            Err(Failure::Said(error)) if error.is_not_found() => Ok(None),
            found => Ok(Some(found?)),
        }
    }

    /// Changes what the carrier does with a number.
    pub(super) async fn update(
        &self,
        account: &TwilioClient,
        sid: &str,
        update: &NumberUpdate,
    ) -> Result<IncomingNumber> {
        Ok(limited(BUY_LIMIT, account.update_number(sid, update)).await?)
    }

    /// Gives a number back; one that is gone is no error.
    pub(super) async fn release(&self, account: &TwilioClient, sid: &str) -> Result<()> {
        Ok(limited(BUY_LIMIT, account.release_number(sid)).await?)
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
