//! How the caller sounds by their words: a hint for people who look over many calls, and nothing else. A few plain
//! words count; what was said before counts less and less.

/// Words of somebody who is not served well.
const UNHAPPY: &[&str] = &[
    "angry",
    "annoyed",
    "annoying",
    "awful",
    "cancel",
    "complain",
    "complaint",
    "disappointed",
    "frustrated",
    "frustrating",
    "furious",
    "horrible",
    "lawyer",
    "manager",
    "nonsense",
    "rude",
    "ridiculous",
    "scam",
    "stupid",
    "terrible",
    "unacceptable",
    "upset",
    "useless",
    "worst",
    "wrong",
];

/// Words of somebody who is.
const HAPPY: &[&str] = &[
    "amazing",
    "appreciate",
    "awesome",
    "excellent",
    "fantastic",
    "glad",
    "great",
    "happy",
    "helpful",
    "lovely",
    "perfect",
    "thanks",
    "thank",
    "wonderful",
];

/// Words behind which the opposite is meant.
const NOT: &[&str] = &["no", "not", "never", "isn't", "wasn't", "don't", "didn't"];

/// The mood so far.
#[derive(Debug, Default)]
pub(super) struct Mood {
    /// Weight of what was said, a word is two; none before a word counted.
    score: Option<i32>,
}

impl Mood {
    /// The caller has said this.
    pub(super) fn hear(&mut self, text: &str) {
        let (mut found, mut sum, mut negated) = (false, 0, false);
        for word in text.split_whitespace().take(400) {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            let weight = match word.as_str() {
                word if UNHAPPY.contains(&word) => -2,
                word if HAPPY.contains(&word) => 2,
                _ => 0,
            };
            if weight != 0 {
                found = true;
                sum += if negated && weight > 0 { -weight } else { weight };
            }
            negated = NOT.contains(&word.as_str());
        }
        if found {
            let before = self.score.unwrap_or_default();
            self.score = Some((before / 2 + sum).clamp(-6, 6));
        } else if let Some(score) = &mut self.score {
            // It wears off.
            *score -= score.signum();
        }
    }

    /// -1, 0 or 1; none before the words told anything.
    pub(super) fn value(&self) -> Option<i8> {
        self.score.map(|score| match score {
            ..=-2 => -1,
            2.. => 1,
            _ => 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> Option<i8> {
        let mut mood = Mood::default();
        for line in lines {
            mood.hear(line);
        }
        mood.value()
    }

    #[test]
    fn a_few_words_tell_and_wear_off() {
        assert_eq!(after(&["Can you move it to Thursday?"]), None);
        assert_eq!(after(&["This is ridiculous!"]), Some(-1));
        assert_eq!(after(&["That was not helpful."]), Some(-1));
        assert_eq!(after(&["Great, thank you."]), Some(1));
        assert_eq!(
            after(&["This is ridiculous!", "Thank you, that is perfect."]),
            Some(1)
        );
        assert_eq!(after(&["This is wrong.", "At ten.", "Yes."]), Some(0));
    }
}
