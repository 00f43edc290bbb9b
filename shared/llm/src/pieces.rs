//! Long images in pieces: made as small as a picture may be, a screenshot of a whole page could not be read any more.

use std::ops::Range;

/// Longest side of a picture in pixels: endpoints scale larger ones down themselves.
const LONG_SIDE: usize = 2048;
/// The short side is not made shorter than this where pieces can help it.
const SHORT_SIDE: usize = 1024;
/// Pixels that a piece has from the one before: a line of text that is cut in the one is whole in the other.
const OVERLAP: usize = LONG_SIDE / 10;
/// Pieces of all images of a submission.
const PIECES: usize = 10;

/// The number of pieces of each image of a submission, by width and height: as many as it takes to read it, or fewer where they
/// are too many in all, taken from those that have most.
#[must_use]
pub fn pieces(sizes: &[(u32, u32)]) -> Vec<usize> {
    let mut counts: Vec<usize> = sizes
        .iter()
        .map(|(width, height)| wanted(*width as usize, *height as usize))
        .collect();
    while counts.iter().sum::<usize>() > PIECES.max(counts.len()) {
        if let Some(most) = counts.iter_mut().max() {
            *most -= 1;
        }
    }
    counts
}

fn wanted(width: usize, height: usize) -> usize {
    let long = readable(width, height);
    let count = long.saturating_sub(OVERLAP).div_ceil(LONG_SIDE - OVERLAP);
    count.clamp(1, PIECES)
}

/// The long side of an image that is as small as it can be read.
fn readable(width: usize, height: usize) -> usize {
    let (long, short) = (width.max(height), width.min(height).max(1));
    long.min(LONG_SIDE.max((long * SHORT_SIDE).div_ceil(short)))
}

/// The long side of an image that is to be cut into so many pieces.
pub(super) fn long_side(width: usize, height: usize, count: usize) -> usize {
    readable(width, height).min(count * LONG_SIDE - count.saturating_sub(1) * OVERLAP)
}

/// So many parts of a side, of the same length and in order, each with the end of the one before.
pub(super) fn parts(side: usize, count: usize) -> impl DoubleEndedIterator<Item = Range<usize>> {
    let gaps = count.saturating_sub(1);
    let length = (side + gaps * OVERLAP).div_ceil(count.max(1)).min(side);
    (0..count).map(move |part| {
        let start = part * (side - length) / gaps.max(1);
        start..start + length
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_image_has_as_many_pieces_as_it_takes_to_read_it() {
        for (sizes, expected) in [
            (&[(1920, 1080)][..], &[1][..]),
            (&[(4000, 3000)], &[1]),
            (&[(2048, 2048)], &[1]),
            (&[(1080, 8000)], &[5]),
            (&[(8000, 1080)], &[5]),
            (&[(600, 2100)], &[2]),
            (&[(12_000_000, 1)], &[10]),
            (&[(1080, 8000), (1920, 1080)], &[5, 1]),
            (&[(1080, 8000); 5], &[2, 2, 2, 2, 2]),
            (&[(1080, 8000), (1, 1), (500, 65_000)], &[5, 1, 4]),
            (&[], &[]),
        ] {
            assert_eq!(pieces(sizes), expected, "{sizes:?}");
        }
        assert_eq!(long_side(1080, 8000, 5), 7586);
        assert_eq!(long_side(4000, 3000, 1), 2048);
        assert_eq!(long_side(30, 20, 1), 30);
    }

    proptest! {
        #[test]
        fn pieces_cover_the_image_and_are_pictures(width in 1_u32..70_000, height in 1_u32..70_000, others in 0_usize..5) {
            let mut sizes = vec![(1080, 8000); others];
            sizes.push((width, height));
            let counts = pieces(&sizes);
            prop_assert!(counts.iter().sum::<usize>() <= PIECES);
            let count = counts[others];
            let side = long_side(width as usize, height as usize, count);
            let parts: Vec<_> = parts(side, count).collect();
            prop_assert_eq!((parts[0].start, parts[count - 1].end), (0, side));
            for part in &parts {
                prop_assert!(!part.is_empty() && part.len() <= LONG_SIDE);
            }
            for pair in parts.windows(2) {
                prop_assert!(pair[0].end - pair[1].start + 1 >= OVERLAP && pair[0].start < pair[1].start);
            }
        }
    }
}
