//! How a caller is told that the call is recorded, and what counts as a refusal.

/// Whether the caller is only told, or may say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// Told.
    Announce,
    /// Told, and asked.
    Ask,
}

/// What a caller hears before the conversation, in the voice of who talks.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Told or asked.
    pub kind: NoticeKind,
    /// In these words.
    pub words: String,
}

/// The key that refuses.
const REFUSING_KEY: char = '2';

/// Words of ours by language: told, and asked.
const WORDS: [(&str, &str, &str); 8] = [
    (
        "en",
        "This call is recorded.",
        "This call is recorded. If you do not want that, say no or press 2.",
    ),
    (
        "es",
        "Esta llamada se graba.",
        "Esta llamada se graba. Si no lo desea, diga no o pulse 2.",
    ),
    (
        "fr",
        "Cet appel est enregistré.",
        "Cet appel est enregistré. Si vous ne le souhaitez pas, dites non ou appuyez sur 2.",
    ),
    (
        "de",
        "Dieses Gespräch wird aufgezeichnet.",
        "Dieses Gespräch wird aufgezeichnet. Wenn Sie das nicht möchten, sagen Sie Nein oder drücken Sie die 2.",
    ),
    (
        "it",
        "Questa chiamata viene registrata.",
        "Questa chiamata viene registrata. Se non lo desidera, dica no o prema 2.",
    ),
    (
        "pt",
        "Esta chamada é gravada.",
        "Esta chamada é gravada. Se não quiser, diga não ou prima 2.",
    ),
    (
        "nl",
        "Dit gesprek wordt opgenomen.",
        "Dit gesprek wordt opgenomen. Als u dat niet wilt, zegt u nee of drukt u op 2.",
    ),
    (
        "hi",
        "यह कॉल रिकॉर्ड की जा रही है।",
        "यह कॉल रिकॉर्ड की जा रही है। यदि आप यह नहीं चाहते, तो नहीं बोलें या 2 दबाएं।",
    ),
];

/// Words that refuse, in the languages above.
const NO: [&str; 18] = [
    "no",
    "nope",
    "nah",
    "not",
    "don't",
    "dont",
    "non",
    "nein",
    "nicht",
    "não",
    "nao",
    "nee",
    "niet",
    "नहीं",
    "नही",
    "nahi",
    "nahin",
    "stop",
];

/// What sounds like a refusal and is none.
const FINE: [&str; 12] = [
    "no problem",
    "no worries",
    "no objection",
    "not a problem",
    "don't mind",
    "dont mind",
    "kein problem",
    "sin problema",
    "no hay problema",
    "pas de problème",
    "nessun problema",
    "geen probleem",
];

impl Notice {
    /// What the policy wants said: `own` words, or ours in the language of who talks.
    #[must_use]
    pub fn of(consent: &str, own: &str, language: Option<&str>) -> Option<Self> {
        let kind = match consent {
            "announce" => NoticeKind::Announce,
            "ask" => NoticeKind::Ask,
            _ => return None,
        };
        let own = own.trim();
        let words = if own.is_empty() {
            standard(kind, language.unwrap_or("en"))
        } else {
            own
        };
        Some(Self {
            kind,
            words: words.to_owned(),
        })
    }
}

fn standard(kind: NoticeKind, language: &str) -> &'static str {
    let short = language.split(['-', '_']).next().unwrap_or_default();
    let row = WORDS
        .iter()
        .find(|(code, ..)| code.eq_ignore_ascii_case(short))
        .unwrap_or(&WORDS[0]);
    match kind {
        NoticeKind::Announce => row.1,
        NoticeKind::Ask => row.2,
    }
}

/// Whether a caller who was asked does not want to be recorded. Silence, and whatever is not a no, is none.
#[must_use]
pub fn refuses(words: &str, keys: &str) -> bool {
    if keys.contains(REFUSING_KEY) {
        return true;
    }
    let text = words.to_lowercase().replace('’', "'");
    if FINE.iter().any(|fine| text.contains(fine)) {
        return false;
    }
    text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || is_mark(c)))
        .any(|word| NO.contains(&word))
}

/// Signs of Devanagari that belong to their letter.
fn is_mark(c: char) -> bool {
    ('\u{0900}'..='\u{097f}').contains(&c) && !matches!(c, '।' | '॥')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_refuses_in_every_language_of_the_notice() {
        for no in [
            "No.",
            "no, thank you",
            "Please don't",
            "I do not want that",
            "Nein, bitte nicht",
            "Non merci",
            "não",
            "Nee",
            "नहीं।",
            "I don’t want to be recorded",
        ] {
            assert!(refuses(no, ""), "{no}");
        }
        assert!(refuses("", "2"));
    }

    #[test]
    fn anything_else_does_not() {
        for fine in [
            "",
            "Yes",
            "OK, go on",
            "No problem",
            "no worries at all",
            "I don't mind",
            "Kein Problem",
            "I know",
            "Nobody asked me before",
            "What is that?",
        ] {
            assert!(!refuses(fine, ""), "{fine}");
        }
        assert!(!refuses("", "1"));
    }

    #[test]
    fn the_words_are_the_tenants_or_ours_in_the_language_of_who_talks() {
        let words = |consent: &str, own: &str, language: &str| {
            Notice::of(consent, own, Some(language)).map(|notice| notice.words)
        };
        assert_eq!(words("off", "x", "en-US"), None);
        assert_eq!(
            words("announce", "", "de-DE").unwrap(),
            "Dieses Gespräch wird aufgezeichnet."
        );
        assert!(words("ask", " ", "xx").unwrap().contains("press 2"));
        assert_eq!(words("announce", " We record. ", "es").unwrap(), "We record.");
    }
}
