//! The listener that speaks TLS 1.3 itself, for installations without a proxy before them.

use std::net::{IpAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use phony_http::server::TlsListener;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::TlsConfig;

/// Reads certificate and key, and listens.
///
/// # Errors
/// When a file cannot be read or used, or the port is taken.
pub fn listen(config: &TlsConfig, bind: IpAddr) -> anyhow::Result<TlsListener> {
    let listener = TcpListener::bind((bind, config.port))
        .with_context(|| format!("cannot listen on {bind}:{}", config.port))?;
    Ok(TlsListener {
        listener,
        config: server_config(config)?,
    })
}

/// TLS 1.3 and nothing older.
fn server_config(config: &TlsConfig) -> anyhow::Result<ServerConfig> {
    let shown = |path: &std::path::Path| path.display().to_string();
    let certificates = CertificateDer::pem_file_iter(&config.cert_path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("TLS_CERT_PATH: {} holds no certificate", shown(&config.cert_path)))?;
    let key = PrivateKeyDer::from_pem_file(&config.key_path)
        .with_context(|| format!("TLS_KEY_PATH: {} holds no private key", shown(&config.key_path)))?;
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .context("tls 1.3 is not there")?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .context("TLS_CERT_PATH and TLS_KEY_PATH do not belong together")
}
