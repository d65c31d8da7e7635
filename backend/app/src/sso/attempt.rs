//! A sign-in on its way to a provider and back, kept by the browser that began it and by nobody else.
//!
//! Its cookie is sealed: it can neither be read nor made. It binds what comes back to the browser that left, so that
//! nobody can be brought into another's account by a link.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use phony_kernel::error::Faults;
use phony_kernel::{Error, Result, SessionId, TenantId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Sso;
use crate::identity::secrets::random;
use crate::sealing::Place;

/// How long a sign-in may take.
pub(super) const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// Longest cookie that is looked at.
const MAX_COOKIE: usize = 4_096;

/// What was sent, and what is to become of what comes back.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    pub(super) tenant: TenantId,
    pub(super) connection: Uuid,
    /// Somebody who is signed in and links themselves, with their session.
    pub(super) link: Option<(UserId, SessionId)>,
    pub(super) fresh: bool,
    pub(super) return_to: String,
    pub(super) until: DateTime<Utc>,
}

impl Pending {
    pub(super) fn new(tenant: TenantId, connection: Uuid, now: DateTime<Utc>) -> Result<Self> {
        let text = || Ok::<_, Error>(URL_SAFE_NO_PAD.encode(random::<32>()?));
        Ok(Self {
            state: text()?,
            nonce: text()?,
            verifier: text()?,
            tenant,
            connection,
            link: None,
            fresh: false,
            return_to: own_path(None)?,
            until: now + LIFETIME,
        })
    }
}

fn place() -> Place<'static> {
    Place::of_nobody("cookies", "sso", "attempt")
}

impl Sso {
    pub(super) fn seal(&self, pending: &Pending) -> Result<String> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(pending).map_err(Error::internal)?);
        let sealed = self.inner.sealer.seal(&place(), &plain)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed.as_bytes()))
    }

    /// The attempt of a cookie; none when it is not ours or too old.
    pub(super) fn open(&self, cookie: &str) -> Option<Pending> {
        if cookie.len() > MAX_COOKIE {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let plain = self.inner.sealer.open(&place(), &sealed).ok()?;
        let pending: Pending = serde_json::from_slice(&plain).ok()?;
        (pending.until > self.clock.now()).then_some(pending)
    }
}

/// The page that goes on after a sign-in.
const PAGE: &str = "/dashboard/sso";

/// Longest path.
const PATH_CHARS: usize = 500;

/// A path of our own pages to go back to; the page that goes on after a sign-in when none is said.
///
/// # Errors
/// A fault of `return_to` when it leads anywhere else.
pub(super) fn own_path(text: Option<&str>) -> Result<String> {
    let Some(text) = text else {
        return Ok(PAGE.to_owned());
    };
    let good = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains('\\')
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    let mut faults = Faults::new();
    faults.length("return_to", text, 1, PATH_CHARS);
    faults.require(good, "return_to", "not_a_path", "is not a path of our own pages");
    faults.finish()?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{PAGE, own_path};

    #[test]
    fn only_our_own_pages_are_gone_back_to() {
        assert_eq!(own_path(Some("/calls?live=1")).unwrap(), "/calls?live=1");
        for bad in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "evil",
            "",
            "/a b",
            "/a\nb",
            "javascript:alert(1)",
        ] {
            assert!(own_path(Some(bad)).is_err(), "{bad}");
        }
        assert_eq!(own_path(None).unwrap(), PAGE);
    }
}
