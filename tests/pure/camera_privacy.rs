//! What a person is promised: a frame stays in memory. The code that handles frames has no way to keep one.

use std::path::{Path, PathBuf};

use moodbox::ports::camera::{Frame, PixelFormat};

/// The folders whose code sees frames or pictures made of them.
const HANDLES_FRAMES: [&str; 3] = ["crates/signal/src", "src/ports/camera", "src/ports/vision"];

/// Ways by which bytes leave a process, or a type learns to leave it.
const WAYS_OUT: [&str; 9] = [
    "fs::write",
    "File::create",
    "OpenOptions",
    ".save(",
    "save_buffer",
    "write_to(",
    "Serialize",
    "TcpStream",
    "UdpSocket",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The part of a source file that ships, without its comments.
fn shipped(path: &Path) -> String {
    let name = path.file_stem().unwrap().to_str().unwrap();
    if name == "tests" || name.ends_with("_tests") {
        return String::new();
    }
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn code_that_handles_frames_has_no_way_to_write_or_send_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    HANDLES_FRAMES.iter().for_each(|folder| sources(&root.join(folder), &mut found));
    assert!(found.len() > 10, "the folders have moved: {found:?}");
    for path in found {
        let code = shipped(&path);
        for way in WAYS_OUT {
            assert!(!code.contains(way), "{} uses `{way}`", path.display());
        }
    }
}

#[test]
fn a_frame_in_a_log_is_its_size_and_nothing_else() {
    let mut frame = Frame::new();
    frame.fill(4, 2, 4, PixelFormat::Grey, &[77; 8]);
    assert_eq!(format!("{frame:?}"), "Frame(4x2 Grey, 8 bytes)");
    assert!(!format!("{frame:#?}").contains("77"));
}
