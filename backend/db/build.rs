//! Builds again when a migration is added; the macro alone does not notice new files.

fn main() {
    #[expect(clippy::print_stdout, reason = "cargo reads build scripts' standard output")]
    {
        println!("cargo:rerun-if-changed=../../migrations");
    }
}
