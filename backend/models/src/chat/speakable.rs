//! Keeps the thoughts of a model out of what is spoken: everything between `<think>` and `</think>`.

const OPEN: [&str; 2] = ["<think>", "<thinking>"];
const CLOSE: [&str; 2] = ["</think>", "</thinking>"];

/// Lets the words through that are meant for the caller, whatever way the text is cut.
#[derive(Debug, Default)]
pub(super) struct Speakable {
    held: String,
    thinking: bool,
    spoken: bool,
}

impl Speakable {
    /// Takes a piece of text and returns what of it, and of what was held back, can be spoken.
    pub(super) fn push(&mut self, text: &str) -> String {
        let mut held = std::mem::take(&mut self.held);
        held.push_str(text);
        // Goes on in place: a text of nothing but `<` must not be moved once for each of them.
        let mut rest = held.as_str();
        let mut out = String::new();
        loop {
            let Some(at) = rest.find('<') else {
                self.let_through(rest, &mut out);
                break;
            };
            self.let_through(&rest[..at], &mut out);
            rest = &rest[at..];
            match read_tag(rest) {
                Tag::Open(length) => {
                    rest = &rest[length..];
                    self.thinking = true;
                }
                Tag::Close(length) => {
                    rest = &rest[length..];
                    self.thinking = false;
                }
                Tag::Unfinished => {
                    self.held = rest.to_owned();
                    break;
                }
                Tag::None => {
                    self.let_through(&rest[..1], &mut out);
                    rest = &rest[1..];
                }
            }
        }
        out
    }

    /// The text is over: what was held back only looked like a tag.
    pub(super) fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        let mut out = String::new();
        self.let_through(&held, &mut out);
        out
    }

    fn let_through(&mut self, text: &str, out: &mut String) {
        if self.thinking {
            return;
        }
        // Blank lines between the thoughts and the first word are not worth a token.
        for character in text.chars() {
            if self.spoken || !character.is_whitespace() {
                self.spoken = true;
                out.push(character);
            }
        }
    }
}

enum Tag {
    Open(usize),
    Close(usize),
    Unfinished,
    None,
}

/// What the text, which begins with `<`, begins with.
fn read_tag(text: &str) -> Tag {
    let starts = |tag: &&&str| {
        text.get(..tag.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(tag))
    };
    if let Some(tag) = OPEN.iter().find(starts) {
        return Tag::Open(tag.len());
    }
    if let Some(tag) = CLOSE.iter().find(starts) {
        return Tag::Close(tag.len());
    }
    let may_become = |tag: &&str| {
        tag.get(..text.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(text))
    };
    if OPEN.iter().chain(&CLOSE).any(may_become) {
        Tag::Unfinished
    } else {
        Tag::None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spoken<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
        let mut filter = Speakable::default();
        let mut out: String = pieces.into_iter().map(|piece| filter.push(piece)).collect();
        out.push_str(&filter.finish());
        out
    }

    #[test]
    fn thoughts_are_not_spoken() {
        for (text, heard) in [
            ("<think>they want\n a day</think>\n\nWhich day?", "Which day?"),
            ("<THINKING>x</Thinking>Yes.", "Yes."),
            ("One <think>two</think>three", "One three"),
            ("never ends <think>on and on", "never ends "),
            ("stray</think> end", "stray end"),
            ("5 < 6 and <b>bold</b> and <thi", "5 < 6 and <b>bold</b> and <thi"),
            ("<<think>a</think>b", "<b"),
            ("", ""),
        ] {
            assert_eq!(spoken([text]), heard, "{text}");
        }
    }

    #[test]
    fn a_long_text_of_beginnings_is_read_in_one_go() {
        // Moving the rest for each of them would be five hundred thousand million bytes.
        let text = "<".repeat(1_000_000);
        assert_eq!(spoken([text.as_str()]).len(), text.len());
    }

    proptest! {
        #[test]
        fn the_cut_of_the_text_does_not_matter(
            text in "(<think>|</think>|</thi|<th|<|[a-c é🙂\n]){0,20}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        ) {
            let ends: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
            let mut at: Vec<usize> = cuts.iter().map(|cut| *cut.get(&ends)).collect();
            at.extend([0, text.len()]);
            at.sort_unstable();
            prop_assert_eq!(spoken(at.windows(2).map(|pair| &text[pair[0]..pair[1]])), spoken([text.as_str()]));
        }
    }
}
