//! The person at the far end: does what the script says, or what the control side says step by step.

mod answering;
pub(crate) mod script;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

pub(crate) use script::Step;

use crate::calls::{Call, Hears, Signal, Status};
use crate::clock::{Millis, whole_ms};
use crate::stream::{Sound, Sounding};
use crate::world::World;

/// Pause after the last word by which the recogniser knows that a sentence is over.
pub(crate) const END_OF_SPEECH_MS: Millis = 300;
/// Words between two partial results.
const WORDS_PER_PARTIAL: usize = 3;
/// Quiet after which a polite person takes the agent to be done.
const SETTLED_MS: Millis = 500;
/// Longest wait for the agent to answer before a polite person goes on. Real time: networks do not run faster.
const PATIENCE: Duration = Duration::from_secs(12);
/// Longest wait for the agent to answer before somebody who has nothing more to say hangs up. Real time, too.
const LINGER_PATIENCE: Duration = Duration::from_secs(10);
/// Longest wait for a greeting before a polite person speaks first. Real time, too.
const GREETING_PATIENCE: Duration = Duration::from_secs(8);
/// Shortest real time a person stays on a quiet line after the script, whatever the speed.
const LINGER_AT_LEAST: Duration = Duration::from_secs(2);

/// Longest wait for somebody to listen before a person speaks into the void. Real time: networks do not run faster.
const CONNECTING: Duration = Duration::from_secs(20);
/// More than a sound takes must not pass until it is over. Real time, too.
const MARGIN: Duration = Duration::from_secs(5);

/// What a person does besides the script.
#[derive(Debug, Clone)]
pub(crate) struct Manners {
    /// Stay on the line after the script until told otherwise.
    pub(crate) stay: bool,
    /// Simulated quiet after the script that makes the person hang up.
    pub(crate) hang_up_after_ms: Millis,
    /// How the person sounds on a stream.
    pub(crate) voice: String,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            stay: false,
            hang_up_after_ms: 10_000,
            voice: "caller".to_owned(),
        }
    }
}

struct Person {
    world: Arc<World>,
    call: Arc<Call>,
    /// Utterances of the agent that had begun when this person last spoke.
    answered_to: u64,
    has_spoken: bool,
    voice: String,
    /// Number of the newest sound made on a stream.
    sounds: u64,
}

/// Runs the person until the call is over.
pub(crate) async fn drive(
    world: Arc<World>,
    call: Arc<Call>,
    script: Vec<Step>,
    mut live: mpsc::UnboundedReceiver<Step>,
    manners: Manners,
) {
    let ended = Arc::clone(&call);
    let prepare = prepare(
        Arc::clone(&world),
        Arc::clone(&call),
        texts(&script, &manners.voice),
    );
    let act = async move {
        call.until(|s| s.status >= Status::InProgress).await;
        let mut person = Person {
            world,
            call,
            answered_to: 0,
            has_spoken: false,
            voice: manners.voice,
            sounds: 0,
        };
        let mut steps: VecDeque<Step> = script.into();
        loop {
            while let Some(step) = steps.pop_front() {
                person.act(step).await;
            }
            let next = tokio::select! {
                step = live.recv() => step,
                () = person.linger(manners.hang_up_after_ms), if !manners.stay => Some(Step::HangUp),
            };
            match next {
                Some(step) => steps.push_back(step),
                None => return,
            }
        }
    };
    tokio::select! {
        () = async { tokio::join!(act, prepare); } => {}
        () = ended.until(|s| s.status.is_over()) => {}
    }
}

/// What the script says, each with its voice.
fn texts(script: &[Step], usual: &str) -> Vec<(String, String)> {
    let said = |step: &Step| match step {
        Step::Say { text, voice, .. } => {
            let voice = voice.as_deref().unwrap_or(usual);
            Some((text.clone(), voice.to_owned()))
        }
        _ => None,
    };
    script
        .iter()
        .filter_map(|step| match step {
            Step::Interrupt { act, .. } => said(act),
            step => said(step),
        })
        .collect()
}

/// Makes the sound of a script once there is a stream to hear it, so that everything is said in time.
async fn prepare(world: Arc<World>, call: Arc<Call>, texts: Vec<(String, String)>) {
    call.until(|s| s.hears == Hears::Sound).await;
    for (text, voice) in texts {
        world.speech.say(&text, &voice).await;
    }
}

impl Person {
    async fn act(&mut self, step: Step) {
        match step {
            Step::Say { text, at_once, voice } => {
                if !at_once {
                    self.let_the_agent_finish(PATIENCE).await;
                }
                self.say(&text, voice.as_deref()).await;
            }
            Step::Wait(ms) => self.world.clock.sleep(ms).await,
            Step::Press(digits) => {
                self.until_somebody_listens().await;
                self.call.note_sent(self.now(), "press", &digits);
                self.call.signal(Signal::Pressed(digits));
            }
            Step::Noise { ms, level_db } => {
                let noise = Sound::Noise {
                    ms,
                    level_db: level_db as f32,
                };
                self.make_noise("noise", noise).await;
            }
            Step::Cough(ms) => self.make_noise("cough", Sound::Cough { ms }).await,
            Step::Interrupt { after_ms, act } => {
                if let Step::Say { text, voice, .. } = &*act
                    && self.call.read(|s| s.hears) == Hears::Sound
                {
                    // Made before it is needed, so that it comes in time.
                    let voice = voice.as_deref().unwrap_or(&self.voice);
                    self.world.speech.say(text, voice).await;
                }
                self.wait_into_speech(after_ms).await;
                Box::pin(self.act(*act)).await;
            }
            Step::Line(fault) => {
                self.until_somebody_listens().await;
                self.call.signal(Signal::Line(fault));
            }
            Step::WaitFor { text, timeout_ms } => self.wait_for(&text, timeout_ms).await,
            Step::HangUp => {
                self.call.note_sent(self.now(), "hangup", "");
                self.call.signal(Signal::CallerHungUp);
            }
            Step::Greeted => self.call.note_greeted(self.now()),
            Step::Beep => self.beep().await,
            Step::Listen => self.listen().await,
            Step::Menu { prompt, choices } => self.menu(&prompt, &choices).await,
        }
    }

    fn now(&self) -> Millis {
        self.world.clock.now()
    }

    async fn until_somebody_listens(&self) -> Hears {
        let listening = self.call.until(|s| s.hears != Hears::Nothing);
        // Whoever waits in vain speaks all the same, as people do.
        let _ = timeout(CONNECTING, listening).await;
        self.call.read(|s| s.hears)
    }

    async fn say(&mut self, text: &str, voice: Option<&str>) {
        if self.until_somebody_listens().await == Hears::Sound {
            let voice = voice.unwrap_or(&self.voice);
            let utterance = self.world.speech.say(text, voice).await;
            self.call.note_sent(self.now(), "say", text);
            self.sound(Sound::Voice(utterance)).await;
            self.answered_to = self.call.read(|s| s.agent.utterances);
        } else {
            self.say_words(text).await;
        }
        self.has_spoken = true;
    }

    async fn make_noise(&mut self, kind: &'static str, sound: Sound) {
        let hears = self.until_somebody_listens().await;
        let text = format!("{} ms", sound.duration_ms());
        self.call.note_sent(self.now(), kind, &text);
        if hears == Hears::Sound {
            self.sound(sound).await;
        } else {
            self.world.clock.sleep(sound.duration_ms()).await;
        }
    }

    /// Makes real sound on a stream and waits until it is over.
    async fn sound(&mut self, sound: Sound) {
        self.sounds += 1;
        let id = self.sounds;
        let length = self.world.clock.real(sound.duration_ms());
        self.call.signal(Signal::Sound(Sounding { id, sound }));
        let over = self.call.until(|s| s.sounded >= id || s.hears != Hears::Sound);
        let _ = timeout(length * 2 + MARGIN, over).await;
    }

    /// Speaks at a human pace; the recogniser's partial results follow word by word.
    async fn say_words(&mut self, text: &str) {
        self.call.note_sent(self.now(), "say", text);
        self.call.signal(Signal::SpeechBegan);
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut said = String::new();
        for (position, word) in words.iter().enumerate() {
            let ms = (word.chars().count() + 1) as f64 / self.world.config.chars_per_second * 1000.0;
            self.world.clock.sleep(whole_ms(ms)).await;
            if position > 0 {
                said.push(' ');
            }
            said.push_str(word);
            let more = position + 1 < words.len();
            if more && (position + 1).is_multiple_of(WORDS_PER_PARTIAL) {
                self.call.signal(Signal::SpeechPartial(said.clone()));
            }
        }
        self.world.clock.sleep(END_OF_SPEECH_MS).await;
        self.answered_to = self.call.read(|s| s.agent.utterances);
        self.call.signal(Signal::SpeechEnded(said));
    }

    /// Waits for the agent's answer (or greeting) and for its end, but not for ever.
    async fn let_the_agent_finish(&self, patience: Duration) {
        let (seen, patience) = if self.has_spoken {
            (self.answered_to, patience)
        } else {
            (0, GREETING_PATIENCE)
        };
        let begun = timeout(patience, self.call.until(|s| s.agent.utterances > seen))
            .await
            .is_ok();
        if begun {
            // An agent that never stops is talked over.
            let most = self.world.clock.real(60_000).max(PATIENCE);
            let _ = timeout(most, self.quiet_for(SETTLED_MS)).await;
        }
    }

    /// Waits until the line has been quiet for this long.
    async fn quiet_for(&self, ms: Millis) {
        loop {
            self.call.until(|s| !s.agent.speaking).await;
            let (utterances, since) = self.call.read(|s| (s.agent.utterances, s.agent.quiet_since));
            let until = since + ms;
            tokio::select! {
                () = self.world.clock.sleep_until(until) => {
                    if self.call.read(|s| !s.agent.speaking && s.agent.utterances == utterances) {
                        return;
                    }
                }
                () = self.call.until(|s| s.agent.utterances > utterances) => {}
            }
        }
    }

    /// Waits until the agent has been audible for this long.
    async fn wait_into_speech(&self, after_ms: Millis) {
        let spoke = timeout(PATIENCE, self.call.until(|s| s.agent.speaking)).await;
        if spoke.is_err() {
            self.call
                .note_trouble(self.now(), 0, "caller script: the agent never began to speak");
        }
        let began = self.call.read(|s| s.agent.began_at);
        self.world.clock.sleep_until(began + after_ms).await;
    }

    async fn wait_for(&self, text: &str, timeout_ms: u64) {
        let wanted = text.to_lowercase();
        let heard = self.call.until(|s| {
            s.report
                .heard
                .iter()
                .any(|h| h.text.to_lowercase().contains(&wanted))
        });
        if timeout(Duration::from_millis(timeout_ms), heard).await.is_err() {
            self.call
                .note_trouble(self.now(), 0, format!("caller script: never heard {text:?}"));
        }
    }

    /// Waits out the quiet after the script.
    async fn linger(&self, ms: Millis) {
        self.let_the_agent_finish(LINGER_PATIENCE).await;
        let at_least = tokio::time::sleep(LINGER_AT_LEAST);
        tokio::join!(self.quiet_for(ms), at_least);
    }
}
