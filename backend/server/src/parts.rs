//! Wiring: makes every part of its configuration. Nothing runs yet.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context as _;
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
use phony_kernel::{Clock, InstanceId};
use phony_models::chat::{ChatClient, ChatConfig};
use phony_models::realtime::{RealtimeClient, RealtimeConfig};
use phony_outside::txt::TxtResolver;
use phony_worker::{Postman, Worker};
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;

use crate::config::Config;
use crate::test_mode;

/// Records that may wait for the database before calls keep them themselves.
const RECORD_QUEUE: usize = 4_096;
/// Wishes of conversations for their recordings that may wait for the carrier.
const RECORDING_QUEUE: usize = 1_024;
/// Calls of turns that may wait to be called back.
const NUDGE_QUEUE: usize = 1_024;

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
