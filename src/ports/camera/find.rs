//! Which node is the camera. Reads sysfs only: no device is opened here.
//!
//! Numbers of nodes change when a camera is plugged in again, and one camera has several nodes (a UVC
//! camera has one for its pictures and one for metadata), while a Raspberry Pi has a dozen nodes that are
//! no cameras at all. So a name leads to a list of nodes to try, in order.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What the person called the camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The first one that gives pictures.
    Auto,
    /// A node or a link to one: `/dev/video0`, `/dev/v4l/by-id/...`, `video0`, or a name in by-id or by-path.
    Node(String),
    /// A part of the name that the camera gives itself, in any case: `C920`.
    Card(String),
}

impl FromStr for Wanted {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Wanted, Self::Err> {
        let text = text.trim();
        let numbered = text.strip_prefix("video").is_some_and(|rest| rest.parse::<u32>().is_ok());
        Ok(match text {
            "" | "auto" => Wanted::Auto,
            _ if text.starts_with('/') => Wanted::Node(text.to_owned()),
            _ if numbered => Wanted::Node(format!("/dev/{text}")),
            // Names that udev makes; a card's own name has no such tail.
            _ if text.contains("-video-index") => Wanted::Node(text.to_owned()),
            _ => Wanted::Card(text.to_owned()),
        })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Auto => f.write_str("of any kind"),
            Wanted::Node(node) => write!(f, "`{node}`"),
            Wanted::Card(card) => write!(f, "named like `{card}`"),
        }
    }
}

/// Where the system keeps its cameras; elsewhere in tests.
#[derive(Clone, Debug)]
pub struct Places {
    /// `/sys/class/video4linux`
    pub class: PathBuf,
    /// `/dev`
    pub dev: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Places { class: PathBuf::from("/sys/class/video4linux"), dev: PathBuf::from("/dev") }
    }
}

/// A video node of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub path: PathBuf,
    /// The name of the card.
    pub name: String,
}

/// Codecs, scalers and image processors that register as video nodes beside the cameras, by a part of
/// their names: those of Raspberry Pi boards, and the kernel's own test codecs.
const NO_CAMERAS: [&str; 8] =
    ["bcm2835-codec", "bcm2835-isp", "pispbe", "rpivid", "rpi-hevc-dec", "hevc-dec", "vim2m", "vicodec"];

impl Places {
    /// Every node that could be a camera, in the order of their numbers.
    pub fn nodes(&self) -> Vec<Node> {
        let Ok(entries) = std::fs::read_dir(&self.class) else { return Vec::new() };
        let mut numbered: Vec<(u32, Node)> = entries
            .flatten()
            .filter_map(|entry| {
                let file = entry.file_name();
                let file = file.to_str()?;
                let number = file.strip_prefix("video")?.parse().ok()?;
                let name = std::fs::read_to_string(entry.path().join("name")).unwrap_or_default();
                Some((number, Node { path: self.dev.join(file), name: name.trim().to_owned() }))
            })
            .filter(|(_, node)| !NO_CAMERAS.iter().any(|other| node.name.contains(other)))
            .collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, node)| node).collect()
    }

    /// The nodes to try for a name, best first. Empty when there is none.
    pub fn candidates(&self, wanted: &Wanted) -> Vec<Node> {
        let nodes = self.nodes();
        match wanted {
            Wanted::Auto => nodes,
            Wanted::Card(card) => {
                let card = card.to_lowercase();
                nodes.into_iter().filter(|node| node.name.to_lowercase().contains(&card)).collect()
            }
            Wanted::Node(name) => {
                let linked = |folder: &str| self.dev.join("v4l").join(folder).join(name);
                let path = match Path::new(name) {
                    path if path.is_absolute() => Some(path.to_owned()),
                    _ => [linked("by-id"), linked("by-path")].into_iter().find(|path| path.exists()),
                };
                path.filter(|path| path.exists())
                    .map(|path| {
                        let real = std::fs::canonicalize(&path).unwrap_or(path);
                        let known = nodes.into_iter().find(|node| node.path == real);
                        known.unwrap_or(Node { path: real, name: String::new() })
                    })
                    .into_iter()
                    .collect()
            }
        }
    }

    /// What is here, for a message.
    pub fn listing(&self) -> String {
        let nodes = self.nodes();
        if nodes.is_empty() {
            return "none".to_owned();
        }
        nodes.iter().map(Node::to_string).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            write!(f, "{}", self.path.display())
        } else {
            write!(f, "{} ({})", self.path.display(), self.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with these nodes and links.
    fn machine(nodes: &[(&str, &str)], by_id: &[(&str, &str)]) -> (tempfile::TempDir, Places) {
        let root = tempfile::tempdir().unwrap();
        let places = Places { class: root.path().join("class"), dev: root.path().join("dev") };
        std::fs::create_dir_all(places.dev.join("v4l/by-id")).unwrap();
        for (node, name) in nodes {
            std::fs::create_dir_all(places.class.join(node)).unwrap();
            std::fs::write(places.class.join(node).join("name"), format!("{name}\n")).unwrap();
            std::fs::write(places.dev.join(node), "").unwrap();
        }
        for (link, node) in by_id {
            let link = places.dev.join("v4l/by-id").join(link);
            std::os::unix::fs::symlink(places.dev.join(node), link).unwrap();
        }
        (root, places)
    }

    fn pi() -> (tempfile::TempDir, Places) {
        machine(
            &[
                ("video10", "bcm2835-codec-decode"),
                ("video13", "bcm2835-isp-output0"),
                ("video2", "HD Pro Webcam C920"),
                ("video3", "HD Pro Webcam C920"),
                ("video0", "unicam-image"),
                ("video19", "rpi-hevc-dec"),
                ("v4l-subdev0", "imx219 10-0010"),
            ],
            &[("usb-046d_HD_Pro_Webcam_C920-video-index0", "video2")],
        )
    }

    fn found(places: &Places, name: &str) -> Vec<String> {
        let nodes = places.candidates(&name.parse().unwrap());
        nodes.iter().map(|node| node.path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_camera_is_found_by_every_name_it_has() {
        let (_root, places) = pi();
        let node = places.dev.join("video2").display().to_string();
        let link =
            places.dev.join("v4l/by-id/usb-046d_HD_Pro_Webcam_C920-video-index0").display().to_string();
        assert_eq!(found(&places, &node), ["video2"]);
        assert_eq!(found(&places, &link), ["video2"]);
        assert_eq!(found(&places, "usb-046d_HD_Pro_Webcam_C920-video-index0"), ["video2"]);
        for part in ["C920", "c920", "HD Pro Webcam"] {
            assert_eq!(found(&places, part), ["video2", "video3"], "{part}");
        }
        assert_eq!("video2".parse(), Ok(Wanted::Node("/dev/video2".to_owned())));
    }

    #[test]
    fn auto_tries_cameras_in_order_and_leaves_codecs_alone() {
        let (_root, places) = pi();
        assert_eq!(found(&places, "auto"), ["video0", "video2", "video3"]);
        assert_eq!(found(&places, ""), found(&places, "auto"));
    }

    #[test]
    fn a_camera_that_is_not_there_has_no_candidates_and_the_listing_tells_what_is() {
        let (_root, places) = pi();
        let gone = places.dev.join("video7").display().to_string();
        for name in [gone.as_str(), "usb-Other_Camera-video-index0", "Logi", "bcm2835-codec"] {
            assert_eq!(found(&places, name), [""; 0], "{name}");
        }
        let listing = places.listing();
        assert!(listing.contains("video2 (HD Pro Webcam C920)") && !listing.contains("codec"), "{listing}");
    }

    #[test]
    fn a_machine_without_video_has_no_cameras() {
        let root = tempfile::tempdir().unwrap();
        let places = Places { class: root.path().join("class"), dev: root.path().join("dev") };
        assert!(places.candidates(&Wanted::Auto).is_empty());
        assert_eq!(places.listing(), "none");
    }
}
