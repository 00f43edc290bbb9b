//! Images as submitted: their bytes tell their type, never their names.

use std::io::Cursor;

use bytes::Bytes;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, metadata::Orientation};
use tokio::sync::Semaphore;

use super::{limits, stored_enum};

stored_enum! {
    /// A kind of image that is accepted.
    MediaType {
        /// PNG.
        Png = "image/png",
        /// JPEG.
        Jpeg = "image/jpeg",
        /// WebP.
        Webp = "image/webp",
        /// GIF; the first frame counts.
        Gif = "image/gif",
    }
}

impl MediaType {
    /// The kind that the first bytes say.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        match image::guess_format(bytes).ok()? {
            ImageFormat::Png => Some(Self::Png),
            ImageFormat::Jpeg => Some(Self::Jpeg),
            ImageFormat::WebP => Some(Self::Webp),
            ImageFormat::Gif => Some(Self::Gif),
            _ => None,
        }
    }

    const fn format(self) -> ImageFormat {
        match self {
            Self::Png => ImageFormat::Png,
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Webp => ImageFormat::WebP,
            Self::Gif => ImageFormat::Gif,
        }
    }
}

/// An image that passed every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub media_type: MediaType,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The file, as submitted.
    pub bytes: Bytes,
}

/// Why an image is not accepted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// No bytes.
    #[error("is empty")]
    Empty,
    /// Too many bytes.
    #[error("has {0} bytes, an image may have at most {max}", max = limits::IMAGE_BYTES)]
    TooBig(usize),
    /// Not one of the accepted kinds.
    #[error("is not an image that can be read: it may be {}", MediaType::choices())]
    Unknown,
    /// The header cannot be read.
    #[error("is damaged: its size in pixels cannot be read")]
    Damaged,
    /// The pixels cannot be read.
    #[error("is damaged: its pixels cannot be read")]
    Undecodable,
    /// Too many pixels.
    #[error(
        "has {0} x {1} pixels, an image may have at most 12 megapixels, and {max} on a side",
        max = limits::IMAGE_SIDE
    )]
    TooManyPixels(u32, u32),
}

/// Memory that the header of an image may take, its colour profile included.
const HEADER_BYTES: u64 = 8 * 1024 * 1024;

impl Image {
    /// Checks the bytes of an image.
    ///
    /// # Errors
    /// Says what is wrong with it, as the end of a sentence about it.
    pub fn parse(bytes: impl Into<Bytes>) -> Result<Self, ImageError> {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return Err(ImageError::Empty);
        }
        if bytes.len() > limits::IMAGE_BYTES {
            return Err(ImageError::TooBig(bytes.len()));
        }
        let media_type = MediaType::of_bytes(&bytes).ok_or(ImageError::Unknown)?;
        let mut reader = ImageReader::with_format(Cursor::new(&bytes), media_type.format());
        let mut allowed = image::Limits::default();
        // The header of a PNG comes after its colour profile, which is compressed and may be a bomb of its own.
        allowed.max_alloc = Some(HEADER_BYTES);
        reader.limits(allowed);
        let (width, height) = reader.into_dimensions().map_err(|_| ImageError::Damaged)?;
        if width == 0 || height == 0 {
            return Err(ImageError::Damaged);
        }
        check_size(width, height)?;
        Ok(Self {
            media_type,
            width,
            height,
            bytes,
        })
    }
}

fn check_size(width: u32, height: u32) -> Result<(), ImageError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits::IMAGE_PIXELS || width.max(height) > limits::IMAGE_SIDE {
        return Err(ImageError::TooManyPixels(width, height));
    }
    Ok(())
}

/// One image is decoded at a time, since each takes tens of megabytes meanwhile.
static DECODING: Semaphore = Semaphore::const_new(1);

/// Decodes an image off the threads that serve requests, and passes it to `then`, with the turn that makes it upright.
///
/// # Errors
/// [`ImageError::Undecodable`] and [`ImageError::TooManyPixels`].
pub async fn decode<T: Send + 'static>(
    media_type: MediaType,
    bytes: Bytes,
    then: impl FnOnce(DynamicImage, Orientation) -> T + Send + 'static,
) -> Result<T, ImageError> {
    // A semaphore that is never closed always gives a permit.
    let turn = DECODING.acquire().await.ok();
    tokio::task::spawn_blocking(move || {
        // It goes on when nobody waits for it any more, so the turn is its own.
        let _turn = turn;
        let (image, orientation) = pixels(media_type, &bytes)?;
        drop(bytes);
        Ok(then(image, orientation))
    })
    .await
    .unwrap_or(Err(ImageError::Undecodable))
}

fn pixels(media_type: MediaType, bytes: &[u8]) -> Result<(DynamicImage, Orientation), ImageError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), media_type.format());
    let mut allowed = image::Limits::default();
    // Four bytes for each pixel, in as many copies as decoders keep.
    allowed.max_alloc = Some(limits::IMAGE_PIXELS * 4 * 3);
    reader.limits(allowed);
    let undecodable = |_| ImageError::Undecodable;
    let mut decoder = reader.into_decoder().map_err(undecodable)?;
    let (width, height) = decoder.dimensions();
    // The file may be another than the one whose header was checked.
    check_size(width, height)?;
    // A camera turns the picture by a mark in the EXIF data.
    let orientation = decoder.orientation().map_err(undecodable)?;
    let image = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    Ok((image, orientation))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use flate2::{Compression, Crc, write::ZlibEncoder};

    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(width, height)
            .write_to(&mut out, format)
            .unwrap();
        out.into_inner()
    }

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let named = [kind, data].concat();
        let mut crc = Crc::new();
        crc.update(&named);
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length, named.as_slice(), &crc.sum().to_be_bytes()].concat()
    }

    /// The most memory that this process had, in bytes.
    fn peak() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.unwrap().trim().strip_suffix(" kB").unwrap();
        kilobytes.parse::<u64>().unwrap() * 1024
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_colour_profile_may_be_a_bomb() {
        let zlib = |bytes: u64| {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            std::io::copy(&mut std::io::repeat(0).take(bytes), &mut encoder).unwrap();
            encoder.flush().unwrap();
            encoder.finish().unwrap()
        };
        let bomb = 400 * 1024 * 1024;
        let png = [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]),
            chunk(b"iCCP", &[b"bomb\0\0", zlib(bomb).as_slice()].concat()),
            chunk(b"IDAT", &zlib(2)),
            chunk(b"IEND", &[]),
        ]
        .concat();
        let before = peak();
        // The profile is left out, and says nothing about the size.
        let image = Image::parse(png).unwrap();
        assert_eq!((image.width, image.height), (1, 1));
        assert!(peak() - before < bomb / 4, "{before} {}", peak());
    }

    #[test]
    fn each_accepted_kind_is_known_by_its_bytes() {
        for (format, expected) in [
            (ImageFormat::Png, MediaType::Png),
            (ImageFormat::Jpeg, MediaType::Jpeg),
            (ImageFormat::WebP, MediaType::Webp),
            (ImageFormat::Gif, MediaType::Gif),
        ] {
            let image = Image::parse(encoded(3, 2, format)).unwrap();
            assert_eq!(
                (image.media_type, image.width, image.height),
                (expected, 3, 2)
            );
        }
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let png = encoded(1, 1, ImageFormat::Png);
        assert_eq!(Image::parse(b"<svg/>".to_vec()), Err(ImageError::Unknown));
        assert_eq!(Image::parse(Vec::new()), Err(ImageError::Empty));
        assert_eq!(Image::parse(png[..20].to_vec()), Err(ImageError::Damaged));
        assert!(matches!(
            Image::parse(vec![0; limits::IMAGE_BYTES + 1]),
            Err(ImageError::TooBig(_))
        ));
    }

    #[test]
    fn too_many_pixels_are_refused_from_the_header_alone() {
        for (width, height) in [(4000, 3001), (65_536, 1)] {
            let image = encoded(width, height, ImageFormat::Png);
            assert_eq!(
                Image::parse(image),
                Err(ImageError::TooManyPixels(width, height))
            );
        }
    }
}
