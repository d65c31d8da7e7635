//! A telephone carrier and model providers that speak the real protocols over real sockets, for tests, for demos, and
//! for anybody who wants to try an agent without paying. One process, one port: the carrier's REST API under
//! `/2010-04-01`, the model provider under `/v1`, a provider of identities under `/oidc`, the control side under `/sim`.
//! A second port takes mails, a third answers DNS questions for TXT records.

mod callers;
mod calls;
mod clock;
mod conferences;
mod config;
mod control;
mod ids;
mod mail;
mod model;
mod oidc;
mod realtime;
mod recordings;
mod relay;
mod rest;
mod signing;
pub mod speech;
mod state_file;
mod stream;
mod twiml;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use anyhow::Context as _;
use tokio::runtime::Handle;

pub use config::Config;
use world::World;

/// Largest request body.
const BODY_BYTES: usize = 4 * 1024 * 1024;
/// How long a connection may rest.
const KEEP_ALIVE: Duration = Duration::from_secs(120);

/// A simulator that runs until it is stopped.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    smtp: String,
    dns: String,
    server: ServerHandle,
    world: Arc<World>,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// The account that exists from the start.
    pub fn account_sid(&self) -> &str {
        &self.world.config.account_sid
    }

    /// The auth token of that account.
    pub fn auth_token(&self) -> &str {
        &self.world.config.auth_token
    }

    /// `http://` and the address, for `TWILIO_API_URL`; with `/v1` behind it for `OPENAI_BASE_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Where mails are taken, for `SMTP_URL`.
    pub fn smtp_url(&self) -> String {
        format!("smtp://{}", self.smtp)
    }

    /// Where somebody signs in, for the issuer of a single sign-on.
    pub fn oidc_issuer(&self) -> String {
        format!("{}/oidc", self.url())
    }

    /// Who answers questions for TXT records, for `DNS_SERVER`.
    pub fn dns_server(&self) -> &str {
        &self.dns
    }

    /// Everybody's voice in this simulator: what is said with it is understood by the people on its calls, and by its models.
    pub fn speech(&self) -> speech::Speech {
        self.world.speech.clone()
    }

    /// Ends all calls without ceremony and stops listening.
    pub async fn stop(self) {
        self.world.stopped.cancel();
        self.server.stop(false).await;
        // The server task ends with its handle; how it ended no longer matters.
        let _ = self.task.await;
    }

    /// Waits until the server ends by itself or by a signal.
    pub async fn wait(self) -> anyhow::Result<()> {
        self.task.await?.context("server failed")
    }
}

/// Starts a simulator. It lives in the runtime this is called from and shares nothing with other simulators.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    let address = format!("{}:{}", config.bind, config.port);
    let world = World::new(config, Handle::current())?;
    let smtp = mail::listen(&world).await?;
    let dns = oidc::dns::listen(&world).await?;
    let data = web::Data::from(Arc::clone(&world));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .app_data(web::PayloadConfig::new(BODY_BYTES))
            .configure(rest::routes)
            .configure(model::routes)
            .configure(oidc::routes)
            .configure(control::routes)
    })
    .workers(1)
    // Longer than clients keep a connection that rests, so that none is closed in the moment of its next request.
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(KEEP_ALIVE)
    .shutdown_timeout(1)
    .bind(&address)
    .with_context(|| format!("cannot listen on {address}"))?;
    let addr = server.addrs().first().copied().context("server has no address")?;
    world.listens_at(format!("http://{addr}"));
    let server = server.run();
    let handle = server.handle();
    Ok(Running {
        addr,
        smtp,
        dns,
        server: handle,
        world,
        task: tokio::spawn(server),
    })
}
