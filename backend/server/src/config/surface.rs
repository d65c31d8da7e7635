//! What the HTTP surface is told: other origins, a listener with TLS.

use std::path::PathBuf;

use url::Url;

use super::Reader;

/// A listener that speaks TLS 1.3 itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// Certificate and those above it, PEM.
    pub cert_path: PathBuf,
    /// Its private key, PEM.
    pub key_path: PathBuf,
    /// Where it listens.
    pub port: u16,
}

/// Exact origins: scheme, host and port, nothing else.
pub(super) fn cors_origins(reader: &mut Reader<'_>) -> Vec<String> {
    let text = reader.get("CORS_ORIGINS").unwrap_or_default().to_owned();
    let entries: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .collect();
    let exact = |entry: &&str| {
        let url = Url::parse(entry).ok();
        url.is_some_and(|url| {
            matches!(url.scheme(), "https" | "http") && url.origin().ascii_serialization() == **entry
        })
    };
    if !entries.iter().all(exact) {
        reader
            .faults
            .push("CORS_ORIGINS must be a list of origins such as https://shop.example".to_owned());
    }
    entries.into_iter().map(str::to_owned).collect()
}

/// Both files or none.
pub(super) fn tls(reader: &mut Reader<'_>) -> Option<TlsConfig> {
    let port = reader.number("TLS_PORT", 24443, 1..=u16::MAX);
    let path = |reader: &Reader<'_>, name| reader.get(name).map(PathBuf::from);
    match (path(reader, "TLS_CERT_PATH"), path(reader, "TLS_KEY_PATH")) {
        (Some(cert_path), Some(key_path)) => Some(TlsConfig {
            cert_path,
            key_path,
            port,
        }),
        (None, None) => None,
        _ => {
            reader
                .faults
                .push("TLS_CERT_PATH and TLS_KEY_PATH belong together: give both or none".to_owned());
            None
        }
    }
}
