//! The checks: one function for each kind of bytes, named like its target and its corpus.

mod audio;
mod chat;
mod forms;
mod inline;
mod keys;
mod numbers;
mod realtime;
mod relay;
mod signature;
mod streams;
#[cfg(feature = "surface")]
mod surface;
mod talk;
mod twiml;

pub use audio::audio;
pub use chat::chat;
pub use forms::forms;
pub use inline::inline;
pub use keys::keys;
pub use numbers::numbers;
pub use realtime::realtime;
pub use relay::relay;
pub use signature::signature;
pub use streams::streams;
#[cfg(feature = "surface")]
pub use surface::{bodies, live, token};
pub use talk::talk;
pub use twiml::twiml;

/// A check.
pub type Check = fn(&[u8]);

/// All of them by name.
pub const ALL: &[(&str, Check)] = &[
    ("audio", audio),
    #[cfg(feature = "surface")]
    ("bodies", bodies),
    ("chat", chat),
    ("forms", forms),
    ("inline", inline),
    ("keys", keys),
    #[cfg(feature = "surface")]
    ("live", live),
    ("numbers", numbers),
    ("realtime", realtime),
    ("relay", relay),
    ("signature", signature),
    ("streams", streams),
    ("talk", talk),
    #[cfg(feature = "surface")]
    ("token", token),
    ("twiml", twiml),
];

/// The bytes as text, when they are.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Cuts the bytes into pieces, some of them empty, always the same way for the same bytes.
fn cut(data: &[u8]) -> Vec<&[u8]> {
    let mut seed = data.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let (mut pieces, mut rest) = (Vec::new(), data);
    while !rest.is_empty() {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let at = usize::try_from(seed % 11).unwrap_or_default().min(rest.len());
        let (piece, tail) = rest.split_at(at);
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

/// Cuts text likewise, between characters.
fn cut_text(text: &str) -> Vec<&str> {
    let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
    for piece in cut(text.as_bytes()) {
        at += piece.len();
        let end = text.floor_char_boundary(at).max(from);
        pieces.push(&text[from..end]);
        from = end;
    }
    pieces
}

/// The fields of a record: what stands between zero bytes, so that a seed can be read with the eye.
fn fields<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    let mut fields = data.splitn(N, |byte| *byte == 0);
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}
