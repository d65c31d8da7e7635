//! The commands that use an installation over its API, from anywhere.

mod call;
mod connection;
mod duet;
mod exit;
mod failure;
mod follow;
mod interrupt;
mod machine;
mod number;
mod personality;
mod tail;
mod talk;
mod terminal;
mod text;
mod transcript;
mod typing;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::Variables;
use connection::Connection;
use failure::Outcome;

pub(crate) use exit::EXIT_CODES;

const NUMBER_EXAMPLES: &str = "\
Examples:
  phony number search --country US --area-code 415
  phony number buy +14155550134 --label \"Front desk\" --personality \"Friendly Helper\"
  phony number buy --country US --area-code 415
  phony number import +14155550199
  phony number list --json | jq -r .e164";

const CALL_EXAMPLES: &str = "\
Examples:
  phony call +14155550142 --message \"Hello, this is Acme. Your order is ready.\"
  phony call \"(415) 555-0142\" --personality \"Sales Representative\" --record
  phony call +14155550142 --message \"Hello {{name}}\" --var name=Ana --json --follow
  phony call +14155550142 --machine-detection=mailbox=leave_message:\"Please call us back.\"
  phony call cancel call_01…";

const TALK_EXAMPLES: &str = "\
Examples:
  phony talk
  phony talk \"Tech Expert\"
  printf 'What are your opening hours?\\n' | phony talk \"Friendly Helper\"";

const DUET_EXAMPLES: &str = "\
Examples:
  phony duet \"Sales Representative\" \"Friendly Helper\" --topic \"a table for four\"
  phony duet zen witty --turns 12
  phony duet \"Sales Representative\" \"Front desk\" --phone --turns 3";

const TAIL_EXAMPLES: &str = "\
Examples:
  phony tail
  phony tail --call call_01… --json
  phony tail --json | jq 'select(.event == \"call.state\")'";

/// Use an installation over its API.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Search, buy, import and list phone numbers.
    #[command(visible_alias = "numbers", after_help = NUMBER_EXAMPLES, after_long_help = help(NUMBER_EXAMPLES))]
    Number(With<NumberArguments>),
    /// Ring somebody; shows the call until it ends. Or take a call back.
    #[command(after_help = CALL_EXAMPLES, after_long_help = help(CALL_EXAMPLES))]
    Call(With<call::Arguments>),
    /// Talk with a personality, typed.
    #[command(after_help = TALK_EXAMPLES, after_long_help = help(TALK_EXAMPLES))]
    Talk(With<talk::Talk>),
    /// Let two personalities talk with each other.
    #[command(after_help = DUET_EXAMPLES, after_long_help = help(DUET_EXAMPLES))]
    Duet(With<duet::Duet>),
    /// Show what happens in calls, as it happens.
    #[command(after_help = TAIL_EXAMPLES, after_long_help = help(TAIL_EXAMPLES))]
    Tail(With<tail::Tail>),
}

/// A command and the installation that it is for.
#[derive(Debug, Args)]
pub(crate) struct With<T: Args> {
    #[command(flatten)]
    what: T,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct NumberArguments {
    #[command(subcommand)]
    command: number::NumberCommand,
}

fn help(examples: &str) -> String {
    format!("{examples}\n\n{EXIT_CODES}")
}

/// Runs a command to its end; what it has to say goes to the terminal.
pub(crate) async fn run(command: ClientCommand, variables: &Variables) -> ExitCode {
    let connection = match &command {
        ClientCommand::Number(with) => &with.connection,
        ClientCommand::Call(with) => &with.connection,
        ClientCommand::Talk(with) => &with.connection,
        ClientCommand::Duet(with) => &with.connection,
        ClientCommand::Tail(with) => &with.connection,
    };
    let terminal = connection.terminal(variables);
    let client = connection.client(variables);
    let outcome: Outcome = async {
        let client = client?;
        match command {
            ClientCommand::Number(with) => number::run(&client, terminal, with.what.command).await,
            ClientCommand::Call(with) => call::run(&client, terminal, with.what).await,
            ClientCommand::Talk(with) => talk::run(&client, terminal, with.what).await,
            ClientCommand::Duet(with) => duet::run(&client, terminal, with.what).await,
            ClientCommand::Tail(with) => tail::run(&client, terminal, with.what).await,
        }
    }
    .await;
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            terminal.failure(&failure);
            failure.exit().into()
        }
    }
}
