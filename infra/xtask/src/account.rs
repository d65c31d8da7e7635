//! Who runs the servers: ourselves, or somebody without rights when we are root, whom PostgreSQL refuses.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, User};

/// The user whose processes the servers are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    /// None: ourselves.
    other: Option<(u32, u32)>,
}

pub(crate) fn is_root() -> bool {
    Uid::effective().is_root()
}

impl Account {
    /// The owner of `existing` data if there is any, else whoever fits.
    pub(crate) fn choose(existing: &Path) -> Result<Self> {
        if !is_root() {
            return Ok(Self { other: None });
        }
        if let Ok(data) = fs::metadata(existing)
            && data.uid() != 0
        {
            return Ok(Self {
                other: Some((data.uid(), data.gid())),
            });
        }
        for name in ["postgres", "_postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self {
                    other: Some((user.uid.as_raw(), user.gid.as_raw())),
                });
            }
        }
        bail!("root may not run PostgreSQL and there is neither a user postgres nor nobody")
    }

    /// A command that runs as this user.
    pub(crate) fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        // Our own working directory may be closed to them.
        command.current_dir("/").stdin(Stdio::null());
        if let Some((uid, gid)) = self.other {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Makes `directory`, owned by this user and closed to others.
    pub(crate) fn make_directory(self, directory: &Path) -> Result<()> {
        let made = fs::create_dir_all(directory)
            .and_then(|()| fs::set_permissions(directory, fs::Permissions::from_mode(0o700)));
        made.with_context(|| format!("cannot make {}", directory.display()))?;
        self.give(directory)
    }

    /// Gives a file or directory to this user.
    pub(crate) fn give(self, path: &Path) -> Result<()> {
        match self.other {
            Some((uid, gid)) => chown(path, Some(uid), Some(gid))
                .with_context(|| format!("cannot give away {}", path.display())),
            None => Ok(()),
        }
    }

    /// Whether this user can get to `directory` and write there: a closed directory above it is enough to say no.
    pub(crate) fn can_use(self, directory: &Path) -> bool {
        let probe = self
            .command("/bin/sh")
            .args(["-c", r#"cd "$0" && : > .probe && rm .probe"#])
            .arg(directory)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        probe.is_ok_and(|status| status.success())
    }
}
