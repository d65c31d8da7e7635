//! `<Play>`: fetches sound, bounded in size and time, and plays it for as long as it lasts. What is said in it is
//! understood when it was said in this process.

use std::time::Duration;

use futures_util::StreamExt;
use phony_audio::frame::{ulaw_bytes, ulaw_ms};

use super::Element;
use super::verbs::Stop;
use crate::calls::report::{Heard, WordHeard};
use crate::calls::runner::{Runner, Waited};
use crate::clock::Millis;
use crate::recordings::tape::Track;
use crate::signing::sign_url;
use crate::speech::{HeardWord, wav};

/// Largest file that is fetched.
const MOST_BYTES: usize = 5 * 1024 * 1024;
/// Longest time a fetch may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long sound is taken to last that cannot be read, like MP3, for each byte: 32 kbit a second.
const BYTES_PER_MS: u64 = 4;

/// Sound that can be played.
struct Recording {
    ms: Millis,
    sound: Vec<u8>,
    words: Vec<HeardWord>,
}

impl Runner {
    /// Plays; a signal that `stop` names cuts it and is handed back.
    pub(super) async fn play(&mut self, verb: &Element, stop: Stop) -> Option<Waited> {
        let url = verb.text.trim().to_owned();
        let recording = match Box::pin(self.recording(&url)).await {
            Ok(recording) => recording,
            Err(why) => {
                self.call
                    .note_trouble(self.world.clock.now(), 11200, format!("cannot play {url}: {why}"));
                return None;
            }
        };
        let times = match verb.number("loop", 1) {
            0 => 1_000,
            times => times,
        };
        for _ in 0..times {
            let waited = Box::pin(self.play_once(&url, &recording, stop)).await;
            if waited.is_some() {
                return waited;
            }
        }
        None
    }

    async fn play_once(&mut self, url: &str, recording: &Recording, stop: Stop) -> Option<Waited> {
        let began = self.world.clock.now();
        let at_ms = self.call.since_start(began);
        let line = self.call.change(|s| {
            s.agent.speaking = true;
            s.agent.utterances += 1;
            s.agent.began_at = began;
            s.report.heard.push(Heard {
                at_ms,
                until_ms: None,
                kind: "play",
                text: url.to_owned(),
                interrupted: false,
                finished: false,
                ..Heard::default()
            });
            s.report.heard.len() - 1
        });
        let waited = self.listen(began, line, recording, stop).await;
        let now = self.world.clock.now();
        let heard_ms = now.saturating_sub(began).min(recording.ms);
        let heard_bytes = (ulaw_bytes(heard_ms)).min(recording.sound.len());
        self.call
            .tape
            .take(Track::Outbound, began, &recording.sound[..heard_bytes]);
        self.call.change(|s| {
            s.agent.speaking = false;
            s.agent.quiet_since = now;
            if let Some(heard) = s.report.heard.get_mut(line) {
                heard.until_ms = Some(at_ms + heard_ms);
                heard.interrupted = waited.is_some();
                heard.finished = true;
            }
        });
        waited
    }

    /// Lets the sound pass, word by word.
    async fn listen(
        &mut self,
        began: Millis,
        line: usize,
        recording: &Recording,
        stop: Stop,
    ) -> Option<Waited> {
        let at_ms = self.call.since_start(began);
        for word in &recording.words {
            let now = self.world.clock.now();
            let left = (began + word.until_ms).saturating_sub(now);
            let waited = self.pause_unless(left, stop).await;
            if waited.is_some() {
                return waited;
            }
            self.call.change(|s| {
                if let Some(heard) = s.report.heard.get_mut(line) {
                    if heard.words.is_empty() {
                        heard.text.clear();
                    } else {
                        heard.text.push(' ');
                    }
                    heard.text.push_str(&word.text);
                    heard.words.push(WordHeard {
                        text: word.text.clone(),
                        at_ms: at_ms + word.at_ms,
                        until_ms: at_ms + word.until_ms,
                    });
                }
            });
        }
        let left = (began + recording.ms).saturating_sub(self.world.clock.now());
        self.pause_unless(left, stop).await
    }

    async fn recording(&self, url: &str) -> Result<Recording, String> {
        let address = match &self.base {
            Some(base) => base.join(url).map_err(|e| e.to_string())?,
            None => url.parse().map_err(|e: url::ParseError| e.to_string())?,
        };
        let signature = sign_url(&self.call.auth_token, address.as_str());
        let request = self
            .world
            .http
            .get(address)
            .header("X-Twilio-Signature", signature);
        let fetch = async {
            let response = request.send().await.map_err(|e| e.to_string())?;
            if !response.status().is_success() {
                return Err(format!("answered {}", response.status().as_u16()));
            }
            let mut body = Vec::new();
            let mut pieces = response.bytes_stream();
            while let Some(piece) = pieces.next().await {
                body.extend(piece.map_err(|e| e.to_string())?);
                if body.len() > MOST_BYTES {
                    return Err("is too large".to_owned());
                }
            }
            Ok(body)
        };
        let body = tokio::time::timeout(PATIENCE, fetch)
            .await
            .map_err(|_| "took too long".to_owned())??;
        Ok(match wav::to_ulaw(&body) {
            Ok(sound) => Recording {
                ms: ulaw_ms(sound.len()),
                words: self.world.speech.words_in(&sound),
                sound,
            },
            // Not a WAV file: the length is a guess, the words are not known.
            Err(_) => Recording {
                ms: body.len() as u64 / BYTES_PER_MS,
                sound: Vec::new(),
                words: Vec::new(),
            },
        })
    }
}
