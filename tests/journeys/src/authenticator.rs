//! An authenticator on a telephone: codes of thirty seconds made of a secret.

use aws_lc_rs::hmac;

/// One that was told a secret.
#[derive(Debug, Clone)]
pub struct Authenticator {
    secret: Vec<u8>,
}

impl Authenticator {
    /// Takes a secret as it is typed in.
    ///
    /// # Panics
    /// When it is not written in base32.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
        for letter in secret.bytes() {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'2'..=b'7' => letter - b'2' + 26,
                other => panic!("{other} is no letter of base32"),
            };
            held = (held << 5) | u32::from(value);
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                bytes.push(u8::try_from((held >> bits) & 0xff).expect("a byte"));
            }
        }
        Self { secret: bytes }
    }

    /// The code of a moment.
    ///
    /// # Panics
    /// Never: a tag has twenty bytes.
    #[must_use]
    pub fn code(&self, seconds: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = hmac::sign(&key, &(seconds / 30).to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 15);
        let number = u32::from_be_bytes(tag[at..at + 4].try_into().expect("four bytes"));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }
}
