//! Running: starts every part, and stops it in the right order. How the parts are made is in [`crate::parts`].

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::PrometheusHandle;
use phony_app::App;
use phony_http::health::Figures;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::last_resort::{self, RunningLastResort};
use crate::parts::{Parts, build};

/// What was handed over or asked for last is waited for this long at the most.
const FLUSH_WITHIN: Duration = Duration::from_secs(10);

/// A server that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its parts, for tests and for the operator's commands.
    pub app: App,
    /// Live calls are waited for this long at the most.
    drain_at_most: Duration,
    http: actix_web::dev::ServerHandle,
    http_task: JoinHandle<std::io::Result<()>>,
    stop: CancellationToken,
    drain_task: JoinHandle<()>,
    last_resort: Option<RunningLastResort>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts everything on `listener`.
///
/// # Errors
/// When a part cannot be made or the listener cannot be used.
pub async fn start(
    config: &Config,
    listener: TcpListener,
    metrics: PrometheusHandle,
) -> anyhow::Result<Running> {
    let address = listener.local_addr().context("the listener has no address")?;
    // The rules of phone numbers are read on first use, which takes a moment; nobody's first call should wait.
    tokio::task::spawn_blocking(|| phony_kernel::E164::parse("+14155550134", None));
    // First, and of nothing else: it is for the times when nothing else comes up.
    let last_resort = match config.fallback_port {
        Some(port) => Some(last_resort::start(
            config.bind,
            port,
            config.fallback_number.clone(),
        )?),
        None => None,
    };
    let Parts {
        app,
        worker,
        records,
        nudges,
        recording_orders,
    } = build(config).await?;
    let stop = CancellationToken::new();
    let tls = match &config.tls {
        Some(tls) => Some(crate::tls::listen(tls, config.bind)?),
        None => None,
    };
    let figures = Figures::new(metrics, config.metrics_token.clone());
    let server = phony_http::server::serve(app.clone(), figures, listener, tls, config.workers)?;
    let http = server.handle();
    let http_task = tokio::spawn(server);
    let drain_task = tokio::spawn({
        let (calls, stop) = (app.calls.clone(), stop.clone());
        async move {
            let report = calls.drain_records(records, stop).await;
            tracing::info!(?report, "records of calls are stored");
        }
    });
    let heartbeat = tokio::spawn({
        let (calls, engine, stop) = (app.calls.clone(), app.engine.clone(), stop.clone());
        async move { calls.run_heartbeat(|| engine.running(), stop).await }
    });
    let costs = tokio::spawn({
        let (calls, engine, stop) = (app.calls.clone(), app.engine.clone(), stop.clone());
        async move { calls.run_costs(&engine, stop).await }
    });
    let call_back = tokio::spawn({
        let (app, stop) = (app.clone(), stop.clone());
        async move {
            let calling = phony_http::carrier::gather::call_back(app, nudges);
            let _ = stop.run_until_cancelled(calling).await;
        }
    });
    let record = tokio::spawn({
        let (recordings, stop) = (app.recordings.clone(), stop.clone());
        async move {
            let recording = recordings.take_orders(recording_orders);
            let _ = stop.run_until_cancelled(recording).await;
        }
    });
    let presence = tokio::spawn({
        let (limits, stop) = (app.rate_limits.clone(), stop.clone());
        async move { limits.run_presence(stop).await }
    });
    let work = tokio::spawn({
        let stop = stop.clone();
        async move { Box::pin(worker.run(stop)).await }
    });
    Ok(Running {
        address,
        app,
        drain_at_most: Duration::from_secs(config.drain_seconds),
        http,
        http_task,
        stop,
        drain_task,
        last_resort,
        tasks: vec![heartbeat, costs, call_back, record, presence, work],
    })
}

impl Running {
    /// Takes no new calls, lets live ones finish, then stops every part, the records last. Waits for calls no
    /// longer once `hurry` is there.
    pub async fn drain_and_stop(self, hurry: impl Future<Output = ()>) {
        self.app.draining.store(true, Ordering::Relaxed);
        tracing::info!(calls = self.app.active_calls(), "draining");
        tokio::select! {
            () = self.app.engine.drain(self.drain_at_most) => {}
            () = hurry => self.app.engine.drain(Duration::ZERO).await,
        }
        if timeout(FLUSH_WITHIN, self.app.engine.flushed()).await.is_err() {
            tracing::warn!("not all that calls have handed over could be passed on in time");
        }
        self.stop_now().await;
    }

    /// Stops every part now.
    pub async fn stop_now(self) {
        self.http.stop(true).await;
        if let Ok(Err(cause)) = self.http_task.await {
            tracing::error!(error = %cause, "the http server ended with an error");
        }
        if timeout(FLUSH_WITHIN, self.app.identity.settle()).await.is_err() {
            tracing::warn!("not all mails that were asked for could be made in time");
        }
        self.stop.cancel();
        for task in self.tasks {
            if let Err(cause) = task.await {
                tracing::error!(error = %cause, "a background task ended with an error");
            }
        }
        if let Err(cause) = self.drain_task.await {
            tracing::error!(error = %cause, "the records of calls may not all be stored");
        }
        self.app.db.close().await;
        if let Some(last_resort) = self.last_resort {
            last_resort.stop().await;
        }
    }
}
