//! No secret lies in the tree: keys of ours are known by their checksums, those of others by their forms.

use std::path::{Path, PathBuf};

/// Folders of what is made, fetched or kept beside the sources.
const PASSED_OVER: [&str; 8] = [
    ".git",
    "target",
    "node_modules",
    ".phony",
    "dist",
    "corpus",
    "test-results",
    "output",
];
/// Larger files are no text of ours.
const MOST_BYTES: u64 = 2_000_000;
/// Of the security rules, and of the tests that hold us to them.
const PUBLISHED: [&str; 2] = [
    "ph_live_0123456789ABCDEFGHIJKLMNOPQRSTUV2ayTCS",
    "ph_test_0123456789ABCDEFGHIJKLMNOPQRSTUV17xGgv",
];
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether a character may stand in a key of that form.
type IsOfKey = fn(char) -> bool;

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    String::from_utf8(digits.to_vec()).unwrap()
}

/// What follows `prefix` in a text, as far as it is of these characters.
fn after<'a>(text: &'a str, prefix: &str, good: fn(char) -> bool) -> Vec<&'a str> {
    text.match_indices(prefix)
        .map(|(at, _)| {
            let rest = &text[at + prefix.len()..];
            &rest[..rest.find(|c| !good(c)).unwrap_or(rest.len())]
        })
        .collect()
}

/// Secrets in a text, by what they are.
fn secrets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for prefix in ["ph_live_", "ph_test_"] {
        for body in after(text, prefix, |c| c.is_ascii_alphanumeric()) {
            let key = format!("{prefix}{body}");
            let good = body.len() == 38 && checksum(&key[..40]) == key[40..];
            if good && !PUBLISHED.contains(&key.as_str()) {
                found.push(format!("an API key that begins with {}", &key[..12]));
            }
        }
    }
    let others: [(&str, IsOfKey, std::ops::RangeInclusive<usize>); 6] = [
        ("AKIA", |c| c.is_ascii_uppercase() || c.is_ascii_digit(), 16..=16),
        (
            "sk-proj-",
            |c| c.is_ascii_alphanumeric() || "_-".contains(c),
            40..=300,
        ),
        ("sk-", |c| c.is_ascii_alphanumeric(), 40..=300),
        ("ghp_", |c| c.is_ascii_alphanumeric(), 36..=36),
        ("xoxb-", |c| c.is_ascii_alphanumeric() || c == '-', 40..=100),
        ("SK", |c| c.is_ascii_digit() || ('a'..='f').contains(&c), 32..=32),
    ];
    for (prefix, good, length) in others {
        for body in after(text, prefix, good) {
            // One that is a single character, or counts up, is an example.
            let mut letters: Vec<char> = body.chars().collect();
            letters.dedup();
            if length.contains(&body.len())
                && letters.len() > body.len() / 2
                && !body.starts_with("0123456789")
            {
                found.push(format!("{prefix}…"));
            }
        }
    }
    let begin = concat!("-----BEGIN", " ");
    for (at, _) in text.match_indices(begin) {
        let line = text[at..].lines().next().unwrap_or_default();
        let body = text[at..].lines().nth(1).unwrap_or_default();
        if line.ends_with("PRIVATE KEY-----") && body.len() >= 40 {
            found.push("a private key".to_owned());
        }
    }
    found
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && !PASSED_OVER.contains(&name.as_str()) {
            files(&entry.path(), found);
        } else if kind.is_file() && entry.metadata().is_ok_and(|facts| facts.len() <= MOST_BYTES) {
            found.push(entry.path());
        }
    }
}

#[test]
fn secret_in_repo_none_lies_in_the_tree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap();
    let mut all = Vec::new();
    files(&root, &mut all);
    assert!(all.len() > 500, "{} files", all.len());
    let mut found = Vec::new();
    for path in all {
        // What is not tracked is the developer's own, as a `.env`.
        if path.file_name().is_some_and(|name| name == ".env") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        for secret in secrets(&text) {
            found.push(format!(
                "{}: {secret}",
                path.strip_prefix(&root).unwrap().display()
            ));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_scanner_sees_what_it_is_to_see() {
    for key in PUBLISHED {
        assert_eq!(checksum(&key[..40]), key[40..], "{key}");
    }
    let body = "ph_live_zyxwvutsrqponmlkjihgfedcba987654";
    let key = format!("{body}{}", checksum(body));
    assert_eq!(secrets(&format!("x {key} y")).len(), 1);
    assert!(
        secrets(&format!("{body}000000")).is_empty(),
        "a bad checksum is no key"
    );
    let example = format!("AKIA{}", "IOSFODNN7EXAMPLE");
    assert_eq!(secrets(&example).len(), 1);
    let private = format!(
        "-----BEGIN {}\n{}\n",
        "PRIVATE KEY-----", "MC4CAQAwBQYDK2VwBCIEIGexamplekeymaterialxxxx"
    );
    assert_eq!(secrets(&private).len(), 1);
}
