//! One ConversationRelay session: from the upgrade to the word that ends it.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::messages::{self, AppMessage};
use super::options::Options;
use super::socket::{self, Socket};
use super::voice::{Manner, Sound, Voice};
use crate::calls::Direction;
use crate::calls::ear::Ear;
use crate::calls::runner::{Flow, Runner};
use crate::clock::Millis;
use crate::twiml::Element;

/// Time between text and the first sound of it.
const VOICE_LATENCY_MS: Millis = 150;
/// How long a `play` source is taken to last; the simulator does not fetch it.
const PLAY_MS: Millis = 3_000;
/// Longest wait for the answer to a close frame.
const CLOSING: std::time::Duration = std::time::Duration::from_secs(1);
/// Bad messages in a row that end the session.
const BAD_MESSAGES: u32 = 10;

/// How a session ended.
pub(crate) enum Outcome {
    /// The application sent `end`.
    Ended { handoff: Option<String> },
    /// The socket or the settings failed.
    Failed { code: u32, message: String },
    /// The call itself ended or was sent elsewhere.
    Left(Flow),
}

/// What the action callback reports.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) duration_ms: Millis,
    pub(crate) outcome: Outcome,
}

/// A session while it runs.
pub(super) struct Live<'a> {
    pub(super) runner: &'a mut Runner,
    pub(super) options: Options,
    pub(super) socket: Socket,
    pub(super) voice: Voice,
    pub(super) ear: Ear,
    /// Applies to the welcome greeting while it is the thing being spoken.
    pub(super) greeting: bool,
    pub(super) caller_speaking: bool,
    pub(super) bad: u32,
    /// Send what no application knows yet.
    pub(super) future: bool,
    pub(super) outcome: Option<Outcome>,
}

/// Runs a session until it ends one way or another.
pub(crate) async fn run(runner: &mut Runner, noun: &Element) -> Session {
    let id = crate::ids::sid("VX");
    let began = runner.world.clock.now();
    let outcome = match open(runner, noun, &id).await {
        Ok(mut live) => Box::pin(live.converse()).await,
        Err(outcome) => outcome,
    };
    if let Outcome::Failed { code, message } = &outcome {
        runner
            .call
            .note_trouble(runner.world.clock.now(), *code, message.clone());
    }
    Session {
        id,
        duration_ms: runner.world.clock.now().saturating_sub(began),
        outcome,
    }
}

async fn open<'a>(runner: &'a mut Runner, noun: &Element, id: &str) -> Result<Live<'a>, Outcome> {
    let options = Options::read(noun);
    let loopback = options.url.starts_with("ws://127.0.0.1") || options.url.starts_with("ws://localhost");
    if !options.url.starts_with("wss://") && !loopback {
        return Err(Outcome::Failed {
            code: 64102,
            message: format!("{} is not a wss address", options.url),
        });
    }
    let settings = runner.world.settings();
    let socket = socket::connect_signed(&options.url, &runner.call.auth_token, settings.socket_form())
        .await
        .map_err(|refused| Outcome::Failed {
            code: 64102,
            message: refused.message,
        })?;
    let now = runner.world.clock.now();
    let voice = Voice::new(runner.world.config.chars_per_second, VOICE_LATENCY_MS, now);
    let setup = setup_message(runner, &options, id);
    let mut live = Live {
        runner,
        options,
        socket,
        voice,
        ear: Ear::default(),
        greeting: false,
        caller_speaking: false,
        bad: 0,
        future: settings.future_messages,
        outcome: None,
    };
    live.send(setup).await;
    if live.future {
        live.send(json!({"type": "messageOfTheFuture", "value": {"deep": [1, null]}}))
            .await;
    }
    if let Some(greeting) = live.options.greeting.clone() {
        live.greeting = true;
        live.voice.text(now, &greeting, true, Manner::default());
    }
    Ok(live)
}

fn setup_message(runner: &Runner, options: &Options, id: &str) -> Value {
    let call = &runner.call;
    // Seen on live traffic: the state before the answer, in capitals.
    let call_status = if call.direction == Direction::Inbound {
        "RINGING"
    } else {
        "IN-PROGRESS"
    };
    let parameters: serde_json::Map<String, Value> = options
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    json!({
        "type": "setup", "sessionId": id, "accountSid": call.account_sid, "callSid": call.sid,
        "parentCallSid": call.parent_sid.clone().unwrap_or_default(), "from": call.from, "to": call.to,
        "forwardedFrom": "", "callerName": "", "direction": call.direction.word(), "callType": "PSTN",
        "callStatus": call_status, "customParameters": parameters,
    })
}

impl Live<'_> {
    async fn converse(&mut self) -> Outcome {
        loop {
            self.speak().await;
            if let Some(outcome) = self.outcome.take() {
                return self.leave(outcome).await;
            }
            let next = self.voice.next_change(self.now());
            let clock = self.runner.world.clock;
            tokio::select! {
                frame = self.socket.next() => match frame {
                    Some(Ok(frame)) => self.on_frame(frame).await,
                    Some(Err(error)) => self.fail(64105, format!("socket broke: {error}")),
                    None => self.fail(64105, "socket ended by the server"),
                },
                signal = self.runner.inbox.recv() => match signal {
                    Some(signal) => self.on_signal(signal).await,
                    None => self.fail(64105, "call is gone"),
                },
                () = clock.sleep_until(next.unwrap_or_default()), if next.is_some() => {}
            }
        }
    }

    pub(super) fn now(&self) -> Millis {
        self.runner.world.clock.now()
    }

    pub(super) fn fail(&mut self, code: u32, message: impl Into<String>) {
        self.outcome = Some(Outcome::Failed {
            code,
            message: message.into(),
        });
    }

    /// Stops the voice and closes the socket.
    async fn leave(&mut self, outcome: Outcome) -> Outcome {
        let now = self.now();
        let (_, sounds) = self.voice.cut(now);
        self.ear.hear(&self.runner.call, now, &sounds);
        if !matches!(outcome, Outcome::Failed { .. }) {
            self.goodbye(CloseCode::Normal, "").await;
        }
        outcome
    }

    /// Closes properly: the other side gets the code before the connection goes away.
    async fn goodbye(&mut self, code: CloseCode, reason: &'static str) {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let closed = async {
            if self.socket.close(Some(frame)).await.is_ok() {
                while let Some(Ok(frame)) = self.socket.next().await {
                    if matches!(frame, Message::Close(_)) {
                        break;
                    }
                }
            }
        };
        // Somebody who does not answer is not waited for; the session is over either way.
        let _ = tokio::time::timeout(CLOSING, closed).await;
    }

    pub(super) async fn send(&mut self, message: Value) {
        let text = message.to_string();
        self.runner.call.note_frame(self.now(), "carrier", message);
        if let Err(error) = self.socket.send(Message::text(text)).await {
            self.fail(64105, format!("socket broke: {error}"));
        }
    }

    /// Lets the voice catch up with the clock and tells whoever subscribed.
    async fn speak(&mut self) {
        let now = self.now();
        let sounds = self.voice.advance(now);
        self.report(now, &sounds).await;
        if self.caller_speaking && self.voice.is_speaking() {
            self.interrupt(true).await;
        }
    }

    pub(super) async fn report(&mut self, now: Millis, sounds: &[Sound]) {
        self.ear.hear(&self.runner.call, now, sounds);
        for sound in sounds {
            match sound {
                Sound::Began { .. } => self.event("agentSpeaking", "on").await,
                Sound::Ended { .. } => {
                    self.greeting = false;
                    self.event("agentSpeaking", "off").await;
                }
                Sound::Token(text) if self.options.played_events => {
                    let message = json!({"type": "info", "name": "tokensPlayed", "value": text});
                    self.send(message).await;
                }
                _ => {}
            }
        }
    }

    pub(super) async fn event(&mut self, name: &str, value: &str) {
        if self.options.speaker_events {
            let ts = chrono::Utc::now().timestamp_millis();
            self.send(json!({"type": "info", "name": name, "value": value, "ts": ts}))
                .await;
        }
    }

    async fn on_frame(&mut self, frame: Message) {
        match frame {
            Message::Text(text) => {
                let parsed = messages::parse(&text);
                let noted = serde_json::from_str(&text).unwrap_or_else(|_| json!(text.as_str()));
                self.runner.call.note_frame(self.now(), "agent", noted);
                match parsed {
                    Ok(message) => {
                        self.bad = 0;
                        self.on_message(message).await;
                    }
                    Err(why) => self.reject(&text, &why).await,
                }
            }
            Message::Binary(_) => self.reject("<binary>", "binary frames are not understood").await,
            Message::Close(frame) => {
                let code = frame.map_or(1005, |f| u16::from(f.code));
                self.fail(64105, format!("socket ended by the server with {code}"));
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }

    async fn reject(&mut self, text: &str, why: &str) {
        self.bad += 1;
        self.runner
            .call
            .note_trouble(self.now(), 64107, format!("invalid message, {why}: {text}"));
        self.send(json!({"type": "error", "description": format!("Invalid message received: {text}")}))
            .await;
        if self.bad >= BAD_MESSAGES {
            let reason = "Too many consecutive malformed messages.";
            self.goodbye(CloseCode::Invalid, reason).await;
            self.fail(64105, reason);
        }
    }

    async fn on_message(&mut self, message: AppMessage) {
        let now = self.now();
        match message {
            AppMessage::Text {
                token,
                last,
                interruptible,
                preemptible,
            } => {
                let manner = self.manner(interruptible, preemptible);
                let sounds = self.voice.text(now, &token, last, manner);
                self.report(now, &sounds).await;
            }
            AppMessage::Play {
                source,
                loops,
                interruptible,
                preemptible,
            } => {
                let manner = self.manner(interruptible, preemptible);
                let times = if loops == 0 { 1_000 } else { loops };
                let sounds = self.voice.play(now, &source, PLAY_MS * times, manner);
                self.report(now, &sounds).await;
            }
            AppMessage::SendDigits(digits) => self.voice.digits(now, &digits),
            AppMessage::Config(members) => {
                self.options.change(&members);
                self.send(json!({"type": "configUpdated"})).await;
            }
            AppMessage::Language | AppMessage::Hints => {}
            AppMessage::End { handoff } => self.outcome = Some(Outcome::Ended { handoff }),
        }
    }

    fn manner(&self, interruptible: Option<bool>, preemptible: Option<bool>) -> Manner {
        Manner {
            interruptible,
            preemptible: preemptible.unwrap_or(self.options.preemptible),
        }
    }
}
