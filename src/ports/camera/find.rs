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
pub enum CameraChoice {
    /// The first one that gives pictures.
    Auto,
    /// A node or a link to one: `/dev/video0`, `/dev/v4l/by-id/...`, `video0`, or a name in by-id or by-path.
    Node(String),
    /// A part of the name that the camera gives itself, in any case: `C920`.
    Card(String),
}

impl FromStr for CameraChoice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<CameraChoice, Self::Err> {
        let text = text.trim();
        let numbered = text.strip_prefix("video").is_some_and(|rest| rest.parse::<u32>().is_ok());
        Ok(match text {
            "" | "auto" => CameraChoice::Auto,
            _ if text.starts_with('/') => CameraChoice::Node(text.to_owned()),
            _ if numbered => CameraChoice::Node(format!("/dev/{text}")),
            // Names that udev makes; a card's own name has no such tail.
            _ if text.contains("-video-index") => CameraChoice::Node(text.to_owned()),
            _ => CameraChoice::Card(text.to_owned()),
        })
    }
}

impl fmt::Display for CameraChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CameraChoice::Auto => f.write_str("of any kind"),
            CameraChoice::Node(node) => write!(f, "`{node}`"),
            CameraChoice::Card(card) => write!(f, "named like `{card}`"),
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
    /// The device file, such as `/dev/video0`.
    pub path: PathBuf,
    /// The name of the card.
    pub name: String,
}

/// One end of a media-controller graph, by the driver's own name for it: what it gives is a sensor's bare
/// mosaic, and only once a program has set up the graph. On a Raspberry Pi that program is `rpicam-vid`.
const BARE: [&str; 2] = ["unicam", "rp1-cfe"];

/// Codecs, scalers and image processors that register as video nodes beside the cameras, by a part of
/// their names: those of Raspberry Pi boards, and the kernel's own test codecs.
const NO_CAMERAS: [&str; 8] =
    ["bcm2835-codec", "bcm2835-isp", "pispbe", "rpivid", "rpi-hevc-dec", "hevc-dec", "vim2m", "vicodec"];

impl Places {
    /// Every node that could be a camera, in the order of their numbers.
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes = self.every_node();
        nodes.retain(|node| !self.is_bare(node) && !NO_CAMERAS.iter().any(|other| node.name.contains(other)));
        nodes
    }

    /// Whether a node is a bare end of a graph; its name tells, or the driver behind it.
    fn is_bare(&self, node: &Node) -> bool {
        let driver = node.path.file_name().map(|file| self.class.join(file).join("device/driver"));
        let driver = driver.and_then(|link| std::fs::read_link(link).ok());
        let driver = driver.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
        BARE.iter().any(|bare| node.name.starts_with(bare) || driver.is_some_and(|name| name.contains(bare)))
    }

    /// Every video node of the machine, cameras or not, in the order of their numbers.
    pub fn every_node(&self) -> Vec<Node> {
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
            .collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, node)| node).collect()
    }

    /// The nodes to try for a name, best first. Empty when there is none.
    pub fn candidates(&self, wanted: &CameraChoice) -> Vec<Node> {
        let nodes = self.nodes();
        match wanted {
            CameraChoice::Auto => nodes,
            CameraChoice::Card(card) => {
                let card = card.to_lowercase();
                nodes.into_iter().filter(|node| node.name.to_lowercase().contains(&card)).collect()
            }
            CameraChoice::Node(name) => {
                let linked = |folder: &str| self.dev.join("v4l").join(folder).join(name);
                let path = match Path::new(name) {
                    path if path.is_absolute() => Some(path.to_owned()),
                    _ => [linked("by-id"), linked("by-path")].into_iter().find(|path| path.exists()),
                };
                path.filter(|path| path.exists())
                    .map(|path| {
                        let real = std::fs::canonicalize(&path).unwrap_or(path);
                        // One that is named is tried, whatever it is: an overlay may have made it whole.
                        let known = self.every_node().into_iter().find(|node| node.path == real);
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
        let mut names: Vec<String> = nodes.iter().map(Node::to_string).collect();
        let bare = self.every_node().into_iter().filter(|node| self.is_bare(node));
        names.extend(bare.take(1).map(|node| format!("{node}, a bare sensor that needs rpicam-vid")));
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
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
        assert_eq!("video2".parse(), Ok(CameraChoice::Node("/dev/video2".to_owned())));
    }

    #[test]
    fn auto_tries_cameras_in_order_and_leaves_codecs_alone() {
        let (_root, places) = pi();
        assert_eq!(found(&places, "auto"), ["video2", "video3"]);
        assert_eq!(found(&places, ""), found(&places, "auto"));
    }

    #[test]
    fn a_bare_end_of_a_media_graph_is_no_camera_and_is_told_as_what_it_is() {
        for (name, driver) in [
            ("unicam-image", "unicam"),
            ("unicam-embedded", "unicam"),
            ("rp1-cfe-csi2_ch0", "rp1-cfe"),
            ("some other name", "rp1-cfe"),
            ("another name", "bcm2835-unicam"),
        ] {
            let (root, places) = machine(&[("video0", name)], &[]);
            let driver = root.path().join("drivers").join(driver);
            std::fs::create_dir_all(&driver).unwrap();
            std::fs::create_dir_all(places.class.join("video0/device")).unwrap();
            std::os::unix::fs::symlink(driver, places.class.join("video0/device/driver")).unwrap();
            assert_eq!(found(&places, "auto"), [""; 0], "{name}");
            assert!(places.listing().contains("a bare sensor that needs rpicam-vid"), "{name}");
            // Somebody who set `media-controller=0` names the node.
            let node = places.dev.join("video0").display().to_string();
            assert_eq!(found(&places, &node), ["video0"], "{name}");
        }
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
        assert!(places.candidates(&CameraChoice::Auto).is_empty());
        assert_eq!(places.listing(), "none");
    }
}
