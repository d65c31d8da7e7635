//! Telephone numbers for sale.

use std::borrow::Cow;

use phony_kernel::E164;
use serde::Deserialize;

use super::lists::known;
use super::numbers::{Capabilities, canonical};
use super::{RestError, TwilioClient, lenient, segment};

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

#[derive(Deserialize)]
struct AvailablePage {
    available_phone_numbers: Vec<serde_json::Value>,
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
}
