//! Server-sent events, decoded as the bytes come.
//!
//! Takes any cut of the bytes, any line end, comments, fields without a blank after the colon. Lines and
//! records are bounded, so that a broken server cannot fill the memory.

/// Longest line, and longest record, that is taken.
const MAX_BYTES: usize = 1024 * 1024;

/// A line or record is longer than any honest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record of the event stream is too long")]
pub struct TooLong;

/// Turns bytes into the `data` of each record.
#[derive(Debug, Default)]
pub struct SseDecoder {
    line: Vec<u8>,
    data: String,
    has_data: bool,
    begun: bool,
    after_cr: bool,
}

impl SseDecoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes; appends the data of every record that is complete.
    ///
    /// # Errors
    /// A line or record is too long; the stream cannot be read on.
    pub fn push(&mut self, bytes: &[u8], records: &mut Vec<String>) -> Result<(), TooLong> {
        for byte in bytes {
            let after_cr = std::mem::replace(&mut self.after_cr, *byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => self.end_line(records)?,
                _ if self.line.len() >= MAX_BYTES => return Err(TooLong),
                other => self.line.push(*other),
            }
        }
        Ok(())
    }

    /// The stream is over: what lacks only its last line end is complete.
    ///
    /// # Errors
    /// The last record is too long.
    pub fn finish(&mut self, records: &mut Vec<String>) -> Result<(), TooLong> {
        if !self.line.is_empty() {
            self.end_line(records)?;
        }
        self.end_record(records);
        Ok(())
    }

    fn end_line(&mut self, records: &mut Vec<String>) -> Result<(), TooLong> {
        let mut line = self.line.as_slice();
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            self.end_record(records);
            return Ok(());
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, [].as_slice()),
        };
        if field == b"data" {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            if self.data.len() + value.len() >= MAX_BYTES {
                return Err(TooLong);
            }
            if self.has_data {
                self.data.push('\n');
            }
            self.data.push_str(&String::from_utf8_lossy(value));
            self.has_data = true;
        }
        self.line.clear();
        Ok(())
    }

    fn end_record(&mut self, records: &mut Vec<String>) {
        self.line.clear();
        if std::mem::take(&mut self.has_data) {
            records.push(std::mem::take(&mut self.data));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let (mut decoder, mut records) = (SseDecoder::new(), Vec::new());
        for piece in pieces {
            decoder.push(piece, &mut records).unwrap();
        }
        decoder.finish(&mut records).unwrap();
        records
    }

    #[test]
    fn every_line_end_and_spelling_is_taken() {
        for end in ["\n", "\r\n", "\r"] {
            let text = [
                ": ping",
                "",
                "data: one",
                "id: 7",
                "",
                "data:two",
                "event: x",
                "",
                "data",
                "",
                "",
            ]
            .join(end);
            assert_eq!(decode([text.as_bytes()]), ["one", "two", ""], "{end:?}");
        }
        assert_eq!(decode([b"\xef\xbb\xbfdata: a\n\n".as_slice()]), ["a"]);
        assert_eq!(decode([b"data: a\ndata:  b\n\n".as_slice()]), ["a\n b"]);
        assert_eq!(decode([b"data: no end".as_slice()]), ["no end"]);
        assert_eq!(decode([b"retry: 3\n\n:\n\n\n".as_slice()]), [] as [&str; 0]);
    }

    #[test]
    fn an_endless_line_or_record_is_refused() {
        let mut records = Vec::new();
        let long = vec![b'x'; MAX_BYTES + 1];
        assert_eq!(SseDecoder::new().push(&long, &mut records), Err(TooLong));
        let line = [b"data: ".as_slice(), &[b'x'; 1000], b"\n"].concat();
        let endless = line.repeat(1100);
        assert_eq!(SseDecoder::new().push(&endless, &mut records), Err(TooLong));
        assert!(records.is_empty());
    }

    proptest! {
        #[test]
        fn the_cut_of_the_bytes_does_not_matter(
            text in "(data: ?[a-zé注🙂]{0,6}|: c|event: e|x)?(\r\n|\n|\r){1,2}((data: ?[a-zé注🙂 ]{0,9}|: c|id)?(\r\n|\n|\r){1,2}){0,12}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let bytes = text.as_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
            prop_assert_eq!(decode(pieces), decode([bytes]));
            prop_assert_eq!(decode(bytes.chunks(1)), decode([bytes]));
        }
    }
}
