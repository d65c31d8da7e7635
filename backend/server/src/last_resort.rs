//! Runs the listener of last resort: beside the server, or alone with `phony fallback`.

use std::net::{IpAddr, SocketAddr, TcpListener};

use actix_web::dev::ServerHandle;
use anyhow::Context as _;
use phony_http::last_resort::{self, LastResort};
use phony_kernel::E164;
use tokio::task::JoinHandle;

/// A listener that runs.
pub struct RunningLastResort {
    /// Where it listens.
    pub address: SocketAddr,
    handle: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
}

/// Starts it. Nothing is asked of any other part.
///
/// # Errors
/// When the port cannot be had.
pub fn start(bind: IpAddr, port: u16, number: Option<E164>) -> anyhow::Result<RunningLastResort> {
    let listener = TcpListener::bind((bind, port))
        .with_context(|| format!("port {port} of the listener of last resort cannot be had"))?;
    let address = listener.local_addr().context("the listener has no address")?;
    let server = last_resort::serve(listener, LastResort { number })?;
    let handle = server.handle();
    tracing::info!(%address, "the listener of last resort is ready");
    Ok(RunningLastResort {
        address,
        handle,
        task: tokio::spawn(server),
    })
}

impl RunningLastResort {
    /// Stops it; answers under way are finished.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        if let Ok(Err(cause)) = self.task.await {
            tracing::error!(error = %cause, "the listener of last resort ended with an error");
        }
    }
}
