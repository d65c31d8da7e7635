//! The harness itself: carrier, model stand-in and plain bridge with a few calls for a moment.

use std::process::Command;

#[test]
fn every_frame_comes_back_through_the_plain_bridge() {
    let out = std::env::temp_dir().join(format!("phony-load-smoke-{}", std::process::id()));
    let done = Command::new(env!("CARGO_BIN_EXE_phony-load"))
        .args([
            "run",
            "realtime",
            "clear",
            "--plain-only",
            "--unpinned",
            "--quick",
            "--hurry",
            "10",
        ])
        .args([
            "--calls",
            "8",
            "--plain",
            env!("CARGO_BIN_EXE_phony-load-plain"),
            "--out",
        ])
        .arg(&out)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let results = std::fs::read_to_string(out.join("results.json")).expect("results");
    std::fs::remove_dir_all(&out).expect("removed");
    let results: serde_json::Value = serde_json::from_str(&results).expect("JSON");
    let frames = results["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| {
            row["what"]
                .as_str()
                .is_some_and(|what| what.contains("lost, twice"))
        })
        .expect("a row about frames");
    let (spoilt, all) = frames["plain"]
        .as_str()
        .expect("a text")
        .split_once(" of ")
        .expect("two numbers");
    assert_eq!(spoilt, "0", "{said}");
    assert!(all.parse::<u32>().expect("a number") > 50, "{said}");
    assert!(
        said.contains("100 of 100 voices were followed by `clear`"),
        "{said}"
    );
}
