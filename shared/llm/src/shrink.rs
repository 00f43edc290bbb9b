//! Pixels that are made fewer where they lie.
//!
//! A picture of 12 megapixels takes 36 MB. The library's own filters keep a copy of it in floating point beside it, which alone
//! is more than the rest of the program ever needs.

use std::ops::Range;

use image::{DynamicImage, GrayImage, RgbImage};

/// Rows of pixels with one (grey) or three (red, green, blue) channels of eight bits.
#[derive(Debug)]
pub(super) struct Pixels {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Vec<u8>,
}

impl From<DynamicImage> for Pixels {
    /// Lays what is transparent on white, as a page would show it.
    fn from(image: DynamicImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let (channels, bytes) = match image {
            DynamicImage::ImageLuma8(image) => (1, image.into_raw()),
            DynamicImage::ImageRgb8(image) => (3, image.into_raw()),
            DynamicImage::ImageLumaA8(image) => (1, over_white::<2>(image.into_raw())),
            DynamicImage::ImageRgba8(image) => (3, over_white::<4>(image.into_raw())),
            // Sixteen bits a channel, which is rare.
            other if other.color().has_alpha() => {
                (3, over_white::<4>(other.into_rgba8().into_raw()))
            }
            other if other.color().has_color() => (3, other.into_rgb8().into_raw()),
            other => (1, other.into_luma8().into_raw()),
        };
        Self {
            width,
            height,
            channels,
            bytes,
        }
    }
}

/// Takes out the last channel, which says how opaque the others are.
fn over_white<const CHANNELS: usize>(mut bytes: Vec<u8>) -> Vec<u8> {
    let colours = CHANNELS - 1;
    let pixels = bytes.len() / CHANNELS;
    for pixel in 0..pixels {
        let from = pixel * CHANNELS;
        let alpha = u32::from(bytes[from + colours]);
        for channel in 0..colours {
            let sum = u32::from(bytes[from + channel]) * alpha + 255 * (255 - alpha);
            bytes[pixel * colours + channel] = u8::try_from(sum / 255).unwrap_or(u8::MAX);
        }
    }
    bytes.truncate(pixels * colours);
    bytes
}

impl Pixels {
    /// Makes the longer side `long_side` if it is longer. Each new pixel is the mean of the area that it covers.
    pub(super) fn shrink(&mut self, long_side: usize) {
        let longer = self.width.max(self.height);
        if longer <= long_side {
            return;
        }
        let scaled = |side: usize| (side * long_side / longer).max(1);
        let (width, height) = (scaled(self.width), scaled(self.height));
        let channels = self.channels;
        let area = (self.width * self.height) as u64;
        let mut sums = vec![0_u64; self.width * channels];
        for y in 0..height {
            sums.fill(0);
            for (row, weight) in covered(y, height, self.height) {
                let row = &self.bytes[row * self.width * channels..][..self.width * channels];
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += weight * u64::from(*value);
                }
            }
            // A new row ends before the first old one that is still to be read: there are fewer of them, and they are shorter.
            let new = &mut self.bytes[y * width * channels..][..width * channels];
            for (x, pixel) in new.chunks_exact_mut(channels).enumerate() {
                for (channel, value) in pixel.iter_mut().enumerate() {
                    let sum: u64 = covered(x, width, self.width)
                        .map(|(column, weight)| weight * sums[column * channels + channel])
                        .sum();
                    *value = u8::try_from((sum + area / 2) / area).unwrap_or(u8::MAX);
                }
            }
        }
        self.bytes.truncate(width * height * channels);
        self.bytes.shrink_to_fit();
        (self.width, self.height) = (width, height);
    }

    pub(super) const fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// A copy of a part of the longer side, with all of the shorter one.
    pub(super) fn part(&self, part: Range<usize>) -> Self {
        let (channels, row) = (self.channels, self.width * self.channels);
        let (width, height, bytes) = if self.height >= self.width {
            let bytes = self.bytes[part.start * row..part.end * row].to_vec();
            (self.width, part.len(), bytes)
        } else {
            let columns = part.start * channels..part.end * channels;
            let rows = self.bytes.chunks_exact(row);
            let mut bytes = Vec::with_capacity(self.height * columns.len());
            rows.for_each(|row| bytes.extend_from_slice(&row[columns.clone()]));
            (part.len(), self.height, bytes)
        };
        Self {
            width,
            height,
            channels,
            bytes,
        }
    }

    /// The picture; `None` if the bytes do not fill it.
    pub(super) fn into_image(self) -> Option<DynamicImage> {
        let (width, height) = (
            u32::try_from(self.width).ok()?,
            u32::try_from(self.height).ok()?,
        );
        if self.channels == 1 {
            GrayImage::from_raw(width, height, self.bytes).map(DynamicImage::ImageLuma8)
        } else {
            RgbImage::from_raw(width, height, self.bytes).map(DynamicImage::ImageRgb8)
        }
    }
}

/// The old places that the new place `at` of `new` ones covers, of `old`, each with its weight; the weights add up to `old`.
fn covered(at: usize, new: usize, old: usize) -> impl Iterator<Item = (usize, u64)> {
    // In units of which an old place has `new` and a new one has `old`.
    let (start, end) = (at * old, (at + 1) * old);
    (start / new..end.div_ceil(new)).map(move |place| {
        let inside = end.min((place + 1) * new) - start.max(place * new);
        (place, inside as u64)
    })
}

#[cfg(test)]
mod tests {
    use image::{GenericImageView as _, Luma, Pixel as _, Rgb};

    use super::*;

    fn shrunk(image: DynamicImage, long_side: usize) -> DynamicImage {
        let mut pixels = Pixels::from(image);
        pixels.shrink(long_side);
        pixels.into_image().unwrap()
    }

    #[test]
    fn a_new_pixel_is_the_mean_of_what_it_covers() {
        let image = GrayImage::from_fn(3, 2, |x, y| Luma([u8::try_from(x * 60 + y * 30).unwrap()]));
        let half = shrunk(DynamicImage::ImageLuma8(image), 2).into_luma8();
        // 3 x 2 becomes 2 x 1: each covers one and a half columns and both rows.
        assert_eq!(half.dimensions(), (2, 1));
        assert_eq!(half.as_raw(), &[35, 115]);
    }

    #[test]
    fn one_colour_stays_one_colour_whatever_the_sizes() {
        let colour = Rgb([1, 128, 254]);
        for (width, height, long_side) in
            [(2049, 7, 2048), (500, 333, 99), (7, 1000, 3), (64, 64, 1)]
        {
            let image = RgbImage::from_pixel(width, height, colour);
            let small = shrunk(DynamicImage::ImageRgb8(image), long_side);
            assert_eq!(small.width().max(small.height()) as usize, long_side);
            assert!(small.pixels().all(|(_, _, pixel)| pixel.to_rgb() == colour));
        }
    }

    #[test]
    fn what_is_small_enough_is_left() {
        let image = RgbImage::from_fn(40, 30, |x, y| Rgb([x as u8, y as u8, 7]));
        let same = shrunk(DynamicImage::ImageRgb8(image.clone()), 40).into_rgb8();
        assert_eq!(same, image);
    }

    #[test]
    fn sixteen_bits_become_eight() {
        for image in [
            DynamicImage::new_rgb16(4, 3),
            DynamicImage::new_luma16(4, 3),
            DynamicImage::new_rgba16(4, 3),
            DynamicImage::new_luma_a16(4, 3),
        ] {
            let clear = image.color().has_alpha();
            let flat = shrunk(image, 4);
            let expected = if clear { 255 } else { 0 };
            assert!(flat.as_bytes().iter().all(|byte| *byte == expected));
        }
    }
}
