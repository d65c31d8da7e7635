//! espeak-ng as a process: text in by its standard input, so that no text can be an option; a WAV file out.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use super::voices::Voice;
use super::wav;
use phony_audio::ulaw;

const PROGRAM: &str = "espeak-ng";
/// Longest time it may take; usually it takes some ten milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// Samples quieter than this at either end are cut off.
const AUDIBLE: u16 = 60;
/// Quiet that stays at either end, in samples.
const MARGIN: usize = 80;

/// Whether it can be started at all.
pub(super) async fn is_installed() -> bool {
    let version = Command::new(PROGRAM)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status();
    let installed = matches!(timeout(PATIENCE, version).await, Ok(Ok(status)) if status.success());
    if !installed {
        tracing::info!("espeak-ng is not installed: voices are tones");
    }
    installed
}

/// Speaks, without the silence around.
pub(super) async fn speak(text: &str, voice: &Voice) -> io::Result<Vec<u8>> {
    let work = async {
        let mut child = Command::new(PROGRAM)
            .args(["--stdin", "--stdout", "-b", "1", "-z"])
            .args(["-v", &voice.espeak])
            .args(["-p", &voice.pitch.to_string()])
            .args(["-s", &voice.speed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(text.as_bytes()).await?;
            // Closing it says that the text is complete.
        }
        child.wait_with_output().await
    };
    let output = timeout(PATIENCE, work)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    if !output.status.success() {
        return Err(io::Error::other(format!("ended with {}", output.status)));
    }
    let sound = wav::to_ulaw(&output.stdout).map_err(io::Error::other)?;
    let sound = trimmed(&sound);
    if sound.is_empty() {
        return Err(io::Error::other("said nothing"));
    }
    Ok(sound.to_vec())
}

fn trimmed(sound: &[u8]) -> &[u8] {
    let audible = |code: &u8| ulaw::decode(*code).unsigned_abs() > AUDIBLE;
    let Some(first) = sound.iter().position(audible) else {
        return &[];
    };
    let last = sound.iter().rposition(audible).unwrap_or(first);
    &sound[first.saturating_sub(MARGIN)..(last + MARGIN).min(sound.len())]
}
