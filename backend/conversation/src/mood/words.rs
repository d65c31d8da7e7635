//! Words that mean something on the telephone, by language. Lower case, without accents, as
//! [`Reading`](super::reading::Reading) cuts them: an apostrophe parts words, a `*` stands for any ending.

mod dutch;
mod english;
mod french;
mod german;
mod hindi;
mod italian;
mod portuguese;
mod spanish;

/// What counts in one language.
#[derive(Debug)]
pub(super) struct Words {
    /// Primary tag of BCP 47.
    pub(super) language: &'static str,
    /// Somebody is not served well.
    pub(super) unkind: &'static [&'static str],
    /// Somebody may not be served well.
    pub(super) mild: &'static [&'static str],
    /// Somebody is; denied, it is the opposite.
    pub(super) praise: &'static [&'static str],
    /// Thanks; denied, it is only polite.
    pub(super) thanks: &'static [&'static str],
    /// A person is wanted in the agent's place.
    pub(super) person: &'static [&'static str],
    /// It was said before.
    pub(super) again: &'static [&'static str],
    /// Words behind which the opposite is meant.
    pub(super) not: &'static [&'static str],
}

/// The languages that are known.
pub(super) const LANGUAGES: &[Words] = &[
    english::WORDS,
    german::WORDS,
    spanish::WORDS,
    french::WORDS,
    italian::WORDS,
    portuguese::WORDS,
    dutch::WORDS,
    hindi::WORDS,
];
