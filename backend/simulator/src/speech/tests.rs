//! Speaking and understanding, with real voices where espeak-ng is installed and with tones everywhere.

use phony_audio::frame::ulaw_bytes;
use phony_audio::noise::Noise;

use super::*;

const TEXT: &str = "Hello there, your order is on its way and arrives on Friday before noon.";

fn silence(ms: usize) -> Vec<u8> {
    vec![ulaw::SILENCE; ms * 8]
}

fn heard(listener: &mut Listener) -> String {
    let words: Vec<String> = listener.heard().into_iter().map(|word| word.text).collect();
    words.join(" ")
}

/// Both kinds of voice, whatever is installed.
fn voices() -> [Speech; 2] {
    [Speech::new(), Speech::of_tones()]
}

#[tokio::test]
async fn an_utterance_is_whole_frames_of_audible_words() {
    for speech in voices() {
        let said = speech.say(TEXT, "marin").await;
        assert_eq!(said.ulaw.len() % 160, 0);
        assert!(
            (2_000..9_000).contains(&said.duration_ms()),
            "{}",
            said.duration_ms()
        );
        assert_eq!(said.words.len(), TEXT.split_whitespace().count());
        assert!(said.words.windows(2).all(|pair| pair[0].to_ms <= pair[1].from_ms));
        assert!(said.words.iter().all(|word| word.from_ms < word.to_ms));
        assert!(said.words.last().unwrap().to_ms <= said.duration_ms());
        assert!(phony_audio::level::dbfs(&said.ulaw) > -35.0);
        assert!(Arc::ptr_eq(&said, &speech.say(TEXT, "marin").await));
        assert_ne!(said.ulaw, speech.say(TEXT, "cedar").await.ulaw);
        assert_eq!(said.text_until(said.duration_ms()), TEXT);
        assert_eq!(said.text_until(0), "");
    }
}

#[tokio::test]
async fn what_is_said_is_heard_wherever_it_begins() {
    for speech in voices() {
        let said = speech.say(TEXT, "marin").await;
        for before in [0, 20, 73] {
            let mut listener = speech.listener();
            listener.push(&silence(before));
            for frame in said.ulaw.chunks(160) {
                listener.push(frame);
            }
            let words = listener.heard();
            let text: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
            assert_eq!(text.join(" "), TEXT);
            for (word, heard) in said.words.iter().zip(&words) {
                assert_eq!(heard.at_ms, word.from_ms + before as u64);
                assert!(Arc::ptr_eq(&heard.utterance, &said));
            }
            assert_eq!(listener.position_ms(), before as u64 + said.duration_ms());
        }
    }
}

/// Bytes up to a moment, in pieces of three as a base64 group takes them.
fn whole_threes(ms: u64) -> usize {
    ulaw_bytes(ms) / 24 * 24
}

#[tokio::test]
async fn only_the_words_that_were_there_are_heard() {
    for speech in voices() {
        let said = speech.say(TEXT, "marin").await;
        let word = &said.words[5];
        for (part, expected) in [(80, 6), (30, 5)] {
            let cut = whole_threes(word.from_ms + (word.to_ms - word.from_ms) * part / 100);
            let mut listener = speech.listener();
            listener.push(&silence(40));
            listener.push(&said.ulaw[..cut]);
            listener.push(&silence(400));
            assert_eq!(listener.heard().len(), expected, "{part} % of the word");
            assert!(listener.following().is_none());
        }
        // From the middle on.
        let from = whole_threes(said.words[7].from_ms);
        let words = speech.words_in(&said.ulaw[from..]);
        assert_eq!(words[0].text, said.words[7].text);
        assert_eq!(words.len(), said.words.len() - 7);
    }
}

#[tokio::test]
async fn holes_and_new_utterances_are_followed() {
    for speech in voices() {
        let one = speech.say(TEXT, "marin").await;
        let two = speech.say("Hello there, what can I do for you?", "marin").await;
        let mut listener = speech.listener();
        // A hole of two frames in the middle of a word, as an empty buffer makes it.
        let middle = whole_threes(one.words[4].from_ms.midpoint(one.words[4].to_ms));
        listener.push(&one.ulaw[..middle]);
        assert!(listener.following().is_some());
        listener.push(&silence(40));
        listener.push(&one.ulaw[middle..]);
        assert_eq!(heard(&mut listener), TEXT);
        // Cut in the middle of a frame, and another one straight behind it, which begins with the same words.
        let cut = whole_threes(one.words[2].from_ms);
        listener.push(&one.ulaw[..cut]);
        listener.push(&two.ulaw);
        assert_eq!(heard(&mut listener), format!("Hello there, {}", two.text));
        listener.push(&one.ulaw);
        listener.push(&one.ulaw);
        assert_eq!(heard(&mut listener), format!("{TEXT} {TEXT}"));
    }
}

#[tokio::test]
async fn unknown_sound_is_no_word() {
    for speech in voices() {
        speech.say(TEXT, "marin").await;
        let stranger = Speech::of_tones();
        let unknown = stranger
            .say("Nobody here has ever said this before.", "stranger")
            .await;
        let mut noise = vec![0; 16_000];
        Noise::new(9, -15.0).fill(&mut noise, 1.0);
        let mut listener = speech.listener();
        for sound in [&noise[..], &silence(500), &unknown.ulaw] {
            listener.push(sound);
        }
        assert_eq!(heard(&mut listener), "");
    }
}

#[tokio::test]
async fn texts_cannot_be_options_and_have_bounds() {
    let speech = Speech::new();
    for text in [
        "--version",
        "-w /tmp/x.wav hello",
        "",
        " … ",
        "नमस्ते, आप कैसे हैं?",
        "<break/> & 'quoted'",
    ] {
        let said = speech.say(text, "no such voice").await;
        assert!(said.ulaw.len() >= 160, "{text}");
        assert_eq!(said.words.len(), text.split_whitespace().count());
    }
    let long = "word ".repeat(3_000);
    let said = speech.say(&long, "marin").await;
    assert!(said.text.len() <= LONGEST_TEXT);
}

#[tokio::test]
async fn many_at_once_are_made_once_each() {
    let speech = Speech::new();
    let said = futures_util::future::join_all((0..12).map(|n| {
        let speech = speech.clone();
        async move {
            speech
                .say(["one moment please", "good bye"][n % 2], "marin")
                .await
        }
    }))
    .await;
    assert!(said.iter().step_by(2).all(|one| Arc::ptr_eq(one, &said[0])));
    assert_eq!(speech.inner.registry.read().len(), 2);
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % sides
    }
}

#[tokio::test]
async fn pieces_of_anything_in_any_order_are_understood() {
    const TEXTS: [&str; 5] = [
        "Good morning, this is the front desk of the clinic.",
        "Good morning, this is the pharmacy around the corner.",
        "I can book you for Thursday at half past nine or Friday at noon.",
        "Thank you, thank you very much, good bye.",
        "One two three four five six seven eight nine ten.",
    ];
    for speech in voices() {
        let mut said = Vec::new();
        for (at, text) in TEXTS.iter().enumerate() {
            said.push(speech.say(text, ["marin", "cedar"][at % 2]).await);
        }
        let mut dice = Dice(0x1234_5678_9abc_def1);
        let mut listener = speech.listener();
        let mut before = usize::MAX;
        for round in 0..150 {
            let which = dice.roll(said.len());
            if which == before {
                continue;
            }
            before = which;
            let utterance = &said[which];
            let steps = utterance.ulaw.len() / 24;
            let from = dice.roll(steps - 60);
            let to = from + 50 + dice.roll(steps - from - 50);
            // Sometimes straight behind the piece before, sometimes after silence.
            listener.push(&silence(dice.roll(3) * (1 + dice.roll(90))));
            for piece in utterance.ulaw[from * 24..to * 24].chunks(1 + dice.roll(400)) {
                listener.push(piece);
            }
            listener.push(&silence(20));
            let heard: Vec<usize> = listener.heard().iter().map(|word| word.index).collect();
            let part = |word: &Word| {
                let (begin, end) = (word.from_ms.max(from as u64 * 3), word.to_ms.min(to as u64 * 3));
                end.saturating_sub(begin) * 100 / (word.to_ms - word.from_ms)
            };
            for (index, word) in utterance.words.iter().enumerate() {
                let there = heard.contains(&index);
                let part = part(word);
                assert!(
                    there || part < 75,
                    "round {round}: {word:?} was there to {part} %"
                );
                assert!(
                    !there || part > 45,
                    "round {round}: {word:?} was there to {part} % only"
                );
            }
        }
    }
}
