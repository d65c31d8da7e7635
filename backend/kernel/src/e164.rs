//! Phone numbers in E.164, parsed once at the edge.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod writing;

/// A valid phone number in E.164 form, `+14155550134`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct E164(String);

/// Why a text is not a usable phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNumber {
    /// Nothing that looks like a number.
    #[error("is not a phone number")]
    NotANumber,
    /// Written without `+` and no region was given to read it in.
    #[error("needs a country code, like +1 415 555 0134")]
    NoCountry,
    /// The country code does not exist.
    #[error("begins with a country code that does not exist")]
    UnknownCountry,
    /// Too few digits.
    #[error("is too short")]
    TooShort,
    /// Too many digits.
    #[error("is too long")]
    TooLong,
    /// A line behind a switchboard.
    #[error("has an extension; give the number alone")]
    Extension,
}

impl InvalidNumber {
    /// Stable code for field errors.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotANumber => "not_a_number",
            Self::NoCountry => "no_country_code",
            Self::UnknownCountry => "unknown_country_code",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Extension => "has_extension",
        }
    }
}

impl E164 {
    /// Reads any common way of writing a number; `region` (ISO 3166, `US`) is used when there is no `+`.
    ///
    /// # Errors
    /// Says why the text is not a number.
    pub fn parse(text: &str, region: Option<&str>) -> Result<Self, InvalidNumber> {
        use phonenumber::ParseError;
        if text.len() > 256 {
            return Err(InvalidNumber::NotANumber);
        }
        let text = writing::plain(text);
        if text.is_empty() || text.len() > 64 || text.chars().any(char::is_control) {
            return Err(InvalidNumber::NotANumber);
        }
        let region = region.and_then(|code| code.to_ascii_uppercase().parse().ok());
        let text = match (region, text.strip_prefix("00")) {
            // Most of the world dials a country like this; with a region its own way is known.
            (None, Some(rest)) => format!("+{rest}"),
            _ => text,
        };
        let number = phonenumber::parse(region, &text).map_err(|error| match error {
            ParseError::InvalidCountryCode if region.is_none() && !text.starts_with('+') => {
                InvalidNumber::NoCountry
            }
            ParseError::InvalidCountryCode => InvalidNumber::UnknownCountry,
            ParseError::TooShortAfterIdd | ParseError::TooShortNsn => InvalidNumber::TooShort,
            ParseError::TooLong => InvalidNumber::TooLong,
            _ => InvalidNumber::NotANumber,
        })?;
        let number = as_meant(number, &text);
        if number.extension().is_some() {
            return Err(InvalidNumber::Extension);
        }
        let e164 = number.format().mode(phonenumber::Mode::E164).to_string();
        let code = number.country().code();
        writing::check_length(code, e164.len() - 1 - code.to_string().len())?;
        Self::from_canonical(&e164)
    }

    /// Takes text that is already in E.164 form, as carriers send it.
    ///
    /// # Errors
    /// Says why it is not.
    pub fn from_canonical(text: &str) -> Result<Self, InvalidNumber> {
        let digits = text.strip_prefix('+').ok_or(InvalidNumber::NoCountry)?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidNumber::NotANumber);
        }
        match digits.len() {
            0..7 => Err(InvalidNumber::TooShort),
            16.. => Err(InvalidNumber::TooLong),
            _ if digits.starts_with('0') => Err(InvalidNumber::UnknownCountry),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// ISO 3166 country, where the number plan tells; codes that several countries share are told apart.
    #[must_use]
    pub fn country(&self) -> Option<String> {
        let number = phonenumber::parse(None, &self.0).ok()?;
        number.country().id().map(|id| id.as_ref().to_owned())
    }

    /// Whether it is of a kind that costs its caller more than a call does, or is nobody's telephone: premium, shared
    /// cost, personal, pagers, short codes.
    #[must_use]
    pub fn is_special_rate(&self) -> bool {
        use phonenumber::Type;
        let Ok(number) = phonenumber::parse(None, &self.0) else {
            return false;
        };
        !matches!(
            number.number_type(&phonenumber::metadata::DATABASE),
            Type::FixedLine
                | Type::Mobile
                | Type::FixedLineOrMobile
                | Type::TollFree
                | Type::Voip
                | Type::StandardRate
                | Type::Unknown
        )
    }

    /// The number with its leading `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A number that is written as at home may begin like its own country code, and was then read without its beginning.
fn as_meant(read: phonenumber::PhoneNumber, text: &str) -> phonenumber::PhoneNumber {
    use phonenumber::country::Source;
    if read.country().source() != Source::Number || read.is_valid() {
        return read;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let whole = phonenumber::parse(None, format!("+{}{digits}", read.country().code()));
    whole.ok().filter(phonenumber::is_valid).unwrap_or(read)
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for E164 {
    /// Masked, so that no log line holds a whole number by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::redact::phone(&self.0))
    }
}

impl FromStr for E164 {
    type Err = InvalidNumber;

    fn from_str(text: &str) -> Result<Self, InvalidNumber> {
        Self::parse(text, None)
    }
}

impl Serialize for E164 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for E164 {
    /// What was written is read as it was, also a number that our tables of countries do not know.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_canonical(&text)
            .or_else(|_| text.parse())
            .map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for E164 {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::SchemaType::Type(
                utoipa::openapi::schema::Type::String,
            ))
            .description(Some("A phone number in E.164 form"))
            .examples(["+14155550134"])
            .into()
    }
}

impl utoipa::ToSchema for E164 {}

#[cfg(test)]
mod tests;
