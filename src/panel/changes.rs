//! Which rows of a picture have to travel.

use std::ops::Range;

use super::Picture;

/// Runs of rows in which the pictures differ, from the top. All rows if there is no old picture or it
/// has another size. Rows between two runs are not sent along: even one costs more than opening a
/// second window.
pub fn changed_rows(old: Option<&Picture>, new: &Picture) -> Vec<Range<u32>> {
    let old = old.filter(|old| (old.width(), old.height()) == (new.width(), new.height()));
    let mut runs: Vec<Range<u32>> = Vec::new();
    for y in 0..new.height() {
        if old.is_some_and(|old| old.row(y) == new.row(y)) {
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.end == y => run.end += 1,
            _ => runs.push(y..y + 1),
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

    fn dots(height: u32, at: &[(i32, i32)]) -> Picture {
        let mut picture = Picture::new(8, height);
        let pixels = at.iter().map(|&(x, y)| Pixel(Point::new(x, y), Rgb565::RED));
        picture.draw_iter(pixels).unwrap();
        picture
    }

    #[test]
    fn rows_that_differ_are_found_as_runs() {
        let old = dots(10, &[(0, 4)]);
        let ends = |runs: Vec<Range<u32>>| runs.iter().map(|run| (run.start, run.end)).collect::<Vec<_>>();
        for (new, runs) in [
            (dots(10, &[(0, 4)]), vec![]),
            (dots(10, &[]), vec![(4, 5)]),
            (dots(10, &[(0, 4), (7, 0), (3, 1), (3, 9)]), vec![(0, 2), (9, 10)]),
            (dots(9, &[(0, 4)]), vec![(0, 9)]),
        ] {
            assert_eq!(ends(changed_rows(Some(&old), &new)), runs);
        }
        assert_eq!(ends(changed_rows(None, &old)), [(0, 10)]);
    }

    proptest! {
        #[test]
        fn the_runs_hold_exactly_the_rows_that_differ(
            old in proptest::collection::vec((0..8i32, 0..30i32), 0..20),
            new in proptest::collection::vec((0..8i32, 0..30i32), 0..20),
        ) {
            let (old, new) = (dots(30, &old), dots(30, &new));
            let runs = changed_rows(Some(&old), &new);
            for y in 0..30 {
                let listed = runs.iter().filter(|run| run.contains(&y)).count();
                prop_assert_eq!(listed, usize::from(old.row(y) != new.row(y)));
            }
            prop_assert!(runs.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }
}
