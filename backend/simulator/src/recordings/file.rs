//! Makes the file of a recording: real sound where there was some, voices for what was only words.

use bytes::Bytes;
use phony_audio::frame::ulaw_bytes;
use phony_audio::ulaw;

use super::tape::{Piece, Track};
use super::{Recording, Span, SpanKind};
use crate::clock::Millis;
use crate::conferences::Room;
use crate::world::World;

/// How the agent sounds where only its words are known.
const AGENT: &str = "alloy";

/// Something said whose sound nobody carried.
struct Words {
    track: Track,
    at: Millis,
    text: String,
    voice: String,
}

/// The time that a recording covers, sound by sound.
pub(super) struct Sound {
    pub(super) inbound: Vec<u8>,
    pub(super) outbound: Vec<u8>,
}

impl Sound {
    pub(super) fn is_silent(&self) -> bool {
        let silent = |sound: &[u8]| sound.iter().all(|code| *code == ulaw::SILENCE);
        silent(&self.inbound) && silent(&self.outbound)
    }

    /// A WAV file of sixteen bits on as many channels as there are tracks.
    pub(super) fn file(&self, track: &str, channels: u16) -> Bytes {
        match (track, channels) {
            ("inbound", _) => wav(&[&self.inbound]),
            ("outbound", _) => wav(&[&self.outbound]),
            (_, 2) => wav(&[&self.inbound, &self.outbound]),
            _ => wav(&[&mixed(&self.inbound, &self.outbound)]),
        }
    }
}

fn mixed(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter()
        .zip(other)
        .map(|(one, other)| match (*one, *other) {
            (ulaw::SILENCE, sound) | (sound, ulaw::SILENCE) => sound,
            (one, other) => ulaw::encode(ulaw::decode(one).saturating_add(ulaw::decode(other))),
        })
        .collect()
}

/// A file of 16 bits at 8 kHz with a channel for each track.
pub(crate) fn wav(tracks: &[&[u8]]) -> Bytes {
    let channels = u16::try_from(tracks.len()).unwrap_or(u16::MAX);
    let samples = tracks.iter().map(|track| track.len()).min().unwrap_or_default();
    let sound_bytes = samples * tracks.len() * 2;
    let size = u32::try_from(sound_bytes).unwrap_or(u32::MAX - 36);
    let mut file = Vec::with_capacity(44 + sound_bytes);
    file.extend(b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(8_000_u32.to_le_bytes());
    file.extend((8_000 * u32::from(channels) * 2).to_le_bytes());
    file.extend((channels * 2).to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(size.to_le_bytes());
    for at in 0..samples {
        for track in tracks {
            file.extend(ulaw::decode(track[at]).to_le_bytes());
        }
    }
    file.into()
}

/// The whole sound of a recording that is over.
pub(super) async fn sound(world: &World, recording: &Recording, spans: &[Span], until: Millis) -> Sound {
    let from = recording.began;
    // A conference has no line of its own: its sound is made of what was said.
    let pieces = match recording.room {
        Some(_) => Vec::new(),
        None => recording.call.tape.pieces(),
    };
    let mut inbound = vec![ulaw::SILENCE; ulaw_bytes(until.saturating_sub(from))];
    let mut outbound = inbound.clone();
    for piece in &pieces {
        let track = match piece.track {
            Track::Inbound => &mut inbound,
            Track::Outbound => &mut outbound,
        };
        lay(track, from, piece);
    }
    let mut said_until = [from; 2];
    for words in words(world, recording, spans, &pieces, until) {
        let utterance = world.speech.say(&words.text, &words.voice).await;
        let (track, said_until) = match words.track {
            Track::Inbound => (&mut inbound, &mut said_until[0]),
            Track::Outbound => (&mut outbound, &mut said_until[1]),
        };
        let at = words.at.max(*said_until);
        let end = ulaw_bytes(at - from) + utterance.ulaw.len();
        if track.len() < end {
            track.resize(end, ulaw::SILENCE);
        }
        let piece = Piece {
            track: words.track,
            at,
            sound: utterance.ulaw.to_vec(),
        };
        *said_until = piece.until();
        lay(track, from, &piece);
    }
    let longest = inbound.len().max(outbound.len());
    inbound.resize(longest, ulaw::SILENCE);
    outbound.resize(longest, ulaw::SILENCE);
    Sound {
        inbound: cut(&inbound, from, spans),
        outbound: cut(&outbound, from, spans),
    }
}

/// Puts the part of a piece that lies in a track into its place.
fn lay(track: &mut [u8], from: Millis, piece: &Piece) {
    let skipped = ulaw_bytes(from.saturating_sub(piece.at)).min(piece.sound.len());
    let at = ulaw_bytes(piece.at.saturating_sub(from));
    let sound = &piece.sound[skipped..];
    let fits = track.len().saturating_sub(at).min(sound.len());
    if fits > 0 {
        track[at..at + fits].copy_from_slice(&sound[..fits]);
    }
}

/// Leaves out what was not to be recorded.
fn cut(track: &[u8], from: Millis, spans: &[Span]) -> Vec<u8> {
    let mut out = Vec::with_capacity(track.len());
    for (at, span) in spans.iter().enumerate() {
        let begin = ulaw_bytes(span.from.saturating_sub(from)).min(track.len());
        let end = spans.get(at + 1).map_or(track.len(), |next| {
            ulaw_bytes(next.from.saturating_sub(from)).min(track.len())
        });
        match span.kind {
            SpanKind::Taken => out.extend_from_slice(&track[begin..end]),
            SpanKind::Silence => out.resize(out.len() + end - begin, ulaw::SILENCE),
            SpanKind::Skipped => {}
        }
    }
    out
}

/// What was said in the time that is recorded, and only there: not a word of a pause.
fn words(
    world: &World,
    recording: &Recording,
    spans: &[Span],
    pieces: &[Piece],
    until: Millis,
) -> Vec<Words> {
    if let Some(room) = &recording.room {
        return talk(world, room, recording.began, until);
    }
    let call = &recording.call;
    let taken = |at: Millis| {
        let span = spans.iter().rev().find(|span| span.from <= at);
        at <= until && span.is_some_and(|span| span.kind == SpanKind::Taken)
    };
    let carried = |track: Track, at: Millis| {
        pieces
            .iter()
            .any(|piece| piece.track == track && piece.at <= at && at < piece.until())
    };
    let mut found = call.read(|s| {
        let mut found = Vec::new();
        for said in s.report.sent.iter().filter(|said| said.kind == "say") {
            let at = call.born + said.at_ms;
            if taken(at) && !carried(Track::Inbound, at) {
                found.push((Track::Inbound, at, said.text.clone(), Some(s.voice.clone()), None));
            }
        }
        for heard in &s.report.heard {
            let spoken = matches!(heard.kind, "speech" | "person" | "announcement");
            let at = call.born + heard.at_ms;
            if spoken && heard.words.is_empty() && !heard.text.is_empty() && taken(at) {
                found.push((Track::Outbound, at, heard.text.clone(), None, heard.from.clone()));
            }
        }
        found
    });
    found.sort_by_key(|(_, at, ..)| *at);
    found
        .into_iter()
        .map(|(track, at, text, voice, from)| {
            let other = from
                .and_then(|sid| world.call(&sid))
                .map(|call| call.read(|s| s.voice.clone()));
            Words {
                track,
                at,
                text,
                voice: voice.or(other).unwrap_or_else(|| AGENT.to_owned()),
            }
        })
        .collect()
}

/// What was said in a conference while it was recorded, each in their own voice.
fn talk(world: &World, room: &Room, from: Millis, until: Millis) -> Vec<Words> {
    let said = room.read(|state| state.said.clone());
    said.into_iter()
        .map(|said| Words {
            track: Track::Outbound,
            at: room.born + said.at_ms,
            text: said.text,
            voice: world
                .call(&said.call_sid)
                .map_or_else(|| AGENT.to_owned(), |call| call.read(|s| s.voice.clone())),
        })
        .filter(|words| (from..=until).contains(&words.at))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::wav::to_ulaw;

    fn span(from: Millis, kind: SpanKind) -> Span {
        Span { from, kind }
    }

    #[test]
    fn a_pause_is_silence_or_is_missing() {
        let track: Vec<u8> = (0..80).map(|at| at / 8).collect();
        let with = |kind| {
            let spans = [
                span(100, SpanKind::Taken),
                span(103, kind),
                span(105, SpanKind::Taken),
            ];
            cut(&track, 100, &spans)
        };
        let silenced = with(SpanKind::Silence);
        assert_eq!(silenced.len(), 80);
        assert_eq!(silenced[24..40], [ulaw::SILENCE; 16]);
        assert_eq!(silenced[40], 5);
        let skipped = with(SpanKind::Skipped);
        assert_eq!((skipped.len(), skipped[24]), (64, 5));
    }

    #[test]
    fn files_read_back() {
        let sound = Sound {
            inbound: vec![ulaw::encode(1_000); 800],
            outbound: vec![ulaw::SILENCE; 800],
        };
        let mono = to_ulaw(&sound.file("both", 1)).unwrap();
        assert_eq!(mono, sound.inbound);
        let dual = sound.file("both", 2);
        assert_eq!((dual.len(), dual[22]), (44 + 3_200, 2));
        assert_eq!(to_ulaw(&dual).unwrap(), sound.inbound);
        assert!(!sound.is_silent());
    }

    #[test]
    fn pieces_lie_where_they_belong() {
        let mut track = vec![ulaw::SILENCE; 80];
        let piece = |at, length_ms| Piece {
            track: Track::Inbound,
            at,
            sound: vec![7; ulaw_bytes(length_ms)],
        };
        lay(&mut track, 100, &piece(98, 4));
        lay(&mut track, 100, &piece(108, 50));
        lay(&mut track, 100, &piece(300, 5));
        assert_eq!(track[..16], [7; 16]);
        assert_eq!(track[16..64], [ulaw::SILENCE; 48]);
        assert_eq!(track[64..], [7; 16]);
    }
}
