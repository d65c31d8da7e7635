//! A browser that is a telephone: it speaks, plays what it gets at the pace of a speaker, and tells what it has played.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use phony_simulator::speech::{Listener, Speech};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::browser_socket::{self, BrowserSocket, FRAME, FRAME_BYTES, Microphone, SILENCE};
use crate::eventually;

const AGENT: u8 = 2;

/// What a browser has got so far.
#[derive(Debug, Default)]
pub struct Got {
    /// Text frames, but for marks.
    pub frames: Vec<Value>,
    /// Words that were played, and when, in milliseconds since the call began.
    pub words: Vec<(u64, String)>,
    /// Milliseconds of sound that were played.
    pub played_ms: u64,
    /// When sound was last played.
    pub sounded_at: Option<Instant>,
    /// When it was told to forget what was not played.
    pub cleared_at_ms: Vec<u64>,
    /// The close code.
    pub closed: Option<u16>,
}

impl Got {
    /// Everything that was played, as text.
    #[must_use]
    pub fn heard(&self) -> String {
        let words = self.words.iter().map(|(_, word)| word.as_str());
        words.collect::<Vec<_>>().join(" ")
    }

    /// Everything that was shown to a reader.
    #[must_use]
    pub fn read(&self) -> String {
        let texts = self.frames.iter().filter(|frame| frame["op"] == "text");
        texts.filter_map(|frame| frame["text"].as_str()).collect()
    }

    /// The first frame of a kind.
    #[must_use]
    pub fn frame(&self, op: &str) -> Option<&Value> {
        self.frames.iter().find(|frame| frame["op"] == op)
    }
}

enum Do {
    Sound(Vec<u8>),
    Send(Value),
    Close,
}

/// An open web call.
pub struct WebPhone {
    acts: mpsc::UnboundedSender<Do>,
    got: Arc<Mutex<Got>>,
    speech: Speech,
    task: JoinHandle<()>,
}

impl WebPhone {
    /// Opens the socket of a call with its ticket.
    ///
    /// # Errors
    /// The status that the server refused it with.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn open(
        url: &str,
        call: &str,
        ticket: &str,
        origin: Option<&str>,
        speech: Speech,
    ) -> Result<Self, u16> {
        let path = format!("/v1/web_calls/{call}");
        let socket = browser_socket::open(url, &path, ticket, origin).await?;
        let (acts, todo) = mpsc::unbounded_channel();
        let got = Arc::new(Mutex::new(Got::default()));
        let machine = Machine {
            socket,
            todo,
            got: Arc::clone(&got),
            ear: speech.listener(),
            began: Instant::now(),
            microphone: Microphone::default(),
            plays: VecDeque::new(),
            marks: VecDeque::new(),
            came: 0,
            played: 0,
        };
        let task = tokio::spawn(machine.run());
        Ok(Self {
            acts,
            got,
            speech,
            task,
        })
    }

    /// Says something aloud; what is said before has been said then.
    pub async fn say(&self, text: &str) {
        let said = self.speech.say(text, "caller").await;
        let _ = self.acts.send(Do::Sound(said.ulaw.to_vec()));
    }

    /// Sends a frame.
    pub fn send(&self, frame: Value) {
        let _ = self.acts.send(Do::Send(frame));
    }

    /// Types something.
    pub fn write(&self, text: &str) {
        self.send(json!({ "op": "say", "text": text }));
    }

    /// Closes the socket in order, as a page that is left.
    pub fn leave(&self) {
        let _ = self.acts.send(Do::Close);
    }

    /// Loses the network.
    pub fn lose(&self) {
        self.task.abort();
    }

    /// Waits until what was got fits.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn until<T>(&self, what: &str, fits: impl Fn(&Got) -> Option<T>) -> T {
        eventually(what, async || fits(&*self.got.lock().await)).await
    }

    /// Waits until a word was played.
    ///
    /// # Panics
    /// When it is not in time.
    pub async fn hears(&self, word: &str) {
        self.until(word, |got| {
            got.words.iter().any(|(_, heard)| heard == word).then_some(())
        })
        .await;
    }

    /// Waits until the agent has said something and is silent.
    ///
    /// # Panics
    /// When it is not in time.
    pub async fn quiet(&self) {
        let silent = |at: Instant| at.elapsed() > Duration::from_millis(400);
        self.until("silence", |got| got.sounded_at.is_some_and(silent).then_some(()))
            .await;
    }

    /// Waits until a text was shown.
    ///
    /// # Panics
    /// When it is not in time.
    pub async fn reads(&self, text: &str) {
        self.until(text, |got| got.read().contains(text).then_some(()))
            .await;
    }

    /// Everything so far.
    pub async fn got<T>(&self, look: impl Fn(&Got) -> T) -> T {
        look(&*self.got.lock().await)
    }
}

impl Drop for WebPhone {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Machine {
    socket: BrowserSocket,
    todo: mpsc::UnboundedReceiver<Do>,
    got: Arc<Mutex<Got>>,
    ear: Listener,
    began: Instant,
    microphone: Microphone,
    plays: VecDeque<u8>,
    marks: VecDeque<(u64, String)>,
    came: u64,
    played: u64,
}

impl Machine {
    async fn run(mut self) {
        let mut pace = interval(FRAME);
        pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            let sent = tokio::select! {
                _ = pace.tick() => {
                    self.play().await;
                    self.socket.send(self.microphone.next()).await
                }
                act = self.todo.recv() => match act {
                    Some(Do::Sound(sound)) => {
                        self.microphone.say(sound);
                        Ok(())
                    }
                    Some(Do::Send(frame)) => self.socket.send(Message::text(frame.to_string())).await,
                    Some(Do::Close) => self.socket.close(None).await,
                    None => return,
                },
                message = self.socket.next() => {
                    if let Some(code) = self.take(message).await {
                        self.got.lock().await.closed = Some(code);
                        return;
                    }
                    Ok(())
                }
            };
            // What the other side said last is read all the same.
            if sent.is_err() {
                pace = interval(Duration::from_secs(60));
                pace.reset();
            }
        }
    }

    /// Plays 20 ms, and tells of the marks that were passed.
    async fn play(&mut self) {
        let count = self.plays.len().min(FRAME_BYTES);
        let sound: Vec<u8> = self.plays.drain(..count).collect();
        self.played += count as u64;
        self.ear.push(&sound);
        self.ear.push(&vec![SILENCE; FRAME_BYTES - count]);
        let now_ms = self.now_ms();
        let mut got = self.got.lock().await;
        got.played_ms += count as u64 / 8;
        if count > 0 {
            got.sounded_at = Some(Instant::now());
        }
        let words = self.ear.heard().into_iter().map(|word| (now_ms, word.text));
        got.words.extend(words);
        drop(got);
        while let Some((_, name)) = self.marks.pop_front_if(|(at, _)| *at <= self.played) {
            let told = json!({ "op": "mark", "name": name });
            let _ = self.socket.send(Message::text(told.to_string())).await;
        }
    }

    /// The close code, at the end.
    async fn take(&mut self, message: Option<Result<Message, Error>>) -> Option<u16> {
        match message {
            Some(Ok(Message::Binary(frame))) => {
                assert_eq!(frame[0], AGENT, "only the agent's sound comes");
                self.plays.extend(&frame[5..]);
                self.came += frame.len() as u64 - 5;
            }
            Some(Ok(Message::Text(text))) => {
                let frame: Value = serde_json::from_str(&text).expect("JSON");
                match frame["op"].as_str() {
                    Some("mark") => {
                        let name = frame["name"].as_str().expect("a name").to_owned();
                        self.marks.push_back((self.came, name));
                    }
                    Some("clear") => {
                        self.came -= self.plays.len() as u64;
                        self.plays.clear();
                        self.marks.clear();
                        let now_ms = self.now_ms();
                        self.got.lock().await.cleared_at_ms.push(now_ms);
                    }
                    _ => self.got.lock().await.frames.push(frame),
                }
            }
            Some(Ok(Message::Close(frame))) => return Some(frame.map_or(1005, |frame| frame.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Some(1006),
        }
        None
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
