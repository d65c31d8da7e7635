//! Every seed and every input of the fuzzer's corpus holds what its check demands.

#![expect(clippy::unwrap_used, reason = "helpers of a test may fail it")]

#[expect(unreachable_pub, reason = "the targets of the fuzzer are another crate")]
#[path = "../../fuzz/src/checks/mod.rs"]
mod checks;

use std::fs;
use std::path::{Path, PathBuf};

/// Largest corpus of all targets together: it is read on every run of the tests.
const MAX_BYTES: usize = 2 * 1024 * 1024;

fn inputs(of: &str, target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz")
        .join(of)
        .join(target);
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

/// Runs the check on all its inputs; a failure names the input.
fn replay(target: &str) {
    let (_, check) = checks::ALL.iter().find(|(name, _)| *name == target).unwrap();
    let seeds = inputs("seeds", target);
    assert!(!seeds.is_empty(), "{target} has seeds");
    for (path, input) in seeds.into_iter().chain(inputs("corpus", target)) {
        let outcome = std::panic::catch_unwind(|| check(&input));
        assert!(outcome.is_ok(), "{}", path.display());
    }
    check(b"");
}

macro_rules! replays {
    ($($target:ident),*) => {
        $(#[test] fn $target() { replay(stringify!($target)); })*

        #[test]
        fn every_check_is_replayed_and_the_corpus_stays_small() {
            let replayed = [$(stringify!($target)),*];
            let all: Vec<&str> = checks::ALL.iter().map(|(name, _)| *name).collect();
            assert_eq!(replayed[..], all[..]);
            let bytes: usize = all.iter().flat_map(|name| inputs("corpus", name)).map(|(_, input)| input.len()).sum();
            assert!(bytes <= MAX_BYTES, "{bytes} bytes");
        }
    };
}

replays!(
    audio, bodies, chat, forms, inline, keys, live, numbers, realtime, relay, signature, streams, talk,
    token, twiml
);
