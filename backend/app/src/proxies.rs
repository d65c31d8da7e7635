//! Proxies before us, and whose word on a client's address is taken.

use std::net::IpAddr;
use std::str::FromStr;

/// The networks of our own proxies; empty when the server is reached directly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

/// An entry is no network.
#[derive(Debug, PartialEq, Eq)]
pub struct BadNetwork;

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

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, bits: u32| (a ^ b).checked_shr(bits - self.prefix).unwrap_or(0) == 0;
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                same(ours.to_bits().into(), theirs.to_bits().into(), 32)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same(ours.to_bits(), theirs.to_bits(), 128),
            _ => false,
        }
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

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| BadNetwork)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), |prefix| prefix.parse().map_err(|_| BadNetwork))?;
        if prefix > most {
            return Err(BadNetwork);
        }
        Ok(Self { address, prefix })
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
