//! A browser at the sound of a live call: it understands each voice by its sound, and has a microphone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures_util::{SinkExt as _, StreamExt as _};
use phony_simulator::speech::{Listener, Speech};
use serde_json::json;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::tungstenite::Message;

use crate::api::Client;
use crate::browser_socket::{self, BrowserSocket, FRAME, Microphone, SILENCE};
use crate::eventually;

/// The longest pause that is made up for with silence.
const MOST_PAUSE_BYTES: usize = 8_000;

/// The caller's frames.
pub const CALLER: u8 = 1;
/// The agent's.
pub const AGENT: u8 = 2;
/// Those of who has taken the call over.
pub const SUPERVISOR: u8 = 3;

/// What was heard of one voice.
pub struct Voice {
    ear: Listener,
    /// Words, with the call's time of the piece in which each ended.
    pub words: Vec<(u32, String)>,
    /// Time and length of each piece in milliseconds, and when it came.
    pub pieces: Vec<(u32, u32, Instant)>,
    ends_ms: u32,
}

impl Voice {
    /// Everything that was said, as text.
    #[must_use]
    pub fn text(&self) -> String {
        let words = self.words.iter().map(|(_, word)| word.as_str());
        words.collect::<Vec<_>>().join(" ")
    }
}

/// What a listener has got so far.
#[derive(Default)]
pub struct Heard {
    /// By the kind of frame.
    pub voices: BTreeMap<u8, Voice>,
    /// The close code.
    pub closed: Option<u16>,
}

impl Heard {
    /// What one voice has said.
    #[must_use]
    pub fn text(&self, kind: u8) -> String {
        self.voices.get(&kind).map(Voice::text).unwrap_or_default()
    }
}

enum Do {
    /// Sound for the microphone.
    Sound(Vec<u8>),
    /// Whether the microphone sends, also silence.
    Send(bool),
}

/// An open sound socket.
pub struct SoundSocket {
    acts: mpsc::UnboundedSender<Do>,
    heard: Arc<Mutex<Heard>>,
    speech: Speech,
    task: JoinHandle<()>,
}

impl SoundSocket {
    /// Gets a ticket and listens.
    ///
    /// # Panics
    /// When either is refused.
    pub async fn open(url: &str, client: &Client, call: &str, speech: Speech) -> Self {
        let body = json!({ "purpose": "audio", "call_id": call });
        let ticket = client.post("/v1/ws_tickets", &body).await.expect(201);
        let ticket = ticket["ticket"].as_str().expect("a ticket").to_owned();
        Self::open_with(url, call, &ticket, Some(url), speech)
            .await
            .expect("an open socket")
    }

    /// Listens with a ticket and the page's origin.
    ///
    /// # Errors
    /// The status that the server refused it with.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn open_with(
        url: &str,
        call: &str,
        ticket: &str,
        origin: Option<&str>,
        speech: Speech,
    ) -> Result<Self, u16> {
        let path = format!("/v1/calls/{call}/audio");
        let socket = browser_socket::open(url, &path, ticket, origin).await?;
        let (acts, todo) = mpsc::unbounded_channel();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let machine = Machine {
            socket,
            todo,
            heard: Arc::clone(&heard),
            speech: speech.clone(),
            microphone: Microphone::default(),
            sends: false,
        };
        let task = tokio::spawn(machine.run());
        Ok(Self {
            acts,
            heard,
            speech,
            task,
        })
    }

    /// From now on the microphone sends, or no more.
    pub fn microphone(&self, on: bool) {
        let _ = self.acts.send(Do::Send(on));
    }

    /// Says something into the microphone; what is said before has been said then.
    pub async fn say(&self, text: &str) {
        let said = self.speech.say(text, "colleague").await;
        let _ = self.acts.send(Do::Sound(said.ulaw.to_vec()));
    }

    /// Waits until what was heard fits.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn until<T>(&self, what: &str, fits: impl Fn(&Heard) -> Option<T>) -> T {
        eventually(what, async || fits(&*self.heard.lock().await)).await
    }

    /// Waits until a voice has said a word.
    ///
    /// # Panics
    /// When it has not in time.
    pub async fn hears(&self, kind: u8, word: &str) {
        self.until(word, |heard| heard.text(kind).contains(word).then_some(()))
            .await;
    }

    /// Everything so far.
    pub async fn heard<T>(&self, look: impl Fn(&Heard) -> T) -> T {
        look(&*self.heard.lock().await)
    }

    /// The browser dies: its connection breaks without a word.
    pub fn lose(&self) {
        self.task.abort();
    }
}

impl Drop for SoundSocket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Machine {
    socket: BrowserSocket,
    todo: mpsc::UnboundedReceiver<Do>,
    heard: Arc<Mutex<Heard>>,
    speech: Speech,
    microphone: Microphone,
    sends: bool,
}

impl Machine {
    async fn run(mut self) {
        let mut pace = interval(FRAME);
        pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            tokio::select! {
                _ = pace.tick() => {
                    if self.sends {
                        // A socket that is closed shows when it is read.
                        let _ = self.socket.send(self.microphone.next()).await;
                    }
                }
                act = self.todo.recv() => match act {
                    Some(Do::Sound(sound)) => self.microphone.say(sound),
                    Some(Do::Send(on)) => self.sends = on,
                    None => return,
                },
                message = self.socket.next() => match message {
                    Some(Ok(Message::Binary(frame))) => self.take(&frame).await,
                    Some(Ok(Message::Close(frame))) => {
                        let code = frame.map_or(1005, |frame| frame.code.into());
                        self.heard.lock().await.closed = Some(code);
                        return;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => {
                        self.heard.lock().await.closed = Some(1006);
                        return;
                    }
                },
            }
        }
    }

    async fn take(&mut self, frame: &[u8]) {
        let (head, sound) = frame.split_at(5);
        let time_ms = u32::from_be_bytes(head[1..].try_into().expect("four bytes"));
        let length_ms = u32::try_from(sound.len() / 8).expect("a short piece");
        let mut heard = self.heard.lock().await;
        let voice = heard.voices.entry(head[0]).or_insert_with(|| Voice {
            ear: self.speech.listener(),
            words: Vec::new(),
            pieces: Vec::new(),
            ends_ms: time_ms,
        });
        let pause = usize::try_from(time_ms.saturating_sub(voice.ends_ms)).expect("a pause") * 8;
        voice.ear.push(&vec![SILENCE; pause.min(MOST_PAUSE_BYTES)]);
        voice.ear.push(sound);
        voice.ends_ms = time_ms + length_ms;
        voice.pieces.push((time_ms, length_ms, Instant::now()));
        let words = voice.ear.heard().into_iter().map(|word| (time_ms, word.text));
        voice.words.extend(words);
    }
}
