//! Names of voices and what they sound like.

/// A voice as espeak-ng and the tones know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Voice {
    /// Name for espeak-ng: a language and a variant.
    pub(super) espeak: String,
    /// 0 to 99.
    pub(super) pitch: u8,
    /// Words a minute.
    pub(super) speed: u16,
}

/// Names in use, with variant and pitch: model voices, carrier voices, and the people of scripts.
const KNOWN: &[(&str, &str, u8)] = &[
    ("alloy", "f2", 55),
    ("ash", "m1", 42),
    ("ballad", "m2", 50),
    ("coral", "f3", 62),
    ("echo", "m3", 40),
    ("sage", "f4", 52),
    ("shimmer", "f1", 66),
    ("verse", "m4", 48),
    ("marin", "f5", 58),
    ("cedar", "m5", 36),
    ("man", "m7", 38),
    ("woman", "f2", 60),
    ("alice", "f4", 60),
    ("caller", "m6", 45),
];

const VARIANTS: &[&str] = &[
    "m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5",
];

/// The voice of a name, in the language the text is written in.
pub(super) fn of(name: &str, text: &str) -> Voice {
    let name = name.to_ascii_lowercase();
    let (variant, pitch) = KNOWN
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, variant, pitch)| (*variant, *pitch))
        .unwrap_or_else(|| {
            let hash = hash(&name);
            let at = usize::try_from(hash % VARIANTS.len() as u64).unwrap_or_default();
            let variant = VARIANTS[at];
            (variant, 35 + (hash / 97 % 36) as u8)
        });
    Voice {
        espeak: format!("{}+{variant}", language(text)),
        pitch,
        speed: 170,
    }
}

/// Writing tells Hindi from English; other languages are read as English, which is good enough to be recognised.
fn language(text: &str) -> &'static str {
    if text.chars().any(|c| ('\u{900}'..='\u{97f}').contains(&c)) {
        "hi"
    } else {
        "en-us"
    }
}

/// FNV-1a: the same in every process.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_stay_the_same() {
        assert_ne!(of("marin", "hi"), of("cedar", "hi"));
        assert_eq!(of("Marin", "hi"), of("marin", "hi"));
        assert_eq!(of("somebody", "hi"), of("somebody", "hi"));
        assert!(of("marin", "नमस्ते").espeak.starts_with("hi+"));
    }
}
