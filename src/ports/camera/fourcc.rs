//! The four letters by which V4L2 names pixel formats.

use v4l::FourCC;

use super::PixelFormat;
use super::bayer::{Bayer, Order, Packing};

/// The format that the letters name, if it can be read.
pub fn known(fourcc: FourCC) -> Option<PixelFormat> {
    Some(match &fourcc.repr {
        b"YUYV" => PixelFormat::Yuyv,
        b"MJPG" | b"JPEG" => PixelFormat::Mjpg,
        b"NV12" => PixelFormat::Nv12,
        b"YU12" => PixelFormat::Yu12,
        b"GREY" => PixelFormat::Grey,
        b"RGB3" => PixelFormat::Rgb3,
        b"BGR3" => PixelFormat::Bgr3,
        _ => return bayer(fourcc).map(PixelFormat::Bayer),
    })
}

/// The raw formats, as `videodev2.h` lists them: the letters follow no single rule.
fn bayer(fourcc: FourCC) -> Option<Bayer> {
    use Order::{Bggr, Gbrg, Grbg, Rggb};
    const TABLE: [(Packing, [&[u8; 4]; 4]); 7] = [
        (Packing::Bits8, [b"BA81", b"GBRG", b"GRBG", b"RGGB"]),
        (Packing::Packed10, [b"pBAA", b"pGAA", b"pgAA", b"pRAA"]),
        (Packing::Packed12, [b"pBCC", b"pGCC", b"pgCC", b"pRCC"]),
        (Packing::Wide(10), [b"BG10", b"GB10", b"BA10", b"RG10"]),
        (Packing::Wide(12), [b"BG12", b"GB12", b"BA12", b"RG12"]),
        (Packing::Wide(14), [b"BG14", b"GB14", b"GR14", b"RG14"]),
        (Packing::Wide(16), [b"BYR2", b"GB16", b"GR16", b"RG16"]),
    ];
    TABLE.iter().find_map(|(packing, row)| {
        let column = row.iter().position(|letters| **letters == fourcc.repr)?;
        Some(Bayer { order: [Bggr, Gbrg, Grbg, Rggb][column], packing: *packing })
    })
}

/// A list of formats for a message.
pub(crate) fn names(fourccs: &[FourCC]) -> String {
    let name = |fourcc: &FourCC| fourcc.repr.escape_ascii().to_string();
    if fourccs.is_empty() {
        "nothing".to_owned()
    } else {
        fourccs.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// What to do about formats that cannot be read.
pub(crate) fn cure(fourccs: &[FourCC]) -> &'static str {
    // Raw formats of other depths, and the compressed ones of the Raspberry Pi 5, come from a CSI sensor.
    const RAW: [&[u8]; 7] = [b"pBEE", b"pGEE", b"pgEE", b"pREE", b"PC1", b"PC2", b"bBA8"];
    if fourccs.iter().any(|fourcc| RAW.iter().any(|start| fourcc.repr.starts_with(start))) {
        "It is a bare sensor on the ribbon cable: set `device = \"csi\"` under [camera], which reads it by rpicam-vid"
    } else {
        "Use another camera"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fourcc(letters: &[u8; 4]) -> FourCC {
        FourCC::new(letters)
    }

    #[test]
    fn the_letters_of_the_kernel_mean_what_its_header_says() {
        for (letters, format) in [
            (b"YUYV", PixelFormat::Yuyv),
            (b"MJPG", PixelFormat::Mjpg),
            (b"JPEG", PixelFormat::Mjpg),
            (b"NV12", PixelFormat::Nv12),
            (b"YU12", PixelFormat::Yu12),
            (b"GREY", PixelFormat::Grey),
            (b"RGB3", PixelFormat::Rgb3),
            (b"BGR3", PixelFormat::Bgr3),
            (b"RGGB", PixelFormat::Bayer(Bayer { order: Order::Rggb, packing: Packing::Bits8 })),
            (b"BA10", PixelFormat::Bayer(Bayer { order: Order::Grbg, packing: Packing::Wide(10) })),
            (b"pgAA", PixelFormat::Bayer(Bayer { order: Order::Grbg, packing: Packing::Packed10 })),
            (b"pGCC", PixelFormat::Bayer(Bayer { order: Order::Gbrg, packing: Packing::Packed12 })),
            (b"BYR2", PixelFormat::Bayer(Bayer { order: Order::Bggr, packing: Packing::Wide(16) })),
        ] {
            assert_eq!(known(fourcc(letters)), Some(format), "{}", letters.escape_ascii());
        }
        for letters in [b"H264", b"HEVC", b"NV21", b"Z16 ", b"pREE"] {
            assert_eq!(known(fourcc(letters)), None);
        }
    }

    #[test]
    fn a_bare_sensor_is_told_from_a_camera_with_formats_of_its_own() {
        assert!(cure(&[fourcc(b"pREE")]).contains("rpicam-vid"));
        assert!(cure(&[fourcc(b"PC1B")]).contains("rpicam-vid"));
        assert!(!cure(&[fourcc(b"H264"), fourcc(b"HEVC")]).contains("rpicam-vid"));
    }

    #[test]
    fn a_list_of_formats_is_readable_whatever_the_driver_says() {
        assert_eq!(names(&[fourcc(b"H264"), fourcc(b"Y8 \xff")]), "H264, Y8 \\xff");
        assert_eq!(names(&[]), "nothing");
    }
}
