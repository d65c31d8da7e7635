//! Proxies before us, and whose word on a client's address is taken.

use std::net::IpAddr;
use std::str::FromStr;

use phony_kernel::Network;
use phony_kernel::network::BadNetwork;

/// The networks of our own proxies; empty when the server is reached directly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// Where a request of `peer` came from. A proxy of ours adds the address that it saw at the right end of
    /// `X-Forwarded-For`, so the right-most one that is not a proxy of ours is the client; what is left of it
    /// anybody may have written.
    #[must_use]
    pub fn client(&self, peer: IpAddr, forwarded_for: &[&str]) -> IpAddr {
        let mut client = peer.to_canonical();
        for named in forwarded_for.iter().rev() {
            if !self.contains(client) {
                break;
            }
            let Ok(address) = named.trim().parse::<IpAddr>() else {
                break;
            };
            client = address.to_canonical();
        }
        client
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

impl FromStr for TrustedProxies {
    type Err = BadNetwork;

    /// Reads a list like `10.0.0.0/8, fd00::/8, 192.0.2.7`.
    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, forwarded_for: &[&str]) -> String {
        let trusted: TrustedProxies = trusted.parse().unwrap();
        trusted.client(peer.parse().unwrap(), forwarded_for).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_says_who_the_client_is() {
        let ours = "10.0.0.0/8, fd00::/8, 192.0.2.7";
        assert_eq!(client("", "10.0.0.2", &["203.0.113.9"]), "10.0.0.2");
        assert_eq!(client(ours, "198.51.100.1", &["203.0.113.9"]), "198.51.100.1");
        assert_eq!(client(ours, "10.0.0.2", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(client(ours, "::ffff:10.0.0.2", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(
            client(ours, "fd00::1", &["1.1.1.1", " 203.0.113.9 ", "192.0.2.7"]),
            "203.0.113.9"
        );
        assert_eq!(client(ours, "10.0.0.2", &["1.1.1.1", "nonsense"]), "10.0.0.2");
        assert_eq!(client(ours, "10.0.0.2", &[]), "10.0.0.2");
        assert_eq!(client("0.0.0.0/0", "10.0.0.2", &["203.0.113.9"]), "203.0.113.9");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in [
            "10.0.0.0/33",
            "::/129",
            "proxy",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0/8",
        ] {
            assert_eq!(bad.parse::<TrustedProxies>(), Err(BadNetwork), "{bad}");
        }
    }
}
