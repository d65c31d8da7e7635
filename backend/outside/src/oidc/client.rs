//! The requests: what the provider says of itself, the exchange of the code, its keys.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::{ACCEPT, AUTHORIZATION};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

use super::token;
use super::{Attempt, Exchange, Identity, OidcError, Provider};
use crate::Guard;

/// For one request, all in all.
const WITHIN: Duration = Duration::from_secs(8);
/// An answer of a provider is small.
const MAX_ANSWER: usize = 256 * 1024;
/// Longest code that is passed on.
const MAX_CODE: usize = 4_096;

/// Talks to providers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OidcClient {
    guard: Guard,
    http: reqwest::Client,
}

#[derive(Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: Option<bool>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    id_token: Option<String>,
}

impl OidcClient {
    /// One that goes where `guard` lets it.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(guard: Guard) -> Result<Self, OidcError> {
        let http = guard.client(WITHIN).map_err(|_| OidcError::Unreachable)?;
        Ok(Self { guard, http })
    }

    /// Reads what a provider says of itself.
    ///
    /// # Errors
    /// When it may not be asked, does not answer, or calls itself otherwise.
    pub async fn discover(&self, issuer: &str) -> Result<Provider, OidcError> {
        self.guard.check(issuer)?;
        let address = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let url = self.guard.check(&address)?;
        let answer = send(self.http.get(url)).await?;
        let said: Description = serde_json::from_slice(&answer)
            .map_err(|_| OidcError::Unusable("it does not describe itself"))?;
        // A provider speaks for itself only.
        if said.issuer != issuer {
            return Err(OidcError::Unusable("it calls itself otherwise than you do"));
        }
        let methods = said.token_endpoint_auth_methods_supported.unwrap_or_default();
        let knows = |method: &str| methods.iter().any(|known| known == method);
        Ok(Provider {
            issuer: said.issuer,
            authorization_endpoint: self.guard.check(&said.authorization_endpoint)?,
            token_endpoint: self.guard.check(&said.token_endpoint)?,
            jwks_uri: self.guard.check(&said.jwks_uri)?,
            names_itself: said.authorization_response_iss_parameter_supported == Some(true),
            secret_in_form: !knows("client_secret_basic") && knows("client_secret_post"),
        })
    }

    /// Where a person is sent to sign in.
    #[must_use]
    pub fn sign_in_url(&self, provider: &Provider, attempt: &Attempt<'_>) -> Url {
        let mut url = provider.authorization_endpoint.clone();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(attempt.verifier));
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("scope", "openid email profile")
                .append_pair("client_id", attempt.client_id)
                .append_pair("redirect_uri", attempt.redirect_uri)
                .append_pair("state", attempt.state)
                .append_pair("nonce", attempt.nonce)
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
            if attempt.fresh {
                query.append_pair("prompt", "login").append_pair("max_age", "0");
            }
        }
        url
    }

    /// Exchanges a code, and checks what the provider then says of the person.
    ///
    /// # Errors
    /// When the provider refuses, or what it says is not good.
    pub async fn exchange(
        &self,
        provider: &Provider,
        exchange: &Exchange<'_>,
    ) -> Result<Identity, OidcError> {
        let Exchange {
            attempt,
            secret,
            code,
            now,
        } = exchange;
        if code.is_empty() || code.len() > MAX_CODE {
            return Err(OidcError::Exchange("the code has no usable form".to_owned()));
        }
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", *code),
            ("redirect_uri", attempt.redirect_uri),
            ("code_verifier", attempt.verifier),
        ];
        let mut request = self.http.post(provider.token_endpoint.clone());
        match secret {
            Some(secret) if !provider.secret_in_form => {
                // RFC 6749 §2.3.1: both parts are encoded as in a form first.
                let part =
                    |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
                let pair = format!("{}:{}", part(attempt.client_id), part(secret.expose_secret()));
                let mut value =
                    reqwest::header::HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))
                        .map_err(|_| OidcError::Unusable("the secret cannot be sent"))?;
                value.set_sensitive(true);
                request = request.header(AUTHORIZATION, value);
            }
            Some(secret) => {
                form.push(("client_id", attempt.client_id));
                form.push(("client_secret", secret.expose_secret()));
            }
            None => form.push(("client_id", attempt.client_id)),
        }
        let answer = send(request.form(&form)).await?;
        let tokens: Tokens =
            serde_json::from_slice(&answer).map_err(|_| OidcError::Unusable("its tokens cannot be read"))?;
        let id_token = tokens
            .id_token
            .ok_or(OidcError::Unusable("it gave no id token"))?;
        let keys = send(self.http.get(provider.jwks_uri.clone())).await?;
        let keys: Value =
            serde_json::from_slice(&keys).map_err(|_| OidcError::Unusable("its keys cannot be read"))?;
        let expected = token::Expected {
            issuer: &provider.issuer,
            client_id: attempt.client_id,
            nonce: attempt.nonce,
            fresh: attempt.fresh,
            now: *now,
        };
        token::check(&id_token, &keys, &expected)
    }
}

/// Sends a request and reads its whole answer, which is not larger than it may be.
async fn send(request: RequestBuilder) -> Result<Vec<u8>, OidcError> {
    let response = request
        .header(ACCEPT, "application/json")
        .send()
        .await
        .map_err(|cause| {
            tracing::debug!(error = %cause.without_url(), "a provider of identities does not answer");
            OidcError::Unreachable
        })?;
    let status = response.status();
    let body = read(response).await?;
    if status.is_success() {
        return Ok(body);
    }
    if status.is_client_error() {
        let error = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        let code: String = error["error"]
            .as_str()
            .unwrap_or("no reason given")
            .chars()
            .filter(|c| c.is_ascii_graphic() || *c == ' ')
            .take(64)
            .collect();
        return Err(OidcError::Exchange(code));
    }
    Err(OidcError::Unusable("it answers with an error or leads elsewhere"))
}

async fn read(mut response: Response) -> Result<Vec<u8>, OidcError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|_| OidcError::Unreachable)? {
        if body.len() + piece.len() > MAX_ANSWER {
            return Err(OidcError::Unusable("its answer is too long"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

#[cfg(test)]
mod tests;
