//! Whose requests are counted together.

use std::net::IpAddr;

use phony_kernel::{Bucket, TenantId};

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A tenant's.
    Tenant(TenantId),
    /// An address's; of IPv6 the whole /64, which is one customer's.
    Address(IpAddr),
}

impl Subject {
    /// A customer with IPv6 has a whole /64 to choose addresses from.
    pub(super) fn network(self) -> Self {
        match self {
            Self::Address(address) => Self::Address(match address.to_canonical() {
                IpAddr::V6(v6) => {
                    let mut segments = v6.segments();
                    segments[4..].fill(0);
                    segments.into()
                }
                v4 @ IpAddr::V4(_) => v4,
            }),
            tenant @ Self::Tenant(_) => tenant,
        }
    }

    pub(super) fn redis_key(self, bucket: Bucket) -> String {
        match self {
            Self::Tenant(tenant) => format!("rl:{{{}}}:{}", tenant.uuid(), bucket.as_str()),
            Self::Address(address) => format!("rl:{{{address}}}:{}", bucket.as_str()),
        }
    }
}
