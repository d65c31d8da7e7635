//! Where a request to an address that a tenant has named may go, and a client that goes nowhere else.
//!
//! The form of a URL is checked when it is saved, and the addresses behind its name each time that a connection is
//! made: all of them, by the resolver that the connection itself uses, so that no second answer can differ.

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
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let found = timeout(LOOK_UP_WITHIN, lookup_host((host, port))).await;
        let found: Vec<SocketAddr> = match found {
            Ok(Ok(found)) => found.take(MOST_ADDRESSES).collect(),
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
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(*self))
            .connect_timeout(Duration::from_secs(5))
            .tcp_nodelay(true)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = *self;
        Box::pin(async move {
            // The port is put in by the client.
            let found = guard.resolve(name.as_str(), 0).await?;
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
mod tests {
    use super::*;

    /// Ways to name this machine or a neighbour of it, and other things that no request may go to.
    const FORMS: &[&str] = &[
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://",
        "//example.com",
        "example.com",
        "",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com/#part",
        "https://example.com:22/",
        "https://example.com:80/",
        "https://example.com:6379/",
        "https://localhost/",
        "https://LOCALHOST/",
        "https://localhost./",
        "https://app.localhost/",
        "https://redis/",
        "https://postgres:443/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.1./",
        "https://0/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://10.1/",
        "https://167772161/",
        "https://172.16.0.1/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0xA9FEA9FE/",
        "https://2852039166/",
        "https://100.64.0.1/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[fd00:ec2::254]/",
        "https://[ff02::1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:db8::1]/",
        "https://①②⑦.⓪.⓪.①/",
        "https://１２７.0.0.1/",
        "https://example.com /",
        "https://exa\tmple.com/",
        "https://example.com\\@127.0.0.1/#",
    ];

    #[test]
    fn ssrf_sixty_forms_of_urls_lead_nowhere() {
        assert!(FORMS.len() >= 60, "{}", FORMS.len());
        for form in FORMS {
            assert!(Guard::public().check(form).is_err(), "{form}");
        }
        let long = format!("https://example.com/{}", "x".repeat(MAX_URL));
        assert_eq!(Guard::public().check(&long), Err(Refused::NotAUrl));
    }

    #[test]
    fn public_urls_are_taken() {
        for good in [
            "https://example.com",
            "https://login.example.com/tenant/v2.0",
            "https://example.com:8443/realms/a",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
        ] {
            assert!(Guard::public().check(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn this_machine_is_reached_only_when_allowed() {
        let open = Guard::with_loopback(true);
        for local in [
            "http://127.0.0.1:9000/oidc",
            "http://localhost:9000",
            "https://[::1]:9000/",
        ] {
            assert!(open.check(local).is_ok(), "{local}");
            assert!(Guard::with_loopback(false).check(local).is_err(), "{local}");
        }
        for other in ["http://10.0.0.1/", "http://example.com/", "https://192.168.0.1/"] {
            assert!(open.check(other).is_err(), "{other}");
        }
    }

    #[tokio::test]
    async fn ssrf_a_name_that_leads_to_this_machine_is_refused_at_the_connection() {
        assert_eq!(
            Guard::public().resolve("localhost", 443).await,
            Err(Refused::NotPublic)
        );
        assert_eq!(
            Guard::public().resolve("127.0.0.1", 443).await,
            Err(Refused::NotPublic)
        );
        assert!(Guard::with_loopback(true).resolve("localhost", 443).await.is_ok());
        let server = wiremock::MockServer::start().await;
        let port = server.address().port();
        let client = Guard::public().client(Duration::from_secs(5)).unwrap();
        let refused = client
            .get(format!("http://localhost:{port}/"))
            .send()
            .await
            .unwrap_err();
        assert!(refused.is_connect(), "{refused:?}");
        assert!(server.received_requests().await.unwrap().is_empty());
    }
}
