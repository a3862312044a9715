//! Reading what somebody else wrote: only regular files, of a bounded size.
//!
//! A name in a folder says nothing of what lies there. A FIFO would keep its reader waiting, a device such as
//! `/dev/zero` has no end, and a file of gigabytes would fill the memory.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// The largest file that a person writes: a configuration, settings, a password.
pub const LARGEST_TEXT: u64 = 1 << 20;
/// The largest template.
pub const LARGEST_TEMPLATE: u64 = 64 << 10;
/// The largest file of the state folder: what was measured of 200,000 songs takes some 30 MB.
pub const LARGEST_STATE: u64 = 64 << 20;

/// Opens a file for reading if it is a regular one. Never waits, and opens no device.
///
/// # Errors
/// As the system's, and [`io::ErrorKind::InvalidData`] for anything else than a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let refused = || io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file");
    // Asked first, because opening a device may already do something.
    if !fs::metadata(path)?.is_file() {
        return Err(refused());
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let file = File::options().read(true).custom_flags(flags.cast_signed()).open(path)?;
    // And once more of what was opened: the name may lead elsewhere by now.
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused()) }
}

/// The content of a regular file of at most so many bytes.
///
/// # Errors
/// As [`open_regular`], and [`io::ErrorKind::InvalidData`] for a larger file.
pub fn read_bounded(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let too_large = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it has more than {most} bytes, which is too much"),
        )
    };
    let file = open_regular(path)?;
    let size = file.metadata()?.len();
    if size > most {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // It may grow while it is read.
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

/// As [`read_bounded`], for a text in UTF-8.
///
/// # Errors
/// As [`read_bounded`], and [`io::ErrorKind::InvalidData`] for what is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read_bounded(path, most)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(io::ErrorKind::InvalidData, format!("it is not UTF-8 text at byte {at}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, Mode, mkfifoat};

    #[test]
    fn only_a_regular_file_of_a_bounded_size_is_read_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("short"), "0123456789").unwrap();
        mkfifoat(CWD, at("fifo"), Mode::RUSR | Mode::WUSR).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("zero")).unwrap();
        std::os::unix::fs::symlink("short", at("link")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        // Takes no room on the disk.
        File::create(at("huge")).unwrap().set_len(3 << 30).unwrap();

        assert_eq!(read_text(&at("short"), 10).unwrap(), "0123456789");
        assert_eq!(read_text(&at("link"), 10).unwrap(), "0123456789");
        for name in ["fifo", "zero", "folder", "socket", "huge"] {
            let error = read_bounded(&at(name), 1 << 20).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{name}: {error}");
        }
        assert!(read_bounded(&at("short"), 9).is_err());
        assert_eq!(read_bounded(&at("missing"), 9).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(at("bytes"), b"\xff").unwrap();
        assert!(read_text(&at("bytes"), 9).unwrap_err().to_string().contains("UTF-8"));
        // Kernel files have no size, and are read to their end.
        assert!(!read_bounded(Path::new("/proc/self/status"), 1 << 20).unwrap().is_empty());
    }
}
