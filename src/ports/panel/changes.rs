//! Which parts of a picture have to travel.

use crate::numbers::to_u32;
use std::ops::Range;

use super::Picture;

/// A rectangle of a picture, in pixels. It is never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// From the left, the end not included.
    pub columns: Range<u32>,
    /// From the top, the end not included.
    pub rows: Range<u32>,
}

impl Part {
    /// In pixels.
    fn size(&self) -> u32 {
        to_u32(self.columns.len()) * to_u32(self.rows.len())
    }

    /// The smallest part that holds both.
    fn with(&self, other: &Part) -> Part {
        let around = |a: &Range<u32>, b: &Range<u32>| a.start.min(b.start)..a.end.max(b.end);
        Part { columns: around(&self.columns, &other.columns), rows: around(&self.rows, &other.rows) }
    }
}

/// Pixels that are sent along rather than a second window opened. A window is three commands of eleven bytes
/// together, and a dozen calls of the driver, which take the time of some hundred bytes more. A session of the
/// bench is 746 kB in 632 windows; with 24 here 764 in 488, with 8 736 in 1,126, with 4 729 in 1,926.
const WINDOW: u32 = 16;

/// Parts that hold every pixel in which the pictures differ, and few others. All of it if there is no old
/// picture or it has another size.
pub fn changed_parts(old: Option<&Picture>, new: &Picture) -> Vec<Part> {
    let (width, height) = (new.width(), new.height());
    let Some(old) = old.filter(|old| (old.width(), old.height()) == (width, height)) else {
        let whole = Part { columns: 0..width, rows: 0..height };
        return if whole.size() > 0 { vec![whole] } else { Vec::new() };
    };
    let mut parts: Vec<Part> = Vec::new();
    for y in 0..height {
        for columns in changed_columns(old.row(y), new.row(y)) {
            let here = Part { columns, rows: y..y + 1 };
            // What it would cost to let a part that ends just above, or here, take this in.
            let waste = |part: &Part| {
                let open = part.rows.end >= y;
                open.then(|| (part.with(&here).size() - part.size()).saturating_sub(here.size()))
            };
            let cheapest =
                parts.iter_mut().rev().take(MOST_OPEN).min_by_key(|part| waste(part).unwrap_or(u32::MAX));
            match cheapest {
                Some(part) if waste(part).is_some_and(|waste| waste <= WINDOW) => *part = part.with(&here),
                _ => parts.push(here),
            }
        }
    }
    parts
}

/// Parts that are looked at for each run of pixels: those of the row above and of this one are among them.
const MOST_OPEN: usize = 64;

/// Runs of pixels that differ; two that lie close are one.
fn changed_columns(old: &[u16], new: &[u16]) -> Vec<Range<u32>> {
    let mut runs: Vec<Range<u32>> = Vec::new();
    if old == new {
        return runs;
    }
    for (x, _) in (0u32..).zip(old.iter().zip(new)).filter(|(_, (old, new))| old != new) {
        match runs.last_mut() {
            Some(run) if x - run.end <= WINDOW => run.end = x + 1,
            _ => runs.push(x..x + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use embedded_graphics::pixelcolor::Rgb565;
    use embedded_graphics::prelude::*;
    use proptest::prelude::*;

    use super::*;

    fn dots(width: u32, height: u32, at: &[(i32, i32)]) -> Picture {
        let mut picture = Picture::new(width, height);
        let pixels = at.iter().map(|&(x, y)| Pixel(Point::new(x, y), Rgb565::RED));
        picture.draw_iter(pixels).unwrap();
        picture
    }

    #[test]
    fn what_differs_is_found_as_few_parts() {
        let old = dots(100, 10, &[(0, 4)]);
        let part = |columns: Range<u32>, rows: Range<u32>| Part { columns, rows };
        for (new, parts) in [
            (dots(100, 10, &[(0, 4)]), vec![]),
            (dots(100, 10, &[]), vec![part(0..1, 4..5)]),
            (dots(100, 10, &[(0, 4), (7, 0), (9, 1)]), vec![part(7..10, 0..2)]),
            (dots(100, 10, &[(0, 4), (7, 0), (90, 1)]), vec![part(7..8, 0..1), part(90..91, 1..2)]),
            (dots(100, 9, &[(0, 4)]), vec![part(0..100, 0..9)]),
        ] {
            assert_eq!(changed_parts(Some(&old), &new), parts);
        }
        assert_eq!(changed_parts(None, &old), [part(0..100, 0..10)]);
        assert_eq!(changed_parts(None, &Picture::new(0, 5)), []);
    }

    proptest! {
        #[test]
        fn the_parts_hold_every_pixel_that_differs_and_are_no_larger_than_they_must(
            old in proptest::collection::vec((0..70i32, 0..30i32), 0..40),
            new in proptest::collection::vec((0..70i32, 0..30i32), 0..40),
        ) {
            let (old, new) = (dots(70, 30, &old), dots(70, 30, &new));
            let parts = changed_parts(Some(&old), &new);
            let differs = |x: u32, y: u32| old.row(y)[x as usize] != new.row(y)[x as usize];
            for (x, y) in (0..30).flat_map(|y| (0..70).map(move |x| (x, y))) {
                let sent = parts.iter().any(|part| part.columns.contains(&x) && part.rows.contains(&y));
                prop_assert!(sent || !differs(x, y), "({x}, {y}) is left out of {parts:?}");
            }
            for Part { columns, rows } in parts {
                prop_assert!(columns.end <= 70 && rows.end <= 30);
                for x in [columns.start, columns.end - 1] {
                    prop_assert!(rows.clone().any(|y| differs(x, y)), "{columns:?} {rows:?}");
                }
                for y in [rows.start, rows.end - 1] {
                    prop_assert!(columns.clone().any(|x| differs(x, y)), "{columns:?} {rows:?}");
                }
            }
        }
    }
}
