//! Pictures as every endpoint takes them: PNG or JPEG, upright, not too large, and with nothing else in the file.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use image::{
    DynamicImage, GrayImage, ImageEncoder as _, ImageError, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    metadata::Orientation,
};

use super::{error::Error, pieces, shrink::Pixels};
use domain::{MediaType, decode};

/// Bytes of all pictures of a submission together.
const ALL_BYTES: usize = 5 * 1024 * 1024;
/// A PNG larger than this becomes a JPEG, and a JPEG one of less quality.
const FILE_BYTES: usize = 1024 * 1024;
/// Qualities of JPEG. At the first letters stay sharp; only noise needs another.
const JPEG_QUALITIES: [u8; 3] = [88, 75, 60];

/// A picture in a question. Its copies share their bytes.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file as a data URL, as it is sent: `data:image/png;base64,…` or `data:image/jpeg;base64,…`.
    pub url: Bytes,
    /// Whether it is a piece of a long image.
    pub is_piece: bool,
}

impl Picture {
    /// Decodes image `number` and encodes it again, so that neither EXIF data nor a format that some endpoint does not
    /// read is sent; in `count` pieces, as [`pieces()`](super::pieces()) has them, of the `all` that the submission has.
    ///
    /// # Errors
    /// [`Error::BadImage`] when it cannot be decoded within the limits.
    pub async fn from_image(
        number: usize,
        media_type: MediaType,
        bytes: Bytes,
        count: usize,
        all: usize,
    ) -> Result<Vec<Self>, Error> {
        let is_photo = media_type == MediaType::Jpeg;
        let encoded = decode(media_type, bytes, move |image, orientation| {
            let room = FILE_BYTES.min(ALL_BYTES / all.max(1));
            prepare(image, orientation, count, |image| {
                encode(image, is_photo, room)
            })
        })
        .await;
        let reason = match encoded {
            Ok(Ok(pictures)) => return Ok(pictures),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        Err(Error::BadImage { number, reason })
    }

    /// A picture of one colour.
    #[must_use]
    pub fn plain(side: u32, colour: [u8; 3]) -> Option<Self> {
        let image = RgbImage::from_pixel(side, side, Rgb(colour));
        encode(DynamicImage::ImageRgb8(image), false, FILE_BYTES).ok()
    }

    fn new(media_type: MediaType, file: &[u8]) -> Self {
        let mut url = format!("data:{media_type};base64,");
        STANDARD.encode_string(file, &mut url);
        Self {
            url: url.into(),
            is_piece: false,
        }
    }
}

/// Lays what is transparent on white, leaves eight bits a channel, makes it small enough, and last upright: turning copies. Of
/// the pieces of a long image there is one at a time.
fn prepare(
    image: DynamicImage,
    orientation: Orientation,
    count: usize,
    encode: impl Fn(DynamicImage) -> Result<Picture, ImageError>,
) -> Result<Vec<Picture>, ImageError> {
    let mut pixels = Pixels::from(image);
    let (width, height) = pixels.size();
    pixels.shrink(pieces::long_side(width, height, count));
    let upright = |pixels: Pixels| {
        let mut image = pixels.into_image().ok_or_else(unfit)?;
        image.apply_orientation(orientation);
        encode(image)
    };
    if count <= 1 {
        return Ok(vec![upright(pixels)?]);
    }
    let (width, height) = pixels.size();
    let mut parts: Vec<_> = pieces::parts(width.max(height), count).collect();
    if is_reversed(orientation, height >= width) {
        parts.reverse();
    }
    let piece = |part| {
        upright(pixels.part(part)).map(|picture| Picture {
            is_piece: true,
            ..picture
        })
    };
    parts.into_iter().map(piece).collect()
}

/// Whether the turn that makes an image upright puts the end of its long side first.
fn is_reversed(orientation: Orientation, is_tall: bool) -> bool {
    let (width, height) = if is_tall { (1, 2) } else { (2, 1) };
    let Some(marked) = GrayImage::from_raw(width, height, vec![0, 1]) else {
        return false;
    };
    let mut marked = DynamicImage::ImageLuma8(marked);
    marked.apply_orientation(orientation);
    marked.as_bytes().first() == Some(&1)
}

/// Pixels that do not fill their picture, which no decoder gives.
fn unfit() -> ImageError {
    use image::error::{ParameterError, ParameterErrorKind};
    ImageError::Parameter(ParameterError::from_kind(
        ParameterErrorKind::DimensionMismatch,
    ))
}

fn encode(image: DynamicImage, is_photo: bool, room: usize) -> Result<Picture, ImageError> {
    let (width, height) = (image.width(), image.height());
    let colour = image.color().into();
    if !is_photo {
        let mut file = Vec::new();
        PngEncoder::new(&mut file).write_image(image.as_bytes(), width, height, colour)?;
        if file.len() <= room {
            return Ok(Picture::new(MediaType::Png, &file));
        }
    }
    let mut file = Vec::new();
    for quality in JPEG_QUALITIES {
        file.clear();
        JpegEncoder::new_with_quality(&mut file, quality).write_image(
            image.as_bytes(),
            width,
            height,
            colour,
        )?;
        if file.len() <= room {
            break;
        }
    }
    Ok(Picture::new(MediaType::Jpeg, &file))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{GenericImageView as _, ImageFormat, Luma, Rgba, RgbaImage};

    use super::*;
    use domain::FailureCode;

    fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    async fn sent(media_type: MediaType, bytes: Vec<u8>) -> Picture {
        let mut all = cut(media_type, bytes, 1).await;
        assert_eq!(all.len(), 1);
        all.pop().unwrap()
    }

    async fn cut(media_type: MediaType, bytes: Vec<u8>, count: usize) -> Vec<Picture> {
        Picture::from_image(1, media_type, bytes.into(), count, count)
            .await
            .unwrap()
    }

    /// Media type and file.
    fn parts(picture: &Picture) -> (&str, Vec<u8>) {
        let url = std::str::from_utf8(&picture.url).unwrap();
        let (media_type, data) = url[5..].split_once(";base64,").unwrap();
        (media_type, STANDARD.decode(data).unwrap())
    }

    fn read(picture: &Picture) -> DynamicImage {
        image::load_from_memory(&parts(picture).1).unwrap()
    }

    #[tokio::test]
    async fn every_kind_becomes_png_or_jpeg() {
        let image = DynamicImage::new_rgb8(30, 20);
        for (format, media_type, expected) in [
            (ImageFormat::Png, MediaType::Png, "image/png"),
            (ImageFormat::Gif, MediaType::Gif, "image/png"),
            (ImageFormat::WebP, MediaType::Webp, "image/png"),
            (ImageFormat::Jpeg, MediaType::Jpeg, "image/jpeg"),
        ] {
            let picture = sent(media_type, file(&image, format)).await;
            let (media_type, file) = parts(&picture);
            assert_eq!(media_type, expected);
            assert_eq!(read(&picture).dimensions(), (30, 20));
            assert!(MediaType::of_bytes(&file).is_some_and(|m| m.as_str() == expected));
        }
    }

    #[tokio::test]
    async fn a_large_picture_is_scaled_down_and_a_small_one_left() {
        let large = DynamicImage::new_luma8(4096, 2100);
        let picture = sent(MediaType::Png, file(&large, ImageFormat::Png)).await;
        assert_eq!(read(&picture).dimensions(), (2048, 1050));
        assert!(!picture.is_piece);
    }

    /// Each row or column has its place as its grey, in steps that survive JPEG and scaling.
    fn ruler(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| {
            let (place, side) = if width > height {
                (x, width)
            } else {
                (y, height)
            };
            Luma([u8::try_from(place * 255 / side).unwrap()])
        })
    }

    #[tokio::test]
    async fn a_long_picture_is_cut_into_pieces_that_can_be_read() {
        for (width, height) in [(1080, 8000), (8000, 1080)] {
            let count = pieces::pieces(&[(width, height)])[0];
            let image = DynamicImage::ImageLuma8(ruler(width, height));
            let all = cut(MediaType::Png, file(&image, ImageFormat::Png), count).await;
            assert_eq!(all.len(), 5);
            let mut shown_to = 0;
            for picture in &all {
                assert!(picture.is_piece);
                let piece = read(picture).into_luma8();
                let (width, height) = piece.dimensions();
                assert!(width.min(height) == 1024 && width.max(height) <= 2048);
                // In order, and none begins behind the end of the one before.
                let (first, last) = (piece[(0, 0)].0[0], piece[(width - 1, height - 1)].0[0]);
                assert!(
                    first <= shown_to && last > shown_to,
                    "{first} {last} {shown_to}"
                );
                shown_to = last;
            }
            assert_eq!(shown_to, 254);
        }
    }

    #[test]
    fn pieces_are_in_the_order_of_the_upright_image() {
        for mark in 1..=8 {
            let orientation = Orientation::from_exif(mark).unwrap();
            for (width, height) in [(20, 3000), (3000, 20)] {
                let image = DynamicImage::ImageLuma8(ruler(width, height));
                let first = std::cell::RefCell::new(Vec::new());
                let look = |image: DynamicImage| {
                    first.borrow_mut().push(image.as_bytes()[0]);
                    encode(image, false, FILE_BYTES)
                };
                prepare(image.clone(), orientation, 2, look).unwrap();
                let mut upright = image;
                upright.apply_orientation(orientation);
                // The upright image's own beginning comes first.
                assert_eq!(first.borrow()[0], upright.as_bytes()[0], "{mark}");
                assert_ne!(first.borrow()[1], upright.as_bytes()[0], "{mark}");
            }
        }
    }

    #[tokio::test]
    async fn a_noisy_picture_is_sent_as_jpeg() {
        let noise = RgbImage::from_fn(1200, 1200, |x, y| {
            let value = x
                .wrapping_mul(2_654_435_761)
                .wrapping_add(y.wrapping_mul(40_503))
                >> 7;
            Rgb([value as u8, (value >> 8) as u8, (value >> 16) as u8])
        });
        let bytes = file(&DynamicImage::ImageRgb8(noise), ImageFormat::Png);
        let picture = sent(MediaType::Png, bytes).await;
        assert_eq!(parts(&picture).0, "image/jpeg");
    }

    #[tokio::test]
    async fn what_is_transparent_becomes_white() {
        let mut image = RgbaImage::from_pixel(2, 1, Rgba([0, 0, 0, 0]));
        image.put_pixel(1, 0, Rgba([10, 20, 30, 255]));
        let bytes = file(&DynamicImage::ImageRgba8(image), ImageFormat::Png);
        let flat = read(&sent(MediaType::Png, bytes).await).into_rgb8();
        assert_eq!(flat.get_pixel(0, 0), &Rgb([255, 255, 255]));
        assert_eq!(flat.get_pixel(1, 0), &Rgb([10, 20, 30]));
    }

    /// EXIF data that turns the picture, as a camera writes it, before the rest of a JPEG.
    fn turned(jpeg: &[u8]) -> Vec<u8> {
        let mut exif =
            b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"49.0 N 8.4 E");
        let mut out = jpeg[..2].to_vec();
        out.extend_from_slice(&[0xff, 0xe1]);
        out.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        out.extend_from_slice(&exif);
        out.extend_from_slice(&jpeg[2..]);
        out
    }

    #[tokio::test]
    async fn exif_data_is_followed_and_dropped() {
        let jpeg = turned(&file(&DynamicImage::new_rgb8(30, 20), ImageFormat::Jpeg));
        let picture = sent(MediaType::Jpeg, jpeg).await;
        assert_eq!(read(&picture).dimensions(), (20, 30));
        assert!(!parts(&picture).1.windows(6).any(|part| part == b"49.0 N"));
    }

    #[tokio::test]
    async fn a_bomb_and_a_torn_file_are_refused() {
        let bomb = file(&DynamicImage::new_luma8(8_000, 1_501), ImageFormat::Png);
        let torn = file(&DynamicImage::new_rgb8(300, 300), ImageFormat::Png);
        let torn = torn[..torn.len() / 2].to_vec();
        for bytes in [bomb, torn] {
            let error = Picture::from_image(2, MediaType::Png, bytes.into(), 1, 1)
                .await
                .unwrap_err();
            assert_eq!(error.code(), FailureCode::BadImage);
            assert!(error.to_string().starts_with("Image 2 "), "{error}");
        }
    }
}
