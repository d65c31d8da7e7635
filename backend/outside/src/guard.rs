//! Where a request to an address that a tenant has named may go, and a client that goes nowhere else.
//!
//! The form of a URL is checked when it is saved, and the addresses behind its name each time that a connection is
//! made: all of them, by the resolver that the connection itself uses, so that no second answer can differ.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use tokio::net::lookup_host;
use tokio::time::timeout;
use url::{Host, Url};

use crate::address::is_public;

/// Longest URL.
const MAX_URL: usize = 500;
/// Ports that may be named.
const PORTS: [u16; 2] = [443, 8443];
/// How long a name is looked up.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(5);
/// Addresses of a name that are looked at.
const MOST_ADDRESSES: usize = 16;

/// Why a request may not go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// It is no URL, or too long.
    #[error("is not a URL")]
    NotAUrl,
    /// In the clear.
    #[error("must begin with https://")]
    NotHttps,
    /// It has a user name, a password or a fragment.
    #[error("must not have a user name, a password or a fragment")]
    Extras,
    /// Another port.
    #[error("must use port 443 or 8443")]
    Port,
    /// An address that is not of the public internet, or a name that leads to one.
    #[error("must be on the public internet")]
    NotPublic,
    /// The name leads nowhere.
    #[error("has a name that was not found")]
    NotFound,
}

/// Says where requests may go. Cheap to clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    loopback: bool,
}

impl Guard {
    /// Only the public internet.
    #[must_use]
    pub fn public() -> Self {
        Self { loopback: false }
    }

    /// This machine as well, in the clear and at any port. A release build does not know how.
    #[must_use]
    pub fn with_loopback(allowed: bool) -> Self {
        Self {
            loopback: allowed && cfg!(debug_assertions),
        }
    }

    /// Checks the form of a URL, and its address if it has one in place of a name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, text: &str) -> Result<Url, Refused> {
        if text.len() > MAX_URL || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Refused::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| Refused::NotAUrl)?;
        let host = url.host().ok_or(Refused::NotAUrl)?;
        let local = self.loopback && is_loopback(&host);
        if url.scheme() != "https" && !(local && url.scheme() == "http") {
            return Err(Refused::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(Refused::Extras);
        }
        if !local && !PORTS.contains(&url.port_or_known_default().unwrap_or(0)) {
            return Err(Refused::Port);
        }
        let public = match host {
            Host::Ipv4(v4) => is_public(IpAddr::V4(v4)),
            Host::Ipv6(v6) => is_public(IpAddr::V6(v6)),
            // Names without a dot, and those of this machine, lead into our own network.
            Host::Domain(name) => {
                let name = name.trim_end_matches('.');
                name.contains('.')
                    && !name.ends_with(".localhost")
                    && !name.ends_with(".local")
                    && !name.ends_with(".internal")
            }
        };
        if public || local {
            Ok(url)
        } else {
            Err(Refused::NotPublic)
        }
    }

    /// The addresses of a name, if all of them may be reached.
    ///
    /// # Errors
    /// When one may not, or there is none.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Refused> {
        self.resolve_by(&OfTheSystem, host, port).await
    }

    async fn resolve_by(
        &self,
        names: &impl Names,
        host: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, Refused> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let found = match timeout(LOOK_UP_WITHIN, names.look_up(host, port)).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) | Err(_) => return Err(Refused::NotFound),
        };
        if found.is_empty() {
            return Err(Refused::NotFound);
        }
        if found.iter().all(|address| self.allows(address.ip())) {
            Ok(found)
        } else {
            Err(Refused::NotPublic)
        }
    }

    /// Whether an address may be reached.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        is_public(address) || self.loopback && address.to_canonical().is_loopback()
    }

    /// A client that goes where it may and nowhere else: no redirects, no proxy of the environment, and every
    /// connection to an address that was checked for it.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn client(&self, total: Duration) -> reqwest::Result<reqwest::Client> {
        self.builder().timeout(total).build()
    }

    /// For a client with time limits of its own.
    pub fn builder(&self) -> reqwest::ClientBuilder {
        self.builder_by(OfTheSystem)
    }

    pub(crate) fn builder_by(&self, names: impl Names) -> reqwest::ClientBuilder {
        let checked = Checked {
            guard: *self,
            names: Arc::new(names),
        };
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(checked))
            .connect_timeout(Duration::from_secs(5))
            .tcp_nodelay(true)
    }
}

/// Knows the addresses of names.
pub(crate) trait Names: Send + Sync + 'static {
    /// Those of one name, at most as many as are looked at.
    fn look_up(&self, host: &str, port: u16) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;
}

/// The resolver of this machine.
struct OfTheSystem;

impl Names for OfTheSystem {
    async fn look_up(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.take(MOST_ADDRESSES).collect())
    }
}

/// Gives a client the addresses that were looked at, so that it has no reason to ask again.
struct Checked<N> {
    guard: Guard,
    names: Arc<N>,
}

impl<N: Names> Resolve for Checked<N> {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, names) = (self.guard, self.names.clone());
        Box::pin(async move {
            // The port is put in by the client.
            let found = guard.resolve_by(&*names, name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(v4) => v4.is_loopback(),
        Host::Ipv6(v6) => v6.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

#[cfg(test)]
mod tests;
