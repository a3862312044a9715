//! The machine as files: `/`, or a folder that looks like it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where the files of the machine are, what time it thinks it is, and who asks.
#[derive(Clone, Debug)]
pub struct System {
    root: PathBuf,
    now: SystemTime,
    user: User,
}

/// Whose rights count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Name of the user, for reports.
    pub name: String,
    /// Number of the user.
    pub uid: u32,
    /// Numbers of the groups whose rights the user has.
    pub groups: Vec<u32>,
}

impl User {
    /// The user of this process.
    fn myself() -> User {
        let uid = rustix::process::geteuid().as_raw();
        let mut groups: Vec<u32> =
            rustix::process::getgroups().unwrap_or_default().iter().map(|group| group.as_raw()).collect();
        groups.push(rustix::process::getegid().as_raw());
        User { name: String::new(), uid, groups }
    }
}

impl System {
    /// This machine, now, with the rights of this process.
    pub fn here() -> System {
        let mut system = System::at("/", SystemTime::now(), User::myself());
        system.user.name = system.name_of(system.user.uid);
        system
    }

    /// A folder that looks like a machine.
    pub fn at(root: impl Into<PathBuf>, now: SystemTime, user: User) -> System {
        System { root: root.into(), now, user }
    }

    /// A file of the machine, named from its root (`/proc/version`), as it can be opened.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// What a small file says, without the line's end and the zero byte of a device tree.
    pub fn read(&self, path: impl AsRef<Path>) -> Option<String> {
        let bytes = fs::read(self.path(path)).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\0', '\n']).to_owned())
    }

    /// Whether there is a file or folder of that name.
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.path(path).exists()
    }

    /// The names in a folder, sorted; none when it is not there.
    pub fn list(&self, folder: impl AsRef<Path>) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// The files in a folder whose names begin so, as the machine calls them.
    pub fn starting(&self, folder: &str, start: &str) -> Vec<String> {
        let names = self.list(folder).into_iter().filter(|name| name.starts_with(start));
        names.map(|name| format!("{folder}/{name}")).collect()
    }

    /// What time the machine thinks it is.
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// Who asks.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The file that the boot loader of a Raspberry Pi reads.
    pub fn boot_config(&self) -> &'static str {
        let old = "/boot/config.txt";
        let current = "/boot/firmware/config.txt";
        if !self.exists(current) && self.exists(old) { old } else { current }
    }

    /// Group id and name of a file's group, and whether a group's members may read and write it.
    pub fn group_of(&self, path: &str) -> Option<(u32, String, bool)> {
        let about = fs::metadata(self.path(path)).ok()?;
        let gid = about.gid();
        let name = self.name_in("/etc/group", gid).unwrap_or_else(|| gid.to_string());
        Some((gid, name, about.mode() & 0o060 == 0o060))
    }

    /// Whether the user may read and write a file, by its owner, group and mode.
    pub fn may_use(&self, path: &str) -> bool {
        let Ok(about) = fs::metadata(self.path(path)) else { return false };
        let User { uid, groups, .. } = &self.user;
        let shift = match (*uid == about.uid(), groups.contains(&about.gid())) {
            (true, _) => 6,
            (false, true) => 3,
            (false, false) => 0,
        };
        *uid == 0 || (about.mode() >> shift) & 0o6 == 0o6
    }

    /// Whether a group of that name is known here.
    pub fn has_group(&self, name: &str) -> bool {
        let groups = self.read("/etc/group").unwrap_or_default();
        groups.lines().any(|line| line.split(':').next() == Some(name))
    }

    fn name_of(&self, uid: u32) -> String {
        self.name_in("/etc/passwd", uid).unwrap_or_else(|| format!("user {uid}"))
    }

    /// The name with this number in a file such as `/etc/group`.
    fn name_in(&self, file: &str, number: u32) -> Option<String> {
        let text = self.read(file)?;
        text.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
        })
    }
}
