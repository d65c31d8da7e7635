//! Checks that need no server: style, lints, who may know whom, where queries may be.

pub(crate) mod checklist;
pub(crate) mod layers;
pub(crate) mod sources;
pub(crate) mod surface;

use crate::paths::Paths;
use crate::process::cargo_in;
use crate::report::Report;

/// All of them.
pub(crate) fn all(paths: &Paths, report: &mut Report) {
    report.program(
        "rustfmt",
        &mut cargo_in(paths.root(), &["fmt", "--all", "--check"]),
    );
    report.program(
        "clippy",
        &mut cargo_in(
            paths.root(),
            &[
                "clippy",
                "--quiet",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ],
        ),
    );
    report.check("who may know whom", || layers::findings(paths));
    report.check("the checklist of security", || checklist::findings(paths));
    report.check("queries only in the database crate", || sources::findings(paths));
}
