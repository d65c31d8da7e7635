//! Form and query parameters with the carrier's capital names.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest, web};
use chrono::NaiveDate;

use super::RestError;

/// Decoded parameters in the order they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(raw: impl AsRef<[u8]>) -> Self {
        Self(url::form_urlencoded::parse(raw.as_ref()).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, v)| v.clone())
            .collect()
    }

    /// Whether a day fits the filters `Name`, `Name<` and `Name>`.
    pub(crate) fn fits_day(&self, name: &str, found: NaiveDate) -> bool {
        let day = |name: &str| {
            self.get(name)
                .and_then(|text| text.get(..10)?.parse::<NaiveDate>().ok())
        };
        day(name).is_none_or(|day| found == day)
            && day(&format!("{name}<")).is_none_or(|day| found <= day)
            && day(&format!("{name}>")).is_none_or(|day| found >= day)
    }

    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// An HTTP method parameter.
    pub(crate) fn method(&self, name: &str) -> Result<Option<String>, RestError> {
        match self.get(name) {
            None => Ok(None),
            Some(method) if method == "GET" || method == "POST" => Ok(Some(method.to_owned())),
            Some(other) => Err(RestError::bad(
                21403,
                format!("{name} {other} is not a valid method"),
            )),
        }
    }

    /// An address with the method to call it by; an empty address is none.
    pub(crate) fn target(
        &self,
        address: &str,
        method: &str,
        usual_method: &str,
    ) -> Result<Option<(String, String)>, RestError> {
        let url = self.address(address, 21205)?.filter(|url| !url.is_empty());
        let method = self.method(method)?.unwrap_or_else(|| usual_method.to_owned());
        Ok(url.map(|url| (url, method)))
    }

    /// An absolute http address, or an empty text that clears one.
    pub(crate) fn address(&self, name: &str, code: u32) -> Result<Option<String>, RestError> {
        match self.get(name) {
            None => Ok(None),
            Some("") => Ok(Some(String::new())),
            Some(text) => match url::Url::parse(text) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(text.to_owned())),
                _ => Err(RestError::bad(code, format!("{name} {text} is not a valid URL"))),
            },
        }
    }
}

/// The parameters in the body of a request.
impl FromRequest for Form {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = web::Bytes::from_request(request, payload);
        Box::pin(async move { Ok(Self::parse(body.await?)) })
    }
}
