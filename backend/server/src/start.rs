//! Wiring: makes every part of its configuration, starts it, and stops it in the right order.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::PrometheusHandle;
use phony_app::audit::AuditLog;
use phony_app::billing::Billing;
use phony_app::calls::CallsArea;
use phony_app::calls::outbound::Outbound;
use phony_app::calls::transfers::Transfers;
use phony_app::carrier_accounts::CarrierAccounts;
use phony_app::contacts::Contacts;
use phony_app::exports::{Exports, open_store};
use phony_app::identity::{Identity, IdentityConfig};
use phony_app::mail::Mails;
use phony_app::number_keys::NumberKeys;
use phony_app::numbers::Numbers;
use phony_app::outbound_policy::Policies;
use phony_app::personalities::{Personalities, Standards};
use phony_app::plans::Plans;
use phony_app::privacy::Privacy;
use phony_app::provider_credentials::{ProviderConfig, ProviderCredentials};
use phony_app::rate_limits::RateLimits;
use phony_app::recordings::Recordings;
use phony_app::sealing::Sealer;
use phony_app::sso::{Sso, SsoConfig};
use phony_app::supervision::{Areas, Supervision};
use phony_app::{App, CarrierAccess};
use phony_calls::bus::EventBus;
use phony_calls::{Calls, CallsConfig, Models, Nudge, RecordingOrder};
use phony_carriers::twilio::rest::{RestConfig, TwilioClient};
use phony_carriers::twilio::signature::Validator;
use phony_db::Db;
use phony_http::health::Figures;
use phony_kernel::{Clock, InstanceId};
use phony_models::chat::{ChatClient, ChatConfig};
use phony_models::realtime::{RealtimeClient, RealtimeConfig};
use phony_outside::txt::TxtResolver;
use phony_worker::{Postman, Worker};
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::last_resort::{self, RunningLastResort};
use crate::test_mode;

/// Records that may wait for the database before calls keep them themselves.
const RECORD_QUEUE: usize = 4_096;
/// Wishes of conversations for their recordings that may wait for the carrier.
const RECORDING_QUEUE: usize = 1_024;
/// Calls of turns that may wait to be called back.
const NUDGE_QUEUE: usize = 1_024;
/// What calls have handed over last is waited for this long at the most.
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

/// The parts of the product that need no listener.
pub struct Parts {
    /// Everything the HTTP layer needs.
    pub app: App,
    /// Background work.
    pub worker: Worker,
    /// What calls hand over to be stored.
    pub records: mpsc::Receiver<phony_conversation::Record>,
    /// Calls that want the carrier to come at once.
    pub nudges: mpsc::Receiver<Nudge>,
    /// What conversations want of their recordings.
    pub recording_orders: mpsc::Receiver<RecordingOrder>,
}

/// Makes the parts. Nothing runs yet but the event bus.
///
/// # Errors
/// When Redis does not answer, or a value cannot be used.
pub async fn build(config: &Config) -> anyhow::Result<Parts> {
    let clock = Clock::system();
    let instance = InstanceId::new();
    let words = Sealer::new(&config.master_key)?.words();
    let db = Db::connect_lazy(config.database_url.expose_secret(), config.database_connections)?
        .sealing_words(words.clone());
    let worker_db = Db::connect_lazy(
        config.database_worker_url.expose_secret(),
        config.database_connections,
    )?
    .sealing_words(words);
    let client =
        redis::Client::open(config.redis_url.expose_secret()).context("REDIS_URL is not an address")?;
    let redis = client
        .get_connection_manager()
        .await
        .context("redis does not answer")?;
    let bus = EventBus::start(client, redis.clone());
    let chat = ChatClient::new(ChatConfig::new(
        config.openai_base_url.as_str().trim_end_matches('/'),
        Some(config.openai_api_key.clone()),
    ))?;
    let carrier = TwilioClient::new(RestConfig::new(
        config.twilio_api_url.as_str().trim_end_matches('/'),
        &config.twilio_account_sid,
        config.twilio_auth_token.clone(),
    ))?;
    let carrier_accounts = CarrierAccounts::with_tenants(
        carrier,
        config.twilio_auth_token.clone(),
        db.clone(),
        &config.master_key,
        config.carrier_subaccounts,
        Some(redis.clone()),
    )?;
    let carrier_accounts = test_mode::accounts(carrier_accounts, config.test_mode.as_ref())?;
    let public_url = config.public_url.as_str().trim_end_matches('/').to_owned();
    let identity = Identity::new(
        db.clone(),
        clock.clone(),
        IdentityConfig {
            issuer: public_url.clone(),
            master_key: config.master_key.clone(),
            model: config.openai_model.clone(),
        },
    )?;
    let (sender, records) = mpsc::channel(RECORD_QUEUE);
    let realtime = RealtimeClient::new(&RealtimeConfig::new(
        config.openai_realtime_url.as_str(),
        Some(config.openai_api_key.clone()),
    ))?;
    let models = Models {
        chat,
        realtime: Some(realtime),
    };
    let limits = CallsConfig {
        max_calls: config.max_calls,
        max_lateness: (config.max_lateness_ms > 0).then(|| Duration::from_millis(config.max_lateness_ms)),
        ..CallsConfig::new(instance)
    };
    let engine = Calls::new(limits, models, sender, Some(bus.clone()));
    let (nudge, nudges) = mpsc::channel(NUDGE_QUEUE);
    engine.nudge_by(nudge);
    if let Some(test) = &config.test_mode {
        engine.test_by(test_mode::models(test)?);
    }
    let number_keys = NumberKeys::new(&config.master_key)?;
    let provider_credentials = ProviderCredentials::new(
        db.clone(),
        clock.clone(),
        engine.clone(),
        ProviderConfig {
            master_key: config.master_key.clone(),
            guard: config.tenant_urls,
            openai_base_url: config.openai_base_url.as_str().trim_end_matches('/').to_owned(),
            openai_realtime_url: config.openai_realtime_url.to_string(),
        },
    )?;
    let calls = CallsArea::new(db.clone(), instance, number_keys.clone())
        .with_realtime_model(&config.openai_realtime_model)
        .with_credentials(provider_credentials.clone());
    let calls = match &config.test_mode {
        Some(test) => calls.with_test_account(&test.account_sid),
        None => calls,
    };
    let standards = Standards {
        model: config.openai_model.clone(),
        realtime_model: config.openai_realtime_model.clone(),
        voice: config.openai_voice.clone(),
    };
    let numbers = Numbers::new(db.clone(), clock.clone(), carrier_accounts.clone(), &public_url);
    let numbers = match &config.fallback_url {
        Some(url) => numbers.with_last_resort(url.as_str()),
        None => numbers,
    };
    let outbound = Outbound::new(
        db.clone(),
        clock.clone(),
        calls.clone(),
        engine.clone(),
        carrier_accounts.clone(),
        &public_url,
    )
    .with_calls_per_second(config.calls_per_second);
    let store = open_store(&config.recordings_url)?;
    let recordings = Recordings::new(
        db.clone(),
        store.clone(),
        carrier_accounts.clone(),
        engine.clone(),
        bus.clone(),
        clock.clone(),
        &public_url,
    );
    let transfers = Transfers::new(
        db.clone(),
        calls.clone(),
        engine.clone(),
        carrier_accounts.clone(),
        &public_url,
    );
    let (record, recording_orders) = mpsc::channel(RECORDING_QUEUE);
    engine.record_by(record);
    let supervision = Supervision::new(
        Areas {
            calls: calls.clone(),
            recordings: recordings.clone(),
            transfers: transfers.clone(),
            identity: identity.clone(),
        },
        engine.clone(),
        bus.clone(),
        redis.clone(),
        clock.clone(),
    );
    let mails = Mails::new(Sealer::new(&config.master_key)?);
    let app = App {
        public_url: config.public_url.clone(),
        plans: Plans::new(db.clone(), worker_db.clone(), clock.clone(), standards.clone()),
        personalities: Personalities::new(db.clone(), clock.clone(), standards),
        billing: Billing::new(db.clone(), clock.clone()),
        policies: Policies::new(db.clone(), clock.clone(), number_keys, mails.clone()),
        audit: AuditLog::new(db.clone(), store.clone(), clock.clone(), &config.master_key)?,
        privacy: Privacy::new(db.clone(), store.clone(), clock.clone(), &config.master_key)?,
        exports: Exports::new(db.clone(), store.clone(), clock.clone()),
        recordings,
        carrier: CarrierAccess {
            account_sid: config.twilio_account_sid.clone(),
            validator: Arc::new(Validator::new(config.twilio_auth_token.clone())),
        },
        sso: Sso::new(
            db.clone(),
            clock.clone(),
            identity.clone(),
            SsoConfig {
                public_url,
                master_key: config.master_key.clone(),
                guard: config.tenant_urls,
                txt: config
                    .dns_server
                    .map_or_else(TxtResolver::of_system, TxtResolver::at),
            },
        )?,
        provider_credentials,
        mails,
        contacts: Contacts::new(db.clone(), clock.clone()),
        carrier_accounts,
        cors_origins: config.cors_origins.clone().into(),
        rate_limits: RateLimits::new(redis.clone(), instance, config.rate_limits.clone()),
        trusted_proxies: config.trusted_proxies.clone(),
        draining: Arc::new(AtomicBool::new(false)),
        identity,
        numbers,
        calls,
        outbound,
        transfers,
        supervision,
        engine,
        bus,
        db,
        redis,
        clock,
    };
    let postman = Postman::new(config.smtp_url.as_ref(), &config.mail_from)?;
    let worker = Worker::new(worker_db, store, app.clone()).with_postman(postman);
    Ok(Parts {
        app,
        worker,
        records,
        nudges,
        recording_orders,
    })
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
        tasks: vec![heartbeat, call_back, record, presence, work],
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
