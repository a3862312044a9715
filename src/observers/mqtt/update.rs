//! Whether a newer moodbox is offered, where it is updated by APT from a source of its own.
//!
//! Only what APT last fetched is read: nothing is downloaded here, and nothing installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

use crate::ports::process;

/// The source of the packages, as `deploy/fleet/apt-repository client` prints it.
pub(crate) const SOURCE: &str = "/etc/apt/sources.list.d/moodbox.sources";

/// APT that does not answer within this is not waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is asked. APT itself fetches once a day.
const EVERY: Duration = Duration::from_secs(6 * 60 * 60);

/// APT, as it is asked.
#[derive(Clone, Debug)]
pub struct Apt {
    /// Where it gets moodbox from.
    pub source: PathBuf,
    /// A configuration of its own in the place of the system's.
    pub configuration: Option<PathBuf>,
}

impl Apt {
    /// APT with its own configuration, and the source that the package of moodbox brings.
    pub fn of_this_system() -> Apt {
        Apt { source: SOURCE.into(), configuration: None }
    }

    /// The version that the source offers; none where there is no such source, or nothing was fetched of it yet.
    pub fn offered(&self) -> Option<String> {
        if !self.source.is_file() {
            return None;
        }
        let mut command = Command::new("apt-cache");
        // Of this source alone, and without APT's cache of all the others, which only root may write: that is a
        // file of a few packages instead of sixty thousand.
        command.args(["-o", &format!("Dir::Etc::sourcelist={}", self.source.display())]);
        for option in ["Dir::Etc::sourceparts=-", "Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache="] {
            command.args(["-o", option]);
        }
        if let Some(configuration) = &self.configuration {
            command.env("APT_CONFIG", configuration);
        }
        command.args(["policy", "moodbox"]).env("LC_ALL", "C");
        let said = process::output(&mut command, PATIENCE).ok()?;
        candidate(&String::from_utf8_lossy(&said.stdout))
    }
}

/// What `apt-cache policy` says would be installed; none when it knows of no other place than this system.
fn candidate(policy: &str) -> Option<String> {
    let of_a_source = |line: &&str| line.trim_end().ends_with(" Packages");
    policy.lines().find(of_a_source)?;
    let version = policy.lines().find_map(|line| line.trim_start().strip_prefix("Candidate: "))?.trim();
    (version != "(none)").then(|| version.to_owned())
}

/// What is offered now. APT may wait for a slow card, so it is asked on a thread of its own.
pub(super) async fn ask() -> Option<String> {
    let (tell, told) = oneshot::channel();
    // The asker may be gone by then.
    let work = move || drop(tell.send(Apt::of_this_system().offered()));
    std::thread::Builder::new().name("updates".into()).spawn(work).ok()?;
    told.await.ok()?
}

/// Tells what is offered whenever that changes.
pub(super) async fn watch(offer: watch::Sender<Option<String>>) {
    loop {
        sleep(EVERY).await;
        let found = ask().await;
        // APT that gives no answer, as while it fetches, takes nothing back.
        let unsure = found.is_none() && Path::new(SOURCE).is_file();
        offer.send_if_modified(|known| !unsure && std::mem::replace(known, found.clone()) != found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_source_offers_is_told_and_what_only_this_system_has_is_not() {
        let policy = |table: &str| {
            format!("moodbox:\n  Installed: 0.1.0\n  Candidate: 0.2.0\n  Version table:\n{table}")
        };
        let both = policy(
            "     0.2.0 500\n        500 https://apt.example.org stable/main arm64 Packages\n *** 0.1.0 100\n        \
             100 /var/lib/dpkg/status\n",
        );
        assert_eq!(candidate(&both).as_deref(), Some("0.2.0"));
        assert_eq!(candidate(&policy(" *** 0.2.0 100\n        100 /var/lib/dpkg/status\n")), None);
        assert_eq!(candidate("moodbox:\n  Candidate: (none)\n  500 file:/a ./ Packages\n"), None);
        assert_eq!(candidate(""), None);
    }

    #[test]
    fn without_a_source_nothing_is_asked() {
        let apt = Apt { source: "/nowhere/moodbox.sources".into(), configuration: None };
        assert_eq!(apt.offered(), None);
    }
}
