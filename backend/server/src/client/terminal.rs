//! The terminal: data on standard output, messages on standard error, colours where a person looks.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::config::Variables;

/// Narrowest terminal that is written to in columns.
const NARROW: usize = 60;

/// Where output goes and in which form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// For programs.
    pub(super) json: bool,
    /// For standard output.
    pub(super) paint: Paint,
    /// For standard error.
    errors: Paint,
    /// Whether a person reads standard output.
    pub(super) is_watched: bool,
    /// Whether a person types.
    pub(super) is_typed: bool,
}

impl Terminal {
    pub(super) fn new(json: bool, variables: &Variables) -> Self {
        let set = |name: &str| variables.get(name).is_some_and(|value| !value.is_empty());
        let wanted = !set("NO_COLOR") && variables.get("TERM").is_none_or(|kind| kind != "dumb");
        let is_watched = io::stdout().is_terminal();
        Self {
            json,
            paint: Paint(wanted && is_watched && !json),
            errors: Paint(wanted && io::stderr().is_terminal()),
            is_watched: is_watched && !json,
            is_typed: io::stdin().is_terminal(),
        }
    }

    /// A line of data.
    pub(super) fn line(&self, text: &str) -> io::Result<()> {
        self.piece(&format!("{text}\n"))
    }

    /// A part of a line, to be seen at once.
    #[expect(clippy::unused_self, reason = "what is written belongs to this terminal")]
    pub(super) fn piece(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// A line of data for a program.
    pub(super) fn value(&self, value: &impl Serialize) -> io::Result<()> {
        self.line(&serde_json::to_string(value)?)
    }

    /// A message beside the data.
    pub(super) fn note(&self, text: &str) {
        let text = self.errors.dim(text);
        self.say(&text);
    }

    /// A failure, for whoever started the command.
    pub(super) fn failure(&self, failure: &super::failure::Failure) {
        if self.json {
            if let Some(problem) = failure.json() {
                self.say(&problem.to_string());
            }
        } else if let Some(text) = failure.shown(self.errors) {
            self.say(&text);
        }
    }

    #[expect(clippy::unused_self, reason = "what is written belongs to this terminal")]
    fn say(&self, text: &str) {
        // Nobody is left to be told that nobody listens.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Columns of the terminal that a person looks at, if two texts fit beside each other.
    pub(super) fn width(&self) -> Option<usize> {
        let size = terminal_size::terminal_size().filter(|_| self.is_watched);
        size.map(|(width, _)| usize::from(width.0))
            .filter(|width| *width >= NARROW)
    }
}

/// Colours, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paint(bool);

impl Paint {
    #[cfg(test)]
    pub(super) fn off() -> Self {
        Self(false)
    }

    fn in_style(self, style: &str, text: &str) -> String {
        if self.0 {
            format!("\u{1b}[{style}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.in_style("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.in_style("2", text)
    }

    pub(super) fn red(self, text: &str) -> String {
        self.in_style("31", text)
    }

    pub(super) fn green(self, text: &str) -> String {
        self.in_style("32", text)
    }

    pub(super) fn yellow(self, text: &str) -> String {
        self.in_style("33", text)
    }

    pub(super) fn cyan(self, text: &str) -> String {
        self.in_style("36", text)
    }
}

/// What others said, without anything that a terminal would obey: a caller's words may come from anyone.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' | '\n' | '\r' => cleaned.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            character if character.is_control() => {}
            character => cleaned.push(character),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_said_commands_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\u{7}\nc\u{202e}d"), "a[2Jb cd");
        assert_eq!(clean("नमस्ते, wie geht’s?"), "नमस्ते, wie geht’s?");
    }

    #[test]
    fn colours_are_for_those_who_want_them() {
        assert_eq!(Paint(false).red("x"), "x");
        assert_eq!(Paint(true).red("x"), "\u{1b}[31mx\u{1b}[0m");
        let none = Terminal::new(false, &[("NO_COLOR".to_owned(), "1".to_owned())].into());
        assert_eq!((none.paint, none.errors), (Paint(false), Paint(false)));
    }
}
