//! An image as it was sent: a file, or text that is one.

use std::borrow::Cow;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, de};

use domain::{ImageError, limits};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// An image as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftImage {
    /// A file.
    File(Bytes),
    /// No file, and what is wrong with it as the end of a sentence.
    Unreadable(String),
}

impl DraftImage {
    /// The file in a data URL such as `data:image/png;base64,…`, or in base64 alone. The part before the comma tells only how
    /// the file is encoded, and nothing about its type.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let text = text.trim();
        let is_data_url = text
            .get(..5)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
        let (is_base64, data) = match text.get(5..).and_then(|rest| rest.split_once(',')) {
            Some((head, data)) if is_data_url => (is_base64(head), data),
            None if !is_data_url && !text.is_empty() && text.bytes().all(is_of_base64) => {
                (true, text)
            }
            _ => {
                let expected = "must be a data URL such as data:image/png;base64,…";
                return Self::Unreadable(expected.to_owned());
            }
        };
        let written = Cow::from(percent_decode_str(data));
        let bytes = if is_base64 {
            decode(&written)
        } else if written.len() > limits::IMAGE_BYTES {
            Err(ImageError::TooBig(written.len()).to_string())
        } else {
            Ok(written.into_owned())
        };
        match bytes {
            Ok(bytes) => Self::File(bytes.into()),
            Err(why) => Self::Unreadable(why),
        }
    }
}

/// Whether base64 is among the parameters of a data URL, which begin after the media type.
fn is_base64(head: &str) -> bool {
    head.split(';')
        .any(|parameter| parameter.trim().eq_ignore_ascii_case("base64"))
}

fn is_of_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/-_=".contains(&byte)
}

/// Decodes base64, also in lines, without its padding, and in the alphabet for addresses.
fn decode(written: &[u8]) -> Result<Vec<u8>, String> {
    let signs = || {
        let solid = written.iter().filter(|byte| !byte.is_ascii_whitespace());
        solid.map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
    };
    // Decoding first what cannot fit would only cost memory.
    let count = signs().filter(|byte| *byte != b'=').count();
    if count / 4 * 3 > limits::IMAGE_BYTES + 3 {
        return Err(ImageError::TooBig(count / 4 * 3).to_string());
    }
    let is_plain = signs().eq(written.iter().copied());
    let plain = if is_plain {
        Cow::Borrowed(written)
    } else {
        Cow::Owned(signs().collect())
    };
    BASE64
        .decode(plain)
        .map_err(|_| "is not valid base64".to_owned())
}

impl<'de> Deserialize<'de> for DraftImage {
    /// Reads a data URL, and keeps the file alone: a copy of the URL would be megabytes more.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DataUrl;
        impl de::Visitor<'_> for DataUrl {
            type Value = DraftImage;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, url: &str) -> Result<DraftImage, E> {
                Ok(DraftImage::from_text(url))
            }
        }
        deserializer.deserialize_str(DataUrl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its base64 has both signs in which the alphabets differ, and padding.
    const BYTES: &[u8] = b"\x89PNG\xfb\xff\xbf\xfe";

    #[test]
    fn however_a_file_is_written_it_is_read() {
        for text in [
            "data:image/png;base64,iVBOR/v/v/4=",
            "data:image/png;charset=utf-8;base64,iVBOR/v/v/4=",
            "data:image/png;name=\"a.png\"; base64 ,iVBOR/v/v/4=",
            "data:;base64,iVBOR/v/v/4=",
            "data:text/plain;base64,iVBOR/v/v/4=",
            "DATA:IMAGE/PNG;BASE64,iVBOR/v/v/4=",
            "  data:image/png;base64, iVBO\r\nR/v/\n\tv/4= \n",
            "data:image/png;base64,iVBOR%2Fv%2Fv%2F4%3D",
            "data:image/png;base64,iVBOR_v_v_4",
            "data:image/png;base64,iVBOR/v/v/5",
            "data:image/png,%89PNG%FB%FF%BF%FE",
            "iVBOR/v/v/4=",
            "iVBO\nR_v_\nv_4",
        ] {
            let read = DraftImage::from_text(text);
            assert_eq!(read, DraftImage::File(Bytes::from_static(BYTES)), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_file_is_told_in_words() {
        for (text, says) in [
            ("", "must be a data URL"),
            ("data:image/png;base64", "must be a data URL"),
            ("https://h.example/a.png", "must be a data URL"),
            ("dat\u{e4}:,", "must be a data URL"),
            ("data:image/png;base64,@@@@", "not valid base64"),
            ("data:image/png;base64,iVB=O", "not valid base64"),
        ] {
            let read = DraftImage::from_text(text);
            assert!(
                matches!(&read, DraftImage::Unreadable(why) if why.contains(says)),
                "{text}: {read:?}"
            );
        }
        let blanks = " ".repeat(limits::IMAGE_BYTES * 2);
        let short = DraftImage::from_text(&format!("data:;base64,iVBO{blanks}R/v/v/4="));
        assert_eq!(short, DraftImage::File(Bytes::from_static(BYTES)));
        for long in [
            format!(
                "data:;base64,{}",
                "A".repeat(limits::IMAGE_BYTES / 3 * 4 + 12)
            ),
            format!("data:,{}", "A".repeat(limits::IMAGE_BYTES + 1)),
        ] {
            let read = DraftImage::from_text(&long);
            assert!(
                matches!(&read, DraftImage::Unreadable(why) if why.contains("at most 2097152"))
            );
        }
    }
}
