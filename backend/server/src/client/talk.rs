//! `phony talk`: a typed conversation with a personality.

use std::time::Duration;

use clap::Args;
use phony_client::Client;
use phony_client::types::Personality;
use phony_client::web_call::{Heard, WebCall};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::exit::Exit;
use super::failure::Outcome;
use super::interrupt::Interrupt;
use super::terminal::{Terminal, clean};
use super::typing::{Lines, Wish};
use super::{follow, personality};

/// How long a program's first line waits for a greeting.
const GREETING_WITHIN: Duration = Duration::from_secs(5);
/// How long a program's next line waits for the answer to the one before.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long the other end may take to hang up.
const BYE_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct Talk {
    /// With whom, by name or per_…; who answers the first number when absent.
    personality: Option<String>,
}

/// A talk that is going on.
struct Conversation {
    terminal: Terminal,
    name: String,
    /// The line that the agent says now.
    line: String,
    /// Whether the cursor stands behind a prompt.
    is_prompted: bool,
    /// When a program's next line may be said in any case.
    turn_at: Instant,
}

pub(super) async fn run(client: &Client, terminal: Terminal, talk: Talk) -> Outcome {
    let Personality { id, name, .. } = match &talk.personality {
        Some(wanted) => personality::find(client, wanted).await?,
        None => personality::usual(client).await?,
    };
    let mut interrupt = Interrupt::listen()?;
    let mut call = client.start_web_call(&id).await?;
    let name = clean(&name);
    terminal.note(&format!("{name} is on the line; /bye or Ctrl-C hangs up"));
    let mut conversation = Conversation {
        terminal,
        name,
        line: String::new(),
        is_prompted: false,
        turn_at: Instant::now() + GREETING_WITHIN,
    };
    conversation.hold(&mut call, &mut interrupt).await?;
    conversation.end_line()?;
    let ended = follow::close(client, terminal, call.id()).await?;
    Ok(ended.map_or(Exit::Done, |call| Exit::of_call(call.reason())))
}

impl Conversation {
    /// Until either side hangs up.
    async fn hold(&mut self, call: &mut WebCall, interrupt: &mut Interrupt) -> Outcome<()> {
        let mut lines = Lines::read();
        let mut leaving = None;
        self.prompt()?;
        loop {
            // A person types whenever they like; a program's lines wait for their turn.
            let may_speak = leaving.is_none() && (self.terminal.is_typed || self.turn_at <= Instant::now());
            let wake_at = leaving.unwrap_or(self.turn_at);
            tokio::select! {
                heard = call.next() => match heard? {
                    Heard::Words { text, last } => self.hear(&text, last)?,
                    Heard::Keys(digits) => self.terminal.note(&format!("{} presses {}", self.name, clean(&digits))),
                    Heard::Ended => return Ok(()),
                },
                line = lines.next(), if may_speak => {
                    // Who types a line ends it.
                    self.is_prompted &= line.is_none();
                    let wish = line.as_deref().map_or(Wish::Bye, Wish::of);
                    if self.grant(call, wish).await? {
                        leaving = Some(Instant::now() + BYE_WITHIN);
                    }
                }
                () = interrupt.asked() => {
                    // Asked twice, it does not wait for the other end.
                    if leaving.is_some() {
                        return Ok(());
                    }
                    call.hang_up().await;
                    leaving = Some(Instant::now() + BYE_WITHIN);
                }
                () = sleep_until(wake_at), if !may_speak => {
                    if leaving.is_some() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Does what a line wants; gives whether that was to hang up.
    async fn grant(&mut self, call: &mut WebCall, wish: Wish) -> Outcome<bool> {
        match wish {
            Wish::Bye => {
                call.hang_up().await;
                return Ok(true);
            }
            Wish::Nothing => self.prompt()?,
            Wish::TooLong => {
                self.terminal.note("that is too much at once");
                self.prompt()?;
            }
            Wish::Say(text) => {
                call.say(&text).await?;
                self.turn_at = Instant::now() + ANSWER_WITHIN;
                if self.terminal.json {
                    self.terminal
                        .value(&json!({ "speaker": "caller", "text": text }))?;
                } else if !self.terminal.is_typed {
                    let you = self.terminal.paint.green("you");
                    self.terminal.line(&format!("{you}  {}", clean(&text)))?;
                }
            }
        }
        Ok(false)
    }

    fn hear(&mut self, text: &str, last: bool) -> Outcome<()> {
        let terminal = self.terminal;
        if terminal.is_watched {
            if self.line.is_empty() && !text.is_empty() {
                // Over the prompt that waits there.
                let begin = if std::mem::take(&mut self.is_prompted) {
                    "\r"
                } else {
                    ""
                };
                terminal.piece(&format!("{begin}{}  ", terminal.paint.cyan(&self.name)))?;
            }
            terminal.piece(&clean(text))?;
        }
        self.line.push_str(text);
        if last {
            self.end_line()?;
            self.turn_at = Instant::now();
            self.prompt()?;
        }
        Ok(())
    }

    fn end_line(&mut self) -> Outcome<()> {
        let terminal = self.terminal;
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.is_prompted) {
            terminal.line("")?;
        }
        let text = clean(line.trim());
        if terminal.json && !text.is_empty() {
            terminal.value(&json!({ "speaker": "agent", "text": text }))?;
        } else if terminal.is_watched && !line.is_empty() {
            terminal.line("")?;
        } else if !text.is_empty() && !terminal.json {
            terminal.line(&format!("{}  {text}", self.name))?;
        }
        Ok(())
    }

    fn prompt(&mut self) -> Outcome<()> {
        if self.terminal.is_watched && self.terminal.is_typed {
            self.is_prompted = true;
            self.terminal
                .piece(&format!("{}  ", self.terminal.paint.green("you")))?;
        }
        Ok(())
    }
}
