//! A function as a process: started, measured by what the kernel says, ended.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How a function is started.
#[derive(Debug, Clone)]
pub struct Subject {
    pub name: &'static str,
    pub program: PathBuf,
    pub arguments: Vec<PathBuf>,
    /// What is deployed, for the size of the zip.
    pub artifact: PathBuf,
}

/// A control group that holds its processes to a share of one processor; removed when dropped.
#[derive(Debug)]
pub struct Quota {
    folder: PathBuf,
}

impl Quota {
    /// 7.2 % of a processor: what AWS gives a function of 128 MB. `None` where cgroups do not let us.
    pub fn of_128_mb() -> Option<Self> {
        let name = format!("mostrador-bench-{}", std::process::id());
        let v1 = Path::new("/sys/fs/cgroup/cpu");
        if v1.join("cpu.cfs_quota_us").exists() {
            let folder = v1.join(name);
            std::fs::create_dir(&folder).ok()?;
            let quota = Self { folder };
            std::fs::write(quota.folder.join("cpu.cfs_period_us"), "20000").ok()?;
            std::fs::write(quota.folder.join("cpu.cfs_quota_us"), "1440").ok()?;
            return Some(quota);
        }
        let folder = Path::new("/sys/fs/cgroup").join(name);
        std::fs::create_dir(&folder).ok()?;
        let quota = Self { folder };
        std::fs::write(quota.folder.join("cpu.max"), "1440 20000").ok()?;
        Some(quota)
    }

    fn procs(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // Its processes are reaped before; should one linger, an empty group costs nothing.
        let _ = std::fs::remove_dir(&self.folder);
    }
}

#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// The shell enters the control group, then becomes the function: so its first instruction is held to the quota.
    pub fn spawn(subject: &Subject, environment: &[(&str, String)], quota: Option<&Quota>) -> Result<Self> {
        let mut command = match quota {
            None => Command::new(&subject.program),
            Some(quota) => {
                let mut shell = Command::new("/bin/sh");
                shell
                    .args(["-c", "echo $$ > \"$0\" && exec \"$@\""])
                    .arg(quota.procs())
                    .arg(&subject.program);
                shell
            }
        };
        command.args(&subject.arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::null());
        // Logs are written, which costs, and read by nobody.
        command.stderr(Stdio::null()).kill_on_drop(true);
        for (name, value) in environment {
            command.env(name, value);
        }
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        Ok(Self { child: command.spawn().with_context(|| subject.program.display().to_string())? })
    }

    fn read(&self, file: &str) -> Result<String> {
        let id = self.child.id().context("it has ended")?;
        Ok(std::fs::read_to_string(format!("/proc/{id}/{file}"))?)
    }

    /// Processor time of all threads so far, in the kernel's ticks of 10 ms.
    pub fn processor(&self) -> Result<Duration> {
        let stat = self.read("stat")?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks =
            |n: usize| fields.get(n).and_then(|word| word.parse::<u64>().ok()).context("no such field");
        Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
    }

    /// The most memory that it has held, in MB.
    pub fn memory(&self) -> Result<f64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0)
    }

    pub async fn end(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}
