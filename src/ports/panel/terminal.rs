//! The panel in a terminal: two pixels a cell by half blocks in true colour.

use crate::numbers::{Whole, to_u8};
use std::fmt::Write;

use super::Picture;

/// The picture, shrunk to fit `columns` x `rows` cells with its proportions kept, as text with SGR
/// colour codes. Lines end with a reset and `\n`; the cursor is not moved. Each cell is the mean of
/// the pixels it covers.
pub fn to_ansi(picture: &Picture, columns: u16, rows: u16) -> String {
    let (width, height) = (picture.width(), picture.height());
    if width == 0 || height == 0 || columns == 0 || rows == 0 {
        return String::new();
    }
    // A cell is about twice as high as wide, and carries two pixels one above the other.
    let scale =
        (f64::from(columns) / f64::from(width)).min(f64::from(rows) * 2.0 / f64::from(height)).min(1.0);
    let across = ((f64::from(width) * scale).to_u32()).max(1);
    let down = ((f64::from(height) * scale).to_u32() / 2 * 2).max(2);
    let mut text = String::new();
    for y in (0..down).step_by(2) {
        let mut before = None;
        for x in 0..across {
            let upper = mean(picture, x, y, across, down);
            let lower = mean(picture, x, y + 1, across, down);
            if before != Some((upper, lower)) {
                let ([r, g, b], [lr, lg, lb]) = (upper, lower);
                // Writing into a string cannot fail.
                let _ = write!(text, "\x1b[38;2;{r};{g};{b};48;2;{lr};{lg};{lb}m");
                before = Some((upper, lower));
            }
            text.push('▀');
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

/// Mean colour of the pixels that become one of `across` x `down`.
fn mean(picture: &Picture, x: u32, y: u32, across: u32, down: u32) -> [u8; 3] {
    let span = |at: u32, of: u32, pixels: u32| {
        let start = (at * pixels / of).min(pixels - 1);
        start..((at + 1) * pixels / of).clamp(start + 1, pixels)
    };
    let mut sum = [0u32; 3];
    let mut count = 0;
    for y in span(y, down, picture.height()) {
        for x in span(x, across, picture.width()) {
            for (sum, channel) in sum.iter_mut().zip(picture.rgb8(x, y)) {
                *sum += u32::from(channel);
            }
            count += 1;
        }
    }
    sum.map(|sum| to_u8(sum / count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::pixelcolor::Rgb565;
    use embedded_graphics::prelude::*;

    #[test]
    fn the_picture_fits_the_cells_and_keeps_its_proportions() {
        let picture = Picture::new(240, 240);
        for (columns, rows, cells) in
            [(80, 24, (48, 24)), (20, 24, (20, 10)), (1, 1, (1, 1)), (500, 500, (240, 120))]
        {
            let text = to_ansi(&picture, columns, rows);
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), cells.1, "{columns}x{rows}");
            assert!(lines.iter().all(|line| line.matches('▀').count() == cells.0), "{columns}x{rows}");
        }
        assert_eq!(to_ansi(&picture, 0, 10), "");
    }

    #[test]
    fn the_colours_above_and_below_are_those_of_the_picture() {
        let mut picture = Picture::new(1, 2);
        picture
            .draw_iter([Pixel(Point::new(0, 0), Rgb565::RED), Pixel(Point::new(0, 1), Rgb565::BLUE)])
            .unwrap();
        assert_eq!(to_ansi(&picture, 10, 10), "\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[0m\n");
    }
}
