//! Forms, read whole: multipart ones, and short ones of names and values.

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request},
};

use serde::de::DeserializeOwned;

use super::body::{Body, SmallBody, has_media_type};
use crate::{error::ApiError, state::AppState};
use domain::limits;

/// A field of a form.
#[derive(Debug)]
pub struct FormField {
    /// Its name.
    pub name: String,
    /// Whether it came as a file.
    pub is_file: bool,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A `multipart/form-data` body.
#[derive(Debug)]
pub struct Form(pub Vec<FormField>);

impl Form {
    /// Whether the request's body is such a form.
    #[must_use]
    pub fn is_sent_by(request: &Request) -> bool {
        has_media_type(request.headers(), "multipart/form-data")
    }
}

impl FromRequest<AppState> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        if !Self::is_sent_by(&request) {
            return Err(ApiError::UnsupportedMediaType("multipart/form-data"));
        }
        let (parts, body) = request.into_parts();
        let Body(bytes) =
            Body::from_request(Request::from_parts(parts.clone(), body), state).await?;
        let mut request = Request::from_parts(parts, bytes.into());
        // The limit was enforced above, and Multipart must not enforce its own default.
        axum::extract::DefaultBodyLimit::disable().apply(&mut request);
        let unreadable =
            |what: String| ApiError::Unreadable(format!("The form cannot be read: {what}."));
        let mut form = Multipart::from_request(request, state)
            .await
            .map_err(|error| unreadable(error.body_text()))?;
        let mut fields = Vec::new();
        while let Some(field) = form
            .next_field()
            .await
            .map_err(|error| unreadable(error.body_text()))?
        {
            if fields.len() == limits::FORM_PARTS {
                let most = limits::FORM_PARTS;
                return Err(unreadable(format!("it has more than {most} parts")));
            }
            let name = field.name().unwrap_or_default().to_owned();
            let is_file = field.file_name().is_some();
            let bytes = field
                .bytes()
                .await
                .map_err(|error| unreadable(error.body_text()))?;
            fields.push(FormField {
                name,
                is_file,
                bytes,
            });
        }
        Ok(Self(fields))
    }
}

/// An `application/x-www-form-urlencoded` body.
#[derive(Clone, Copy, Debug)]
pub struct Fields<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Fields<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";
        if !has_media_type(request.headers(), MEDIA_TYPE) {
            return Err(ApiError::UnsupportedMediaType(MEDIA_TYPE));
        }
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let SmallBody(bytes) = SmallBody::from_request(whole, state).await?;
        let request = Request::from_parts(parts, bytes.into());
        match axum::Form::<T>::from_request(request, state).await {
            Ok(axum::Form(fields)) => Ok(Self(fields)),
            Err(rejection) => Err(ApiError::Unreadable(format!(
                "The form cannot be read: {}.",
                rejection.body_text()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    async fn read(parts: usize) -> Result<Form, ApiError> {
        let url = ("DATABASE_URL", "postgres://unused@localhost/unused");
        let variables = [url].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = config::Config::from_vars(variables).unwrap();
        let state = AppState::new(config, 1).unwrap();
        let body = "--x\r\n\r\n\r\na\r\n".repeat(parts) + "--x--\r\n";
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(body.into())
            .unwrap();
        Form::from_request(request, &state).await
    }

    #[tokio::test]
    async fn a_form_of_a_million_parts_is_not_read_on() {
        assert_eq!(
            read(limits::FORM_PARTS).await.unwrap().0.len(),
            limits::FORM_PARTS
        );
        for parts in [limits::FORM_PARTS + 1, 1_000_000] {
            let refused = read(parts).await;
            assert!(
                matches!(&refused, Err(ApiError::Unreadable(why)) if why.contains("more than 64 parts")),
                "{parts}"
            );
        }
    }
}
