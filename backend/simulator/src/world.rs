//! Everything one simulator knows, shared by its routes and calls. No globals: two simulators in one process are strangers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::calls::Call;
use crate::clock::{Clock, Millis, whole_ms};
use crate::conferences::Conferences;
use crate::config::Config;
use crate::control::faults::Faults;
use crate::control::settings::Settings;
use crate::control::targets::Target;
use crate::mail::Mailbox;
use crate::model::ModelState;
use crate::oidc::Oidc;
use crate::oidc::dns::Texts;
use crate::realtime::RealtimeState;
use crate::recordings::Recordings;
use crate::rest::accounts::Account;
use crate::rest::incoming::Number;
use crate::speech::Speech;

/// One simulator.
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) http: reqwest::Client,
    pub(crate) store: Mutex<Store>,
    pub(crate) faults: Faults,
    pub(crate) conferences: Conferences,
    pub(crate) recordings: Recordings,
    pub(crate) mails: Mailbox,
    pub(crate) oidc: Oidc,
    /// What names have to say.
    pub(crate) texts: Texts,
    /// Requests that are being answered, by account.
    pub(crate) requests: Mutex<HashMap<String, usize>>,
    pub(crate) model: ModelState,
    pub(crate) realtime: RealtimeState,
    /// Everybody who speaks in this simulator, so that everybody in it understands.
    pub(crate) speech: Speech,
    pub(crate) stopped: CancellationToken,
    base_url: OnceLock<String>,
    handle: Handle,
}

/// What the carrier keeps.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) accounts: Vec<Account>,
    pub(crate) numbers: Vec<Number>,
    pub(crate) calls: HashMap<String, Arc<Call>>,
    /// Call SIDs, newest first, as the carrier lists them.
    pub(crate) order: VecDeque<String>,
    pub(crate) messages: Vec<serde_json::Value>,
    pub(crate) targets: HashMap<String, Target>,
    pub(crate) settings: Settings,
    /// When each account may dial again.
    pub(crate) turns: HashMap<String, Millis>,
}

/// Calls kept for listing; the oldest finished ones are forgotten beyond this.
const CALLS_KEPT: usize = 10_000;

impl World {
    pub(crate) fn new(config: Config, handle: Handle) -> anyhow::Result<Arc<Self>> {
        let http = reqwest::Client::builder()
            .connect_timeout(std::time::Duration::from_secs(5))
            .timeout(std::time::Duration::from_secs(15))
            .no_proxy()
            .user_agent("TwilioProxy/1.1")
            .build()?;
        let store = crate::state_file::load(&config)?;
        Ok(Arc::new(Self {
            clock: Clock::new(config.speed),
            http,
            store: Mutex::new(store),
            faults: Faults::default(),
            conferences: Conferences::default(),
            recordings: Recordings::default(),
            mails: Mailbox::default(),
            oidc: Oidc::new()?,
            texts: Texts::default(),
            requests: Mutex::default(),
            model: ModelState::default(),
            realtime: RealtimeState::default(),
            speech: Speech::new(),
            stopped: CancellationToken::new(),
            base_url: OnceLock::new(),
            handle,
            config,
        }))
    }

    /// Where this simulator can be reached, once it listens.
    pub(crate) fn base_url(&self) -> &str {
        self.base_url.get().map_or("", String::as_str)
    }

    pub(crate) fn listens_at(&self, url: String) {
        // It listens at one address, told once.
        let _ = self.base_url.set(url);
    }

    /// Runs work that ends with the simulator.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stopped = self.stopped.clone();
        self.handle.spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = work => {}
            }
        });
    }

    pub(crate) fn call(&self, sid: &str) -> Option<Arc<Call>> {
        self.store.lock().calls.get(sid).cloned()
    }

    pub(crate) fn add_call(&self, call: &Arc<Call>) {
        let mut store = self.store.lock();
        store.order.push_front(call.sid.clone());
        store.calls.insert(call.sid.clone(), Arc::clone(call));
        if store.order.len() > CALLS_KEPT
            && let Some(oldest) = store.order.pop_back()
        {
            store.calls.remove(&oldest);
        }
    }

    /// How long a new call of this account waits for its turn: one after the other, as many a second as are allowed.
    pub(crate) fn turn(&self, account_sid: &str, now: Millis) -> Millis {
        let mut store = self.store.lock();
        let Some(rate) = store.settings.calls_per_second.filter(|rate| *rate > 0.0) else {
            return 0;
        };
        let free = store.turns.entry(account_sid.to_owned()).or_default();
        let at = now.max(*free);
        *free = at + whole_ms(1_000.0 / rate);
        at - now
    }

    pub(crate) fn account(&self, sid: &str) -> Option<Account> {
        self.store.lock().accounts.iter().find(|a| a.sid == sid).cloned()
    }

    pub(crate) fn settings(&self) -> Settings {
        self.store.lock().settings.clone()
    }

    /// Whether the model half takes this key.
    pub(crate) fn accepts_key(&self, key: &str) -> bool {
        match &self.config.openai_api_key {
            Some(expected) => key == expected,
            None => !key.is_empty() && !key.starts_with("sk-invalid"),
        }
    }

    /// How this telephone behaves when it is rung.
    pub(crate) fn target(&self, number: &str) -> Target {
        self.store.lock().targets.get(number).cloned().unwrap_or_default()
    }

    /// Keeps accounts and numbers for the next run, when a file was given.
    pub(crate) fn save(&self) {
        if let Err(error) = crate::state_file::save(&self.config, &self.store.lock()) {
            tracing::warn!(%error, "could not keep the state file");
        }
    }
}
