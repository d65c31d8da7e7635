//! Reads WAV files into telephone sound.

use phony_audio::frame::SAMPLE_RATE;
use phony_audio::resample::Resampler;
use phony_audio::ulaw;

const PCM: u16 = 1;
const MULAW: u16 = 7;
/// PCM whose true format stands in a longer header.
const EXTENSIBLE: u16 = 0xfffe;

struct Format {
    code: u16,
    channels: usize,
    rate: u32,
    bits: u16,
}

/// The first channel as 8 kHz μ-law. Sizes in headers are taken as hints: a program that writes into a pipe does not
/// know them.
///
/// # Errors
/// What the file is not.
pub fn to_ulaw(file: &[u8]) -> Result<Vec<u8>, &'static str> {
    if file.len() < 12 || &file[..4] != b"RIFF" || &file[8..12] != b"WAVE" {
        return Err("not a WAV file");
    }
    let mut format = None;
    let mut rest = &file[12..];
    while rest.len() >= 8 {
        let (name, size) = (&rest[..4], u32_at(rest, 4) as usize);
        let body = &rest[8..];
        let end = size.min(body.len());
        match name {
            b"fmt " if end >= 16 => {
                format = Some(Format {
                    code: u16_at(body, 0),
                    channels: usize::from(u16_at(body, 2)),
                    rate: u32_at(body, 4),
                    bits: u16_at(body, 14),
                });
            }
            b"data" => return read(&format.ok_or("WAV file without format")?, &body[..end]),
            _ => {}
        }
        // Chunks begin at even places.
        rest = body.get(end + (end & 1)..).unwrap_or_default();
    }
    Err("WAV file without sound")
}

fn read(format: &Format, data: &[u8]) -> Result<Vec<u8>, &'static str> {
    if format.channels == 0 {
        return Err("WAV file without channels");
    }
    let samples: Vec<i16> = match (format.code, format.bits) {
        (MULAW, 8) if format.rate == SAMPLE_RATE && format.channels == 1 => return Ok(data.to_vec()),
        (MULAW, 8) => data
            .iter()
            .step_by(format.channels)
            .map(|&code| ulaw::decode(code))
            .collect(),
        (PCM | EXTENSIBLE, 16) => data
            .chunks_exact(2 * format.channels)
            .map(|frame| i16::from_le_bytes([frame[0], frame[1]]))
            .collect(),
        (PCM, 8) => data
            .iter()
            .step_by(format.channels)
            .map(|&byte| (i16::from(byte) - 128) * 256)
            .collect(),
        _ => return Err("WAV file of an unknown kind"),
    };
    if format.rate == SAMPLE_RATE {
        return Ok(samples.into_iter().map(ulaw::encode).collect());
    }
    let mut resampler = Resampler::new(format.rate, SAMPLE_RATE).ok_or("WAV file of an unusual rate")?;
    let mut out = Vec::with_capacity(samples.len());
    resampler.push(&samples, &mut out);
    resampler.finish(&mut out);
    Ok(out.into_iter().map(ulaw::encode).collect())
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(code: u16, channels: u16, rate: u32, bits: u16, data: &[u8], size: u32) -> Vec<u8> {
        let mut file = b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0".to_vec();
        file.extend(code.to_le_bytes());
        file.extend(channels.to_le_bytes());
        file.extend(rate.to_le_bytes());
        file.extend([0; 6]);
        file.extend(bits.to_le_bytes());
        file.extend(b"LIST\x03\0\0\0abc\0data");
        file.extend(size.to_le_bytes());
        file.extend(data);
        file
    }

    #[test]
    fn reads_the_usual_kinds() {
        assert_eq!(
            to_ulaw(&file(MULAW, 1, 8_000, 8, &[1, 2, 3], 3)).unwrap(),
            [1, 2, 3]
        );
        let pcm: Vec<u8> = (0..4_410)
            .flat_map(|_| [1_000_i16, -7].map(i16::to_le_bytes))
            .flatten()
            .collect();
        let sound = to_ulaw(&file(PCM, 2, 22_050, 16, &pcm, u32::MAX)).unwrap();
        assert!(sound.len().abs_diff(1_600) < 3, "{}", sound.len());
        assert_eq!(sound[800], ulaw::encode(1_000));
    }

    #[test]
    fn refuses_what_is_no_sound() {
        assert!(to_ulaw(b"ID3\x04 an mp3 file").is_err());
        assert!(to_ulaw(&file(PCM, 0, 8_000, 16, &[0; 8], 8)).is_err());
        assert!(to_ulaw(&file(PCM, 1, 0, 16, &[0; 8], 8)).is_err());
        assert!(to_ulaw(&file(85, 1, 8_000, 16, &[0; 8], 8)).is_err());
        assert!(to_ulaw(&file(PCM, 1, 8_000, 16, &[0; 8], 8)[..40]).is_err());
    }
}
