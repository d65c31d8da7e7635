//! What a person types, or a program sends, line by line.

use std::io::BufRead as _;

use tokio::sync::mpsc;

/// Longest line that is taken.
const MAX_LINE_BYTES: usize = 4_000;

/// Lines of standard input. They are read on a thread of their own, which ends with the process: a read from a
/// terminal cannot be called off.
#[derive(Debug)]
pub(super) struct Lines(mpsc::Receiver<String>);

impl Lines {
    pub(super) fn read() -> Self {
        let (queue, lines) = mpsc::channel(1);
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                let Ok(line) = line else { return };
                if queue.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Self(lines)
    }

    /// The next line; `None` at the end of the input. Safe to drop and ask again.
    pub(super) async fn next(&mut self) -> Option<String> {
        self.0.recv().await
    }
}

/// What a line wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// To say this.
    Say(String),
    /// To hang up.
    Bye,
    /// Nothing.
    Nothing,
    /// Too much at once.
    TooLong,
}

impl Wish {
    pub(super) fn of(line: &str) -> Self {
        match line.trim() {
            "" => Self::Nothing,
            "/bye" | "/quit" | "/exit" => Self::Bye,
            line if line.len() > MAX_LINE_BYTES => Self::TooLong,
            line => Self::Say(line.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_words_or_a_wish() {
        assert_eq!(Wish::of("  hello \r"), Wish::Say("hello".to_owned()));
        assert_eq!(Wish::of("/bye"), Wish::Bye);
        assert_eq!(Wish::of("   "), Wish::Nothing);
        assert_eq!(Wish::of(&"a".repeat(5_000)), Wish::TooLong);
    }
}
