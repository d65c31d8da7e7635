//! Telephone numbers of ours: bought, found, set up, moved, released.

use std::borrow::Cow;

use phony_kernel::E164;
use serde::{Deserialize, Deserializer};

use super::lists::{followed, known};
use super::{Effect, RestError, TwilioClient, lenient, segment};

/// More pages of a list are not followed.
const MAX_PAGES: usize = 20;

/// What a number can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// Calls.
    #[serde(alias = "Voice", deserialize_with = "lenient::flag")]
    pub voice: bool,
    /// Text messages.
    #[serde(alias = "SMS", deserialize_with = "lenient::flag")]
    pub sms: bool,
    /// Picture messages.
    #[serde(alias = "MMS", deserialize_with = "lenient::flag")]
    pub mms: bool,
}

/// A number of ours at the carrier.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IncomingNumber {
    /// Its id (`PN…`).
    pub sid: String,
    /// The number.
    #[serde(rename = "phone_number", deserialize_with = "canonical")]
    pub e164: E164,
    /// The account that holds it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub account_sid: Option<String>,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub friendly_name: Option<String>,
    /// What it can do.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub capabilities: Capabilities,
    /// Asked when a call comes in.
    #[serde(default, deserialize_with = "lenient::text")]
    pub voice_url: Option<String>,
    /// `GET` or `POST`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub voice_method: Option<String>,
    /// Asked when that fails.
    #[serde(default, deserialize_with = "lenient::text")]
    pub voice_fallback_url: Option<String>,
    /// Application that takes its calls in place of the address.
    #[serde(default, deserialize_with = "lenient::text")]
    pub voice_application_sid: Option<String>,
    /// Trunk that takes its calls in place of both.
    #[serde(default, deserialize_with = "lenient::text")]
    pub trunk_sid: Option<String>,
    /// Told when a call is over.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status_callback: Option<String>,
    /// Asked when a message comes in.
    #[serde(default, deserialize_with = "lenient::text")]
    pub sms_url: Option<String>,
}

/// Where a number sends what happens to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberWebhooks {
    /// Asked when a call comes in.
    pub voice_url: Option<String>,
    /// Asked when that fails.
    pub voice_fallback_url: Option<String>,
    /// Told when a call is over.
    pub status_callback: Option<String>,
    /// Asked when a message comes in.
    pub sms_url: Option<String>,
}

impl NumberWebhooks {
    fn write<'a>(&'a self, form: &mut Vec<(&'static str, Cow<'a, str>)>) {
        for (name, method, url) in [
            ("VoiceUrl", "VoiceMethod", &self.voice_url),
            (
                "VoiceFallbackUrl",
                "VoiceFallbackMethod",
                &self.voice_fallback_url,
            ),
            ("StatusCallback", "StatusCallbackMethod", &self.status_callback),
            ("SmsUrl", "SmsMethod", &self.sms_url),
        ] {
            if let Some(url) = url {
                form.extend([(name, url.into()), (method, "POST".into())]);
            }
        }
    }
}

/// Which number is bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberToBuy {
    /// This one.
    Exact(E164),
    /// Any with this area code.
    AreaCode(String),
}

/// A number to be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyNumber {
    /// Which.
    pub number: NumberToBuy,
    /// Its name at the carrier, at most 64 characters.
    pub friendly_name: Option<String>,
    /// Where it sends what happens to it.
    pub webhooks: NumberWebhooks,
}

/// What of a number is changed; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberUpdate {
    /// Its name at the carrier.
    pub friendly_name: Option<String>,
    /// Where it sends what happens to it.
    pub webhooks: NumberWebhooks,
    /// Takes away an application or trunk that would take its calls in place of the address.
    pub detach: bool,
    /// Moves it to this account, which the one that signs in must own.
    pub account_sid: Option<String>,
}

#[derive(Deserialize)]
struct IncomingPage {
    incoming_phone_numbers: Vec<serde_json::Value>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

impl TwilioClient {
    /// Buys a number, with its webhooks, in one request. Never sent twice when the outcome is unknown: then
    /// [`TwilioClient::list_numbers`] tells whether it is ours.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached; see [`RestError::ambiguous`].
    pub async fn buy_number(&self, buy: &BuyNumber) -> Result<IncomingNumber, RestError> {
        let mut form: Vec<(&'static str, Cow<'_, str>)> = vec![match &buy.number {
            NumberToBuy::Exact(number) => ("PhoneNumber", number.as_str().into()),
            NumberToBuy::AreaCode(code) => ("AreaCode", code.into()),
        }];
        form.extend(
            buy.friendly_name
                .as_ref()
                .map(|name| ("FriendlyName", name.into())),
        );
        buy.webhooks.write(&mut form);
        self.post("/IncomingPhoneNumbers", &form, Effect::Create).await
    }

    /// Our numbers at the carrier that are exactly this one: one or none, unless something went wrong.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn list_numbers(&self, number: &E164) -> Result<Vec<IncomingNumber>, RestError> {
        self.search_owned(Some(number)).await
    }

    /// The numbers that the account of this client holds, at most 1,000: all, or only exactly this one.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn search_owned(&self, number: Option<&E164>) -> Result<Vec<IncomingNumber>, RestError> {
        let mut query: Vec<(&'static str, Cow<'_, str>)> = Vec::new();
        query.extend(number.map(|number| ("PhoneNumber", number.as_str().into())));
        query.push(("PageSize", "50".into()));
        let mut next = Some(self.query_url("/IncomingPhoneNumbers", &query)?);
        let mut found = Vec::new();
        for _ in 0..MAX_PAGES {
            let Some(url) = next else { break };
            let page: IncomingPage = self.get_url(url).await?;
            found.extend(known(page.incoming_phone_numbers));
            next = followed(&self.base, page.next_page_uri);
        }
        // The carrier's filter finds parts of numbers as well.
        found.retain(|candidate: &IncomingNumber| number.is_none_or(|number| candidate.e164 == *number));
        Ok(found)
    }

    /// One number of ours.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn fetch_number(&self, sid: &str) -> Result<IncomingNumber, RestError> {
        self.get(&format!("/IncomingPhoneNumbers/{}", segment(sid)?), &[])
            .await
    }

    /// Changes a number of ours.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn update_number(&self, sid: &str, update: &NumberUpdate) -> Result<IncomingNumber, RestError> {
        let mut form: Vec<(&'static str, Cow<'_, str>)> = Vec::new();
        form.extend(
            update
                .friendly_name
                .as_ref()
                .map(|name| ("FriendlyName", name.into())),
        );
        update.webhooks.write(&mut form);
        if update.detach {
            form.extend([("VoiceApplicationSid", "".into()), ("TrunkSid", "".into())]);
        }
        form.extend(update.account_sid.as_ref().map(|sid| ("AccountSid", sid.into())));
        self.post(
            &format!("/IncomingPhoneNumbers/{}", segment(sid)?),
            &form,
            Effect::Repeatable,
        )
        .await
    }

    /// Gives a number back. One that is gone already is no error.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn release_number(&self, sid: &str) -> Result<(), RestError> {
        match self
            .delete(&format!("/IncomingPhoneNumbers/{}", segment(sid)?))
            .await
        {
            Err(error) if error.is_not_found() => Ok(()),
            other => other,
        }
    }
}

pub(super) fn canonical<'de, D: Deserializer<'de>>(deserializer: D) -> Result<E164, D::Error> {
    let text = String::deserialize(deserializer)?;
    E164::from_canonical(&text).map_err(serde::de::Error::custom)
}
