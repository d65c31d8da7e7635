//! Telephone numbers: searched, bought, set up, released.

use std::borrow::Cow;

use phony_kernel::E164;
use serde::{Deserialize, Deserializer};

use super::{Effect, RestError, TwilioClient, lenient, segment};

/// More pages of a list are not followed.
const MAX_PAGES: usize = 20;

/// What sort of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumberKind {
    /// With an area code.
    #[default]
    Local,
    /// Free for the caller.
    TollFree,
    /// Of a mobile network.
    Mobile,
}

impl NumberKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Local => "Local",
            Self::TollFree => "TollFree",
            Self::Mobile => "Mobile",
        }
    }
}

/// What numbers are looked for. Always ones that can speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableSearch {
    /// ISO 3166, `US`.
    pub country: String,
    /// What sort.
    pub kind: NumberKind,
    /// Only in the United States and Canada.
    pub area_code: Option<String>,
    /// 2 to 16 digits, letters or `*` for any digit.
    pub contains: Option<String>,
    /// At most this many, up to 100.
    pub limit: u32,
}

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

/// A number that can be bought.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AvailableNumber {
    /// The number.
    #[serde(rename = "phone_number", deserialize_with = "canonical")]
    pub e164: E164,
    /// Town.
    #[serde(default, deserialize_with = "lenient::text")]
    pub locality: Option<String>,
    /// State or province.
    #[serde(default, deserialize_with = "lenient::text")]
    pub region: Option<String>,
    /// ISO 3166.
    #[serde(default, rename = "iso_country", deserialize_with = "lenient::text")]
    pub country: Option<String>,
    /// What it can do.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub capabilities: Capabilities,
    /// `none`, `any`, `local` or `foreign`: what address its holder must have.
    #[serde(default, deserialize_with = "lenient::text")]
    pub address_requirements: Option<String>,
}

/// A number of ours at the carrier.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IncomingNumber {
    /// Its id (`PN…`).
    pub sid: String,
    /// The number.
    #[serde(rename = "phone_number", deserialize_with = "canonical")]
    pub e164: E164,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub friendly_name: Option<String>,
    /// What it can do.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub capabilities: Capabilities,
    /// Asked when a call comes in.
    #[serde(default, deserialize_with = "lenient::text")]
    pub voice_url: Option<String>,
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
}

#[derive(Deserialize)]
struct AvailablePage {
    available_phone_numbers: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct IncomingPage {
    incoming_phone_numbers: Vec<serde_json::Value>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

impl TwilioClient {
    /// Numbers that can be bought; none found is an empty list.
    ///
    /// # Errors
    /// The carrier refused (it does not sell in that country: not found), or could not be reached.
    pub async fn search_available(
        &self,
        search: &AvailableSearch,
    ) -> Result<Vec<AvailableNumber>, RestError> {
        let country = search.country.to_ascii_uppercase();
        let path = format!(
            "/AvailablePhoneNumbers/{}/{}",
            segment(&country)?,
            search.kind.as_str()
        );
        let limit = search.limit.clamp(1, 100);
        let mut query: Vec<(&'static str, Cow<'_, str>)> = vec![("VoiceEnabled", "true".into())];
        query.extend(search.area_code.as_ref().map(|code| ("AreaCode", code.into())));
        query.extend(
            search
                .contains
                .as_ref()
                .map(|pattern| ("Contains", pattern.into())),
        );
        query.push(("PageSize", limit.to_string().into()));
        let page: AvailablePage = self.get(&path, &query).await?;
        let mut found = known(page.available_phone_numbers);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

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
        let query = [
            ("PhoneNumber", Cow::from(number.as_str())),
            ("PageSize", "50".into()),
        ];
        let mut page: IncomingPage = self.get("/IncomingPhoneNumbers", &query).await?;
        let mut found = Vec::new();
        for _ in 0..MAX_PAGES {
            found.extend(known(page.incoming_phone_numbers));
            // A path on the carrier's own host, never an address elsewhere.
            let Some(next) = page.next_page_uri.filter(|next| next.starts_with("/2010-04-01/")) else {
                break;
            };
            page = self.get_url(format!("{}{next}", self.base)).await?;
        }
        // The carrier's filter finds parts of numbers as well.
        found.retain(|candidate: &IncomingNumber| candidate.e164 == *number);
        Ok(found)
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

/// The entries that read; one odd entry does not hide the others.
fn known<T: serde::de::DeserializeOwned>(entries: Vec<serde_json::Value>) -> Vec<T> {
    entries
        .into_iter()
        .filter_map(|entry| serde_json::from_value(entry).ok())
        .collect()
}

fn canonical<'de, D: Deserializer<'de>>(deserializer: D) -> Result<E164, D::Error> {
    let text = String::deserialize(deserializer)?;
    E164::from_canonical(&text).map_err(serde::de::Error::custom)
}
