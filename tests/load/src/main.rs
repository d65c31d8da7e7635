//! Load on the product over its real protocols, and what the numbers are held against. `cargo xtask bench` runs it.
//!
//! One thread is the carrier and the model of every realtime call, so that each frame has its times by one clock. It
//! runs on another core than what it measures.
#![cfg_attr(
    target_os = "linux",
    expect(
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "it talks to the person at the terminal"
    )
)]

#[cfg(target_os = "linux")]
mod chat;
#[cfg(target_os = "linux")]
mod clock;
#[cfg(target_os = "linux")]
mod dial;
#[cfg(target_os = "linux")]
mod engine;
#[cfg(target_os = "linux")]
mod frame;
#[cfg(target_os = "linux")]
mod http;
#[cfg(target_os = "linux")]
mod identity;
#[cfg(target_os = "linux")]
mod openloop;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod product;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod runs;
#[cfg(target_os = "linux")]
mod sign;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use clap::Parser as _;
    match options::Cli::parse().command {
        options::Command::Pin { core, program } => process::become_program(core, &program),
        options::Command::Run(options) => runs::all(&options),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<()> {
    anyhow::bail!("the load harness reads /proc and needs Linux")
}
