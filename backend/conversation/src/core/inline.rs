//! Inline commands in the model's text, taken out while it streams.
//!
//! A strict grammar, fed character by character, so the result does not depend on how the text was split.
//! Whatever begins like a command is never speech, well formed or not. What a command may do is decided
//! elsewhere; here it is only read. Also here: taking the marks out of text that others bring in.

use crate::command::RecordOp;

/// Longest text between the marks; more is malformed.
const MAX_COMMAND_CHARS: usize = 300;
/// How much of a malformed command is kept for the record.
const MAX_RAW_CHARS: usize = 80;
/// Longest press.
pub const MAX_DIGITS: usize = 32;

/// A command of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InlineCommand {
    /// Press keys.
    Press(String),
    /// Hand the caller over to an alias or a number.
    Transfer(String),
    /// Hang up once all is said.
    EndCall,
    /// Ask a supervisor.
    RequestUser(String),
    /// Pause the recording while the caller tells card data, go on, or record no more.
    Record(RecordOp),
    /// Anything else between the marks; the text is cut short.
    Malformed(String),
}

impl InlineCommand {
    /// Its name in events.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Press(_) => "press",
            Self::Transfer(_) => "transfer",
            Self::EndCall => "end_call",
            Self::RequestUser(_) => "request_user",
            Self::Record(RecordOp::Start) => "start_recording",
            Self::Record(RecordOp::Pause) => "pause_recording",
            Self::Record(RecordOp::Resume) => "resume_recording",
            Self::Record(RecordOp::Stop) => "stop_recording",
            Self::Malformed(_) => "malformed",
        }
    }

    /// What it was given.
    #[must_use]
    pub fn argument(&self) -> &str {
        match self {
            Self::Press(text) | Self::Transfer(text) | Self::RequestUser(text) | Self::Malformed(text) => {
                text
            }
            Self::EndCall | Self::Record(_) => "",
        }
    }
}

/// What comes out of the stream, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// To be spoken.
    Text(String),
    /// To be carried out.
    Command(InlineCommand),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum State {
    #[default]
    Speech,
    /// One `[` has come and may open a command.
    Opening,
    /// One `]` has come in speech and may be half of a stray mark.
    Closing,
    /// A stray `]]` has come; more of it is dropped.
    Stray,
    /// Between the marks.
    Inside {
        text: String,
        chars: usize,
        bad: bool,
        half_closed: bool,
    },
    /// After a command: further `]` belong to it.
    After,
}

/// Reads one reply of the model.
#[derive(Debug, Clone, Default)]
pub struct Parser {
    state: State,
    /// The last character that was spoken: what was taken out must not bring two marks together.
    spoken: Option<char>,
}

impl Parser {
    /// A parser at the start of a reply.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece of the stream.
    pub fn feed(&mut self, chunk: &str, out: &mut Vec<Piece>) {
        let mut speech = String::new();
        for c in chunk.chars() {
            self.step(c, &mut speech, out);
        }
        flush(&mut speech, out);
    }

    /// The stream is over: what is held back is speech, unless it is part of a command.
    pub fn finish(&mut self, out: &mut Vec<Piece>) {
        match std::mem::take(&mut self.state) {
            State::Opening => self.finish_with('[', out),
            State::Closing => self.finish_with(']', out),
            State::Inside { text, .. } => out.push(Piece::Command(malformed(&text))),
            State::Speech | State::Stray | State::After => {}
        }
    }

    fn finish_with(&mut self, c: char, out: &mut Vec<Piece>) {
        let mut speech = String::new();
        speak(&mut self.spoken, c, &mut speech);
        flush(&mut speech, out);
    }

    fn step(&mut self, c: char, speech: &mut String, out: &mut Vec<Piece>) {
        let spoken = &mut self.spoken;
        match &mut self.state {
            State::Speech | State::After | State::Stray => match c {
                ']' if self.state != State::Speech => {}
                ']' => self.state = State::Closing,
                '[' => self.state = State::Opening,
                _ => {
                    self.state = State::Speech;
                    speak(spoken, c, speech);
                }
            },
            State::Opening => match c {
                '[' => {
                    self.state = State::Inside {
                        text: String::new(),
                        chars: 0,
                        bad: false,
                        half_closed: false,
                    };
                }
                ']' => {
                    speak(spoken, '[', speech);
                    self.state = State::Closing;
                }
                _ => {
                    speak(spoken, '[', speech);
                    speak(spoken, c, speech);
                    self.state = State::Speech;
                }
            },
            State::Closing => match c {
                ']' => self.state = State::Stray,
                '[' => {
                    speak(spoken, ']', speech);
                    self.state = State::Opening;
                }
                _ => {
                    speak(spoken, ']', speech);
                    speak(spoken, c, speech);
                    self.state = State::Speech;
                }
            },
            State::Inside {
                text,
                chars,
                bad,
                half_closed,
            } => {
                if c == ']' && *half_closed {
                    let command = if *bad { malformed(text) } else { read(text) };
                    flush(speech, out);
                    out.push(Piece::Command(command));
                    self.state = State::After;
                } else if c == '\n' {
                    // A command never runs over a line, so an unclosed one cannot swallow the whole reply.
                    let command = malformed(text);
                    flush(speech, out);
                    out.push(Piece::Command(command));
                    speak(spoken, c, speech);
                    self.state = State::Speech;
                } else if c == ']' {
                    *half_closed = true;
                } else {
                    *bad |= *half_closed || c == '[' || c.is_control() || *chars >= MAX_COMMAND_CHARS;
                    *half_closed = false;
                    if *chars < MAX_COMMAND_CHARS {
                        text.push(c);
                        *chars += 1;
                    }
                }
            }
        }
    }
}

/// Says a character, unless it would make a mark of two.
fn speak(spoken: &mut Option<char>, c: char, speech: &mut String) {
    if matches!(c, '[' | ']') && *spoken == Some(c) {
        return;
    }
    *spoken = Some(c);
    speech.push(c);
}

fn flush(speech: &mut String, out: &mut Vec<Piece>) {
    if !speech.is_empty() {
        out.push(Piece::Text(std::mem::take(speech)));
    }
}

fn malformed(text: &str) -> InlineCommand {
    InlineCommand::Malformed(
        text.chars()
            .filter(|c| !c.is_control())
            .take(MAX_RAW_CHARS)
            .collect(),
    )
}

/// The grammar: a name that stands alone, or a name, a colon and an argument that is not empty.
fn read(text: &str) -> InlineCommand {
    match text {
        "end_call" => return InlineCommand::EndCall,
        "pause_recording" => return InlineCommand::Record(RecordOp::Pause),
        "resume_recording" => return InlineCommand::Record(RecordOp::Resume),
        "stop_recording" => return InlineCommand::Record(RecordOp::Stop),
        _ => {}
    }
    let Some((name, argument)) = text.split_once(':') else {
        return malformed(text);
    };
    let argument = argument.trim();
    if argument.is_empty() {
        return malformed(text);
    }
    match name {
        "press" if is_digits(argument) => InlineCommand::Press(argument.to_owned()),
        "transfer" if argument.chars().count() <= 64 => InlineCommand::Transfer(argument.to_owned()),
        "request_user" => InlineCommand::RequestUser(argument.to_owned()),
        _ => malformed(text),
    }
}

/// Whether `text` is a press that a carrier takes.
#[must_use]
pub fn is_digits(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_DIGITS
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b'w'))
}

/// Makes text of others fit for the model's context: no command marks, no unseen characters, at most
/// `max_chars`.
#[must_use]
pub fn sanitize(text: &str, max_chars: usize) -> String {
    let visible: String = text
        .chars()
        .filter_map(|c| match c {
            '\n' | '\t' | '\r' => Some(' '),
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => None,
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect();
    let mut out = String::with_capacity(visible.len());
    let mut chars = visible.trim().chars().peekable();
    let mut count = 0;
    while let Some(c) = chars.next() {
        if matches!(c, '[' | ']') && chars.peek() == Some(&c) {
            while chars.peek() == Some(&c) {
                chars.next();
            }
            continue;
        }
        // Removing a run may bring two single marks together; they must not become one.
        if matches!(c, '[' | ']') && out.ends_with(c) {
            continue;
        }
        if count == max_chars {
            break;
        }
        out.push(c);
        count += 1;
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests;
