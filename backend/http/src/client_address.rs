//! Where a request came from: the peer, or what a proxy that we trust says of it.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::HeaderMap;
use phony_app::App;

/// The client's address; none when the connection has none.
pub(crate) fn of(app: &App, headers: &HeaderMap, peer: Option<SocketAddr>) -> Option<IpAddr> {
    let named = headers.get_all("x-forwarded-for");
    let named = named
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let named: Vec<&str> = named.collect();
    Some(app.trusted_proxies.client(peer?.ip(), &named))
}
