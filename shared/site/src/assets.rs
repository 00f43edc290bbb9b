//! Style sheet, scripts, images and the font of formulas, compressed when the crate is built and named after their content.

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

use web::{
    error::ApiError,
    http::{accepts, is_known},
};

/// A file of the pages.
pub(super) struct Asset {
    pub(super) name: &'static str,
    hash: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

static ALL: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The route of the assets.
pub const ASSETS: &str = "/assets/{name}";

/// Address of an asset; it changes with the content.
pub(super) fn address(name: &str) -> String {
    let hash = ALL.iter().find(|asset| asset.name == name);
    format!("/assets/{}-{name}", hash.map_or("0", |asset| asset.hash))
}

/// Serves an asset: for ever cacheable under its present name.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn serve_asset(
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let asset = file
        .split_once('-')
        .and_then(|(hash, name)| {
            ALL.iter()
                .find(|asset| asset.name == name && asset.hash == hash)
        })
        .ok_or_else(|| ApiError::NotFound("There is no asset of this name.".to_owned()))?;
    let etag = format!("\"{}\"", asset.hash);
    let cacheable = [
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if is_known(&headers, &etag) {
        return Ok((axum::http::StatusCode::NOT_MODIFIED, cacheable).into_response());
    }
    let is_compressed = asset.brotli.is_empty();
    let (bytes, encoding) = if is_compressed {
        (asset.plain, None)
    } else if accepts(&headers, "br") {
        (asset.brotli, Some("br"))
    } else if accepts(&headers, "gzip") {
        (asset.gzip, Some("gzip"))
    } else {
        (asset.plain, None)
    };
    let media_type = match asset.name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("woff2") => "font/woff2",
        _ => "image/svg+xml",
    };
    let mut response = (cacheable, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.extend(
        encoding.map(|encoding| (header::CONTENT_ENCODING, HeaderValue::from_static(encoding))),
    );
    headers.extend(HeaderValue::from_str(&etag).map(|etag| (header::ETAG, etag)));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_asset_is_served_as_the_client_can_read_it_and_under_its_present_name_only() {
        let asset = ALL.iter().find(|asset| asset.name == "site.css").unwrap();
        let file = format!("{}-site.css", asset.hash);
        for (accepted, encoding, length) in [
            ("gzip, br", Some("br"), asset.brotli.len()),
            ("gzip, br;q=0", Some("gzip"), asset.gzip.len()),
            ("identity", None, asset.plain.len()),
        ] {
            let headers = HeaderMap::from_iter([(
                header::ACCEPT_ENCODING,
                HeaderValue::from_static(accepted),
            )]);
            let response = serve_asset(Path(file.clone()), headers).await.unwrap();
            let said = response.headers().get(header::CONTENT_ENCODING);
            assert_eq!(said.map(|said| said.to_str().unwrap()), encoding);
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
            assert_eq!(body.unwrap().len(), length);
        }
        for old in ["0123456789abcdef-site.css", "site.css", "..%2fsite.css"] {
            let missing = serve_asset(Path(old.to_owned()), HeaderMap::new()).await;
            assert!(matches!(missing, Err(ApiError::NotFound(_))));
        }
    }
}
