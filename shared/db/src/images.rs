//! Table `images`: the screenshots of a submission, counted from 1.

use sqlx::PgExecutor;

use super::Result;
use domain::{Image, MediaType, SubmissionId};

/// Stores an image at a position, counted from 1.
///
/// # Errors
/// [`super::Error`], a constraint's among them.
pub async fn insert(
    db: impl PgExecutor<'_>,
    id: SubmissionId,
    position: i16,
    image: &Image,
) -> Result<()> {
    sqlx::query!(
        "-- images.insert
        INSERT INTO images (submission_id, position, media_type, width, height, bytes)
        VALUES ($1, $2, $3, $4, $5, $6)",
        id.as_uuid(),
        position,
        image.media_type.as_str(),
        i32::try_from(image.width).unwrap_or(i32::MAX),
        i32::try_from(image.height).unwrap_or(i32::MAX),
        &image.bytes[..],
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An image without its bytes.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Counted from 1.
    pub position: i16,
    pub media_type: MediaType,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
}

/// The images of a submission in order, without their bytes.
///
/// # Errors
/// [`super::Error`].
pub async fn list(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<Vec<Listed>> {
    let rows = sqlx::query_as!(
        Listed,
        r#"-- images.list
        SELECT position, media_type AS "media_type: MediaType", width, height
        FROM images
        WHERE submission_id = $1
        ORDER BY position"#,
        id.as_uuid(),
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A stored image.
#[derive(Clone, Debug)]
pub struct Stored {
    pub media_type: MediaType,
    /// The file, as submitted.
    pub bytes: Vec<u8>,
}

/// The image at a position, counted from 1.
///
/// # Errors
/// [`super::Error`].
pub async fn find(
    db: impl PgExecutor<'_>,
    id: SubmissionId,
    position: i16,
) -> Result<Option<Stored>> {
    let row = sqlx::query_as!(
        Stored,
        r#"-- images.find
        SELECT media_type AS "media_type: MediaType", bytes
        FROM images
        WHERE submission_id = $1 AND position = $2"#,
        id.as_uuid(),
        position,
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}
