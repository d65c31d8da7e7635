//! The plain archive format that every system opens (POSIX ustar): just what is written here, and no more of it.

use phony_kernel::{Error, Result};

const BLOCK: usize = 512;
/// Longest name of a file in it.
const NAME: usize = 100;
/// Largest file that its form can say.
const MOST_BYTES: u64 = 0o77_777_777_777;

/// What stands before a file.
///
/// # Errors
/// A name or a size that the form cannot hold.
pub(super) fn header(name: &str, size_bytes: u64, modified_seconds: u64) -> Result<[u8; BLOCK]> {
    if name.is_empty() || name.len() >= NAME || !name.is_ascii() || size_bytes > MOST_BYTES {
        return Err(Error::internal(anyhow::anyhow!(
            "an archive cannot hold this file"
        )));
    }
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(place) = block.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    };
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size_bytes:011o}\0").as_bytes());
    put(136, format!("{modified_seconds:011o}\0").as_bytes());
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ");
    if let Some(place) = block.get_mut(148..156) {
        place.copy_from_slice(sum.as_bytes());
    }
    Ok(block)
}

/// What fills a file up to whole blocks.
pub(super) fn padding(size_bytes: u64) -> &'static [u8] {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    let over = usize::try_from(size_bytes % BLOCK as u64).unwrap_or_default();
    if over == 0 {
        &[]
    } else {
        ZEROS.get(over..).unwrap_or_default()
    }
}

/// What stands at the end.
pub(super) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_system_s_own_program_reads_it() {
        let files = [
            ("a/one.json", b"{}".as_slice()),
            ("two.bin", &[7; 513]),
            ("three", &[]),
        ];
        let mut archive = Vec::new();
        for (name, bytes) in files {
            archive.extend(header(name, bytes.len() as u64, 1_795_262_400).unwrap());
            archive.extend(bytes);
            archive.extend(padding(bytes.len() as u64));
        }
        archive.extend(END);
        assert_eq!(archive.len() % BLOCK, 0);
        let path = std::env::temp_dir().join(format!("phony-{}.tar", uuid::Uuid::now_v7()));
        std::fs::write(&path, &archive).unwrap();
        let listed = Command::new("tar")
            .arg("-tvf")
            .arg(&path)
            .stderr(Stdio::inherit())
            .output();
        std::fs::remove_file(&path).unwrap();
        // Where there is no such program, the form is checked on the machines that have it.
        if let Ok(listed) = listed {
            let text = String::from_utf8(listed.stdout).unwrap();
            assert!(listed.status.success(), "{text}");
            for (name, bytes) in files {
                let line = text.lines().find(|line| line.ends_with(name)).unwrap();
                assert!(line.contains(&format!(" {} ", bytes.len())), "{line}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(header(&"x".repeat(100), 1, 0).is_err());
        assert!(header("", 1, 0).is_err());
        assert!(header("x", MOST_BYTES + 1, 0).is_err());
    }
}
