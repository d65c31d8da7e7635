//! Programs that are measured: where they run, what they use, and that they end with us.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal};
use rustix::thread::CpuSet;

/// The kernel counts the time of processes in hundredths of a second.
const TICKS_A_SECOND: f64 = 100.0;
const ORDERLY: Duration = Duration::from_secs(15);

/// Keeps the calling thread on one core.
pub(crate) fn pin_thread(core: usize) -> std::io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

/// Becomes another program, on one core if that is wished, which ends when its parent does.
pub(crate) fn become_program(core: Option<usize>, program: &[String]) -> Result<()> {
    let (name, arguments) = program.split_first().context("no program")?;
    if let Some(core) = core {
        pin_thread(core).context("cannot choose a core")?;
    }
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
    let error = Command::new(name).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {name}"))
}

/// A program that runs until this value goes.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    child: Child,
    log: std::path::PathBuf,
}

impl Program {
    /// Starts `program` on `core`, with nothing of our environment but what every program needs.
    pub(crate) fn start(
        name: &str,
        core: Option<usize>,
        program: &[String],
        environment: &[(String, String)],
        logs: &Path,
    ) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        let out = fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let ourselves = std::env::current_exe()?;
        let mut command = Command::new(ourselves);
        command.env_clear();
        for kept in ["PATH", "HOME", "LANG", "TMPDIR"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command.envs(environment.iter().map(|(key, value)| (key, value)));
        command.arg("pin");
        if let Some(core) = core {
            command.args(["--core", &core.to_string()]);
        }
        command.arg("--").args(program);
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out);
        let child = command.process_group(0).spawn();
        Ok(Self {
            name: name.to_owned(),
            child: child.with_context(|| format!("cannot start {name}"))?,
            log,
        })
    }

    /// Waits until it says it is ready.
    pub(crate) fn wait_ready(&mut self, ready: impl Fn() -> bool) -> Result<Duration> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "{} ended at once ({status}); see {}",
                    self.name,
                    self.log.display()
                );
            }
            if ready() {
                return Ok(begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("{} is not ready in time; see {}", self.name, self.log.display())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn usage(&self) -> Result<Usage> {
        Usage::of(self.child.id())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It is ours, and it is there: nobody has waited for it.
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
        let begun = Instant::now();
        while begun.elapsed() < ORDERLY {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process has used and has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Processor time since its start, in seconds.
    pub(crate) cpu_seconds: f64,
    /// Memory that it has written to; pages of programs and libraries are not counted.
    pub(crate) own_kib: u64,
    pub(crate) at: Instant,
}

impl Usage {
    fn of(pid: u32) -> Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("the program is gone")?;
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let kib = |name: &str| {
            let line = rollup.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
                .unwrap_or(0)
        };
        Ok(Self {
            cpu_seconds: cpu_of(&stat).context("a strange /proc/PID/stat")?,
            own_kib: kib("Pss_Anon:"),
            at: Instant::now(),
        })
    }

    /// Processor milliseconds a second since `before`.
    pub(crate) fn cpu_ms_a_second(&self, before: &Self) -> f64 {
        let seconds = self.at.duration_since(before.at).as_secs_f64();
        (self.cpu_seconds - before.cpu_seconds) * 1_000.0 / seconds.max(0.001)
    }
}

/// Processor time of a process since its start; none when it is gone.
pub(crate) fn cpu_seconds(pid: u32) -> Option<f64> {
    cpu_of(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Which process started this one.
pub(crate) fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// All processes that there are now.
pub(crate) fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// User and system time in a line of `/proc/PID/stat`, whose second word may have anything in it.
fn cpu_of(stat: &str) -> Option<f64> {
    let rest = stat.rsplit_once(") ")?.1;
    let mut words = rest.split(' ').skip(11);
    let user: f64 = words.next()?.parse().ok()?;
    let system: f64 = words.next()?.parse().ok()?;
    Some((user + system) / TICKS_A_SECOND)
}

/// What a core has done since the machine's start: at work, and in all, in ticks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Core {
    busy: u64,
    all: u64,
}

impl Core {
    pub(crate) fn look(core: usize) -> Result<Self> {
        let text = fs::read_to_string("/proc/stat")?;
        let name = format!("cpu{core} ");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&name))
            .context("no such core")?;
        let ticks: Vec<u64> = line
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let all: u64 = ticks.iter().take(8).sum();
        let idle: u64 = ticks.iter().skip(3).take(2).sum();
        Ok(Self {
            busy: all - idle,
            all,
        })
    }

    /// The share of the time since `before` that it was at work.
    pub(crate) fn busy_since(self, before: Self) -> f64 {
        let all = (self.all - before.all).max(1);
        let busy = self.busy - before.busy;
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = busy as f64 / all as f64;
        share
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn time_is_read_behind_a_strange_name() {
        let line = "12 (a ) b) S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 1 2 3";
        assert_eq!(super::cpu_of(line), Some(3.0));
    }
}
