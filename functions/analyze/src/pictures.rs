//! The images of a submission as the model gets them.

use db::{images, submissions::Lease};
use llm::Picture;
use tokio::sync::Semaphore;
use web::state::AppState;

use crate::{failure::Failure, persist::persist};

/// Decodes the images one after the other, also those that other jobs have: each takes megabytes until it is a picture.
pub(crate) async fn load(state: &AppState, lease: Lease) -> Result<Vec<Picture>, Failure> {
    static TURN: Semaphore = Semaphore::const_new(1);
    // A semaphore that is never closed always gives a permit.
    let _turn = TURN.acquire().await.ok();
    let listed = persist(|| images::list(&state.db, lease.id)).await?;
    let side = |side: i32| u32::try_from(side).unwrap_or_default();
    let sizes: Vec<_> = listed
        .iter()
        .map(|image| (side(image.width), side(image.height)))
        .collect();
    let counts = llm::pieces(&sizes);
    let all = counts.iter().sum();
    let mut pictures = Vec::new();
    for (image, count) in listed.iter().zip(counts) {
        let stored = persist(|| images::find(&state.db, lease.id, image.position)).await?;
        let Some(stored) = stored else { continue };
        let number = usize::try_from(image.position).unwrap_or_default();
        let bytes = stored.bytes.into();
        pictures.extend(Picture::from_image(number, stored.media_type, bytes, count, all).await?);
    }
    Ok(pictures)
}
