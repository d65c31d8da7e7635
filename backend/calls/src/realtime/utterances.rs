//! What the agent says, utterance by utterance: which words belong to which sound, and how far the caller has
//! heard them. Words come in pieces beside the sound and without times, so that what was heard is worked out from
//! how much of the sound was played, in whole words.

use std::collections::VecDeque;

use phony_conversation::core::ReplyId;
use phony_kernel::ItemId;

use super::playout::BYTES_PER_MS;

/// An unhurried voice, for words whose sound is not all there.
const MS_PER_CHAR: u64 = 60;

/// Whose words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The model's own answer.
    Reply(ReplyId),
    /// A line that it was told to say.
    Line(ItemId),
    /// Keys, as tones.
    Tones,
}

/// One utterance.
#[derive(Debug)]
pub(crate) struct Utterance {
    pub(crate) source: Source,
    /// Whether the caller's voice may stop it.
    pub(crate) interruptible: bool,
    /// Whether other words of ours may stop it.
    pub(crate) preemptible: bool,
    /// Position of its first sound.
    begins: u64,
    /// Sound so far.
    bytes: u64,
    /// The model's items by the sound before each.
    items: Vec<(Box<str>, u64)>,
    /// They are of a session that is gone: the one that followed knows only the words.
    retold: bool,
    text: String,
    /// No more comes.
    whole: bool,
    /// So much of the text was told as played.
    told: usize,
}

/// How an item of the model is to be cut after an interruption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ItemCut {
    /// Only so much of it was heard.
    Truncate { item_id: String, audio_end_ms: u64 },
    /// Nothing of it was heard.
    Delete { item_id: String },
}

/// How an utterance was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) source: Source,
    pub(crate) heard: String,
    pub(crate) heard_ms: u64,
    pub(crate) items: Vec<ItemCut>,
    /// The session knows all its words, and none of its items.
    pub(crate) retold: bool,
}

impl Utterance {
    pub(crate) fn new(source: Source, begins: u64, interruptible: bool, preemptible: bool) -> Self {
        Self {
            source,
            interruptible,
            preemptible,
            begins,
            bytes: 0,
            items: Vec::new(),
            retold: false,
            text: String::new(),
            whole: false,
            told: 0,
        }
    }

    /// With words that are known before the first sound.
    pub(crate) fn with_text(mut self, text: String) -> Self {
        self.text = text;
        self
    }

    fn ends(&self) -> u64 {
        self.begins + self.bytes
    }

    /// How far into the text the caller is after `bytes` of the sound, in whole words.
    fn heard_len(&self, bytes: u64) -> usize {
        if self.whole && bytes >= self.bytes {
            return self.text.len();
        }
        let chars = self.text.chars().count() as u64;
        let expected = chars * MS_PER_CHAR * BYTES_PER_MS;
        let all = if self.whole {
            self.bytes
        } else {
            self.bytes.max(expected)
        };
        let Some(heard_chars) = (chars * bytes.min(all)).checked_div(all) else {
            return 0;
        };
        let heard_chars = usize::try_from(heard_chars).unwrap_or(usize::MAX);
        let at = self
            .text
            .char_indices()
            .nth(heard_chars)
            .map_or(self.text.len(), |(at, _)| at);
        whole_words(&self.text, at)
    }

    fn cut(&self, position: u64) -> Cut {
        let heard_bytes = position.saturating_sub(self.begins).min(self.bytes);
        let mut items = Vec::new();
        for (at, (item_id, before)) in self.items.iter().enumerate() {
            let item_id = item_id.to_string();
            let ends = self.items.get(at + 1).map_or(self.bytes, |(_, before)| *before);
            if heard_bytes <= *before {
                items.push(ItemCut::Delete { item_id });
            } else if heard_bytes < ends || !self.whole {
                let audio_end_ms = (heard_bytes.min(ends) - before) / BYTES_PER_MS;
                items.push(ItemCut::Truncate {
                    item_id,
                    audio_end_ms,
                });
            }
        }
        Cut {
            source: self.source,
            heard: self.text[..self.heard_len(heard_bytes)].trim().to_owned(),
            heard_ms: heard_bytes / BYTES_PER_MS,
            items,
            retold: self.retold,
        }
    }
}

/// End of the last whole word before `at`.
fn whole_words(text: &str, at: usize) -> usize {
    if at >= text.len() || text[at..].starts_with(char::is_whitespace) {
        return at;
    }
    text[..at].rfind(char::is_whitespace).unwrap_or(0)
}

/// The utterances that are not over, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Utterances(VecDeque<Utterance>);

impl Utterances {
    /// Begins one; the one before it gets no more.
    pub(crate) fn begin(&mut self, utterance: Utterance) {
        self.finish_last();
        self.0.push_back(utterance);
    }

    /// Sound of an item of the newest.
    pub(crate) fn sound(&mut self, item_id: &str, bytes: u64) {
        if let Some(last) = self.0.back_mut() {
            if !item_id.is_empty() && last.items.last().is_none_or(|(known, _)| **known != *item_id) {
                last.items.push((item_id.into(), last.bytes));
            }
            last.bytes += bytes;
        }
    }

    /// Words of the newest, if it is of `source`.
    pub(crate) fn words(&mut self, source: Source, text: &str) {
        if let Some(last) = self.0.back_mut().filter(|last| last.source == source) {
            last.text.push_str(text);
        }
    }

    /// Whether the newest is of `source`.
    pub(crate) fn last_is(&self, source: Source) -> bool {
        self.0.back().is_some_and(|last| last.source == source)
    }

    /// No more comes of the newest.
    pub(crate) fn finish_last(&mut self) {
        if let Some(last) = self.0.back_mut() {
            last.whole = true;
        }
    }

    /// Whether the newest may still get more.
    pub(crate) fn is_open(&self) -> bool {
        self.0.back().is_some_and(|last| !last.whole)
    }

    /// The one that is being heard.
    pub(crate) fn first(&self) -> Option<&Utterance> {
        self.0.front()
    }

    /// The caller has heard everything before `position`: the words that are new by that. Forgets what was heard
    /// to its end.
    pub(crate) fn progress(&mut self, position: u64) -> Option<String> {
        let mut new = String::new();
        while let Some(first) = self.0.front_mut() {
            let heard = position.saturating_sub(first.begins).min(first.bytes);
            let until = first.heard_len(heard);
            if until > first.told {
                new.push_str(&first.text[first.told..until]);
                first.told = until;
            }
            if !first.whole || position < first.ends() {
                break;
            }
            self.0.pop_front();
        }
        (!new.is_empty()).then_some(new)
    }

    /// Stops everything behind `position` that `stops` says. Gives the cuts, and the lines that stay and must be
    /// said again, because what was before them is gone.
    pub(crate) fn cut(
        &mut self,
        position: u64,
        stops: impl Fn(&Utterance) -> bool,
    ) -> (Vec<Cut>, Vec<Utterance>) {
        let (mut cuts, mut again) = (Vec::new(), Vec::new());
        let mut cutting = false;
        let mut kept = VecDeque::new();
        for utterance in self.0.drain(..) {
            if stops(&utterance) {
                cutting = true;
                cuts.push(utterance.cut(position));
            } else if cutting {
                again.push(utterance);
            } else {
                kept.push_back(utterance);
            }
        }
        self.0 = kept;
        (cuts, again)
    }

    /// Another session was told of them in words.
    pub(crate) fn retell(&mut self) {
        for utterance in &mut self.0 {
            utterance.items.clear();
            utterance.retold = true;
        }
    }

    /// Position behind what stays after a cut.
    pub(crate) fn ends(&self) -> Option<u64> {
        self.0.back().map(Utterance::ends)
    }
}

impl Utterance {
    /// All its words.
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = BYTES_PER_MS;

    fn reply(text: &str, ms: u64) -> (ReplyId, Utterances) {
        let id = ReplyId::new();
        let mut all = Utterances::default();
        all.begin(Utterance::new(Source::Reply(id), 0, true, true));
        all.words(Source::Reply(id), text);
        all.sound("item_1", ms * MS);
        all.finish_last();
        (id, all)
    }

    #[test]
    fn words_are_told_once_and_in_whole() {
        let (_, mut all) = reply("We open at nine and close at five.", 2_000);
        let mut told = String::new();
        for ms in (0..=2_000).step_by(200) {
            let new = all.progress(ms * MS).unwrap_or_default();
            told.push_str(&new);
            assert!("We open at nine and close at five.".starts_with(&told));
            assert!(
                told.is_empty() || told.ends_with(char::is_alphanumeric) || told.ends_with('.'),
                "{told}"
            );
        }
        assert_eq!(told, "We open at nine and close at five.");
        assert!(all.first().is_none());
    }

    #[test]
    fn a_cut_names_the_heard_words_and_the_milliseconds_of_the_item() {
        let (id, mut all) = reply("one two three four five six seven eight nine ten", 4_000);
        let (cuts, again) = all.cut(1_000 * MS, |_| true);
        assert!(again.is_empty() && all.first().is_none());
        let [cut] = &cuts[..] else { panic!("{cuts:?}") };
        assert_eq!(cut.source, Source::Reply(id));
        assert_eq!((cut.heard.as_str(), cut.heard_ms), ("one two", 1_000));
        let expected = ItemCut::Truncate {
            item_id: "item_1".to_owned(),
            audio_end_ms: 1_000,
        };
        assert_eq!(cut.items, [expected]);
    }

    #[test]
    fn items_that_were_never_heard_are_deleted() {
        let id = ReplyId::new();
        let mut all = Utterances::default();
        all.begin(Utterance::new(Source::Reply(id), 800, true, true));
        all.sound("item_1", 500 * MS);
        all.sound("item_1", 500 * MS);
        all.sound("item_2", 1_000 * MS);
        all.finish_last();
        let (cuts, _) = all.cut(800 + 400 * MS, |_| true);
        assert_eq!(
            cuts[0].items,
            [
                ItemCut::Truncate {
                    item_id: "item_1".to_owned(),
                    audio_end_ms: 400
                },
                ItemCut::Delete {
                    item_id: "item_2".to_owned()
                },
            ]
        );
    }

    #[test]
    fn what_may_not_be_cut_stays_or_is_said_again() {
        let (_, mut all) = reply("an answer", 1_000);
        let line = ItemId::new();
        let words =
            Utterance::new(Source::Line(line), 1_000 * MS, false, false).with_text("Wait.".to_owned());
        all.begin(words);
        all.sound("item_2", 500 * MS);
        let (cuts, again) = all.cut(100 * MS, |utterance| utterance.interruptible);
        assert_eq!((cuts.len(), again.len()), (1, 1));
        assert_eq!(again.into_iter().next().unwrap().into_text(), "Wait.");
    }

    #[test]
    fn words_without_their_sound_are_not_heard() {
        let id = ReplyId::new();
        let mut all = Utterances::default();
        all.begin(Utterance::new(Source::Reply(id), 0, true, true));
        all.words(
            Source::Reply(id),
            "a long sentence of which only the beginning has any sound so far",
        );
        all.sound("item_1", 300 * MS);
        let heard = all.progress(300 * MS).unwrap_or_default();
        assert!(heard.len() < 10, "{heard}");
    }
}
