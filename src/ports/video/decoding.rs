//! Decoding in hardware, as the board needs it.
//!
//! mpv's own choice (`auto-safe`) leaves out the Pi's H.264 decoder, which is reached by V4L2 (mpv's `vd_lavc.c`). A
//! list of decoders is understood by mpv 0.40 (Debian 13); 0.35 (Debian 12) calls it unsupported and decodes in
//! software, so there it is one word, and HEVC stays with the processor.

/// What `hwdec` under `[video]` says to leave the choice to this table.
pub const BY_BOARD: &str = "auto";

/// mpv's own choice.
const MPVS: &str = "auto-safe";

/// Boards with the H.264 decoder of the first generations, by their models in the device tree. A Pi 5 has none.
const WITH_H264: [&str; 5] = [
    "Raspberry Pi 3",
    "Raspberry Pi 4",
    "Raspberry Pi Zero 2",
    "Raspberry Pi 400",
    "Raspberry Pi Compute Module 4",
];

/// The `hwdec` for a board, in words of that mpv ("mpv 0.35.1").
pub fn of_board(model: &str, version: &str) -> &'static str {
    if !WITH_H264.iter().any(|board| model.starts_with(board)) {
        MPVS
    } else if takes_lists(version) {
        // `drm` first: it decodes HEVC, and shows what it decoded without a copy.
        "drm,drm-copy,v4l2m2m-copy,auto-safe"
    } else {
        "v4l2m2m-copy"
    }
}

fn takes_lists(version: &str) -> bool {
    let number = version.trim_start_matches("mpv ").trim_start_matches('v');
    let mut parts = number.split('.').map(|part| {
        let digits = part.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse::<u32>().unwrap_or(0)
    });
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (0, 40)
}

/// The model of this board, as its device tree names it.
pub fn board() -> String {
    let model = std::fs::read_to_string("/proc/device-tree/model").unwrap_or_default();
    model.trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_with_an_h264_decoder_gets_it_in_the_words_of_its_mpv() {
        let pi4 = "Raspberry Pi 4 Model B Rev 1.4";
        for (model, version, words) in [
            (pi4, "mpv 0.35.1", "v4l2m2m-copy"),
            (pi4, "mpv 0.40.0", "drm,drm-copy,v4l2m2m-copy,auto-safe"),
            (pi4, "mpv v0.41.0-dirty", "drm,drm-copy,v4l2m2m-copy,auto-safe"),
            (pi4, "mpv git-2031-01-01", "v4l2m2m-copy"),
            ("Raspberry Pi Zero 2 W Rev 1.0", "mpv 0.35.1", "v4l2m2m-copy"),
            ("Raspberry Pi 3 Model B Plus Rev 1.3", "mpv 0.35.1", "v4l2m2m-copy"),
            ("Raspberry Pi 5 Model B Rev 1.0", "mpv 0.40.0", MPVS),
            ("", "mpv 0.40.0", MPVS),
        ] {
            assert_eq!(of_board(model, version), words, "{model} {version}");
        }
    }
}
