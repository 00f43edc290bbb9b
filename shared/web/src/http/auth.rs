//! Recognises the admin, and the owner of a submission.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, HeaderValue, request::Parts},
};
use axum_extra::headers::{Authorization, HeaderMapExt as _, authorization::Bearer};
use cookie::SameSite;
use secrecy::ExposeSecret as _;

use super::{ClientAddress, access::is_access_password, ticket::Ticket};
use crate::{error::ApiError, state::AppState};
use config::crypto::{same_secret, sha256};
use db::submissions;
use domain::{Chain, SubmissionId, VisitorId};
use job_queue::guesses::TooMany;
use uuid::Uuid;

/// The admin's session.
const SESSION: Ticket = Ticket {
    name: "cc_session",
    purpose: "admin session",
    seconds: 7 * 24 * 60 * 60,
    same_site: SameSite::Strict,
};

/// Whether `given` is the admin's token. Without a configured token nothing is.
#[must_use]
pub fn is_admin_token(given: &str, state: &AppState) -> bool {
    state
        .config
        .secrets
        .settings_token
        .as_ref()
        .is_some_and(|token| same_secret(given, token.expose_secret()))
}

/// The tokens that a request holds in these headers; `bearer` is the one in `Authorization`.
fn tokens(headers: &HeaderMap, bearer: Option<String>, names: &[&str]) -> Vec<String> {
    let of = |name: &&str| headers.get(*name).and_then(|value| value.to_str().ok());
    let own = names.iter().filter_map(of).map(str::to_owned);
    bearer
        .into_iter()
        .chain(own)
        .filter(|token| !token.is_empty())
        .collect()
}

/// The token in `Authorization`.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let bearer = headers.typed_get::<Authorization<Bearer>>()?;
    Some(bearer.token().trim().to_owned())
}

/// In the extensions of a request that holds the server's password.
#[derive(Clone, Copy, Debug)]
struct HasPassword;

/// The rights of a request. They are found out once for a request, so that a wrong token counts once, and counts whatever route it is
/// sent to: each that shows the admin more than others would tell a right one from a wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// The admin's: by the token, as `Authorization: Bearer …` or `x-admin-token: …`, or by the session cookie.
    Admin,
    /// By the owner token of this submission.
    Owner(SubmissionId),
    /// By nothing.
    Nobody,
    /// From a client that sent too many wrong tokens; this many seconds from now it may try again.
    TooMany(u64),
}

impl Access {
    async fn of(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(*known);
        }
        let by_token = Self::by_token(parts, state).await?;
        let token = state.config.secrets.settings_token.as_ref();
        let access =
            if by_token != Self::Admin && SESSION.is_held(&parts.headers, token, state).await? {
                Self::Admin
            } else {
                by_token
            };
        parts.extensions.insert(access);
        Ok(access)
    }

    async fn by_token(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let (password, bearer) = match bearer(&parts.headers) {
            Some(token) if is_access_password(&token, state) => (true, None),
            bearer => (false, bearer),
        };
        let id = submission(parts).await;
        let names: &[&str] = if password && id.is_none() {
            // The owner's token is no wrong one: the body may name its submission, and it is looked at then.
            &["x-admin-token"]
        } else {
            &["x-admin-token", "x-owner-token"]
        };
        let tokens = tokens(&parts.headers, bearer, names);
        if tokens.is_empty() && !password {
            return Ok(Self::Nobody);
        }
        let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(parts, state).await;
        if password {
            parts.extensions.insert(HasPassword);
        }
        if tokens.is_empty() {
            let counted = state.guesses.right(&client).await;
            return Ok(
                counted.map_or_else(|TooMany(seconds)| Self::TooMany(seconds), |()| Self::Nobody)
            );
        }
        let right = if tokens.iter().any(|token| is_admin_token(token, state)) {
            Some(Self::Admin)
        } else {
            let is_owners = match id {
                Some(id) => {
                    let owner = submissions::owner(&state.db, id).await?;
                    let hash = owner.and_then(|owner| owner.owner_token_hash);
                    // Both sides are digests, so how long a comparison takes tells nothing of the token.
                    let is_it =
                        |token: &String| hash.as_deref() == Some(&sha256(token.as_bytes())[..]);
                    tokens.iter().any(is_it)
                }
                None => false,
            };
            id.filter(|_| is_owners).map(Self::Owner)
        };
        let (counted, access) = match right {
            Some(access) => (state.guesses.right(&client).await, access),
            None => (state.guesses.wrong(&client).await, Self::Nobody),
        };
        Ok(match counted {
            Ok(()) => access,
            Err(TooMany(seconds)) => Self::TooMany(seconds),
        })
    }
}

/// The submission that a request is about, where its body names it.
#[derive(Clone, Copy, Debug)]
struct Named(SubmissionId);

/// The submission in the request's address or, for [`Owned::named`], in its body.
async fn submission(parts: &mut Parts) -> Option<SubmissionId> {
    if let Some(Named(id)) = parts.extensions.get() {
        return Some(*id);
    }
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let (_, id) = params.iter().find(|(name, _)| *name == "id")?;
    id.parse().ok()
}

/// Whether the request is the admin's, as far as that can be told while the database is away.
pub async fn is_admin(parts: &mut Parts, state: &AppState) -> bool {
    match Access::of(parts, state).await {
        Ok(access) => access == Access::Admin,
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "nobody can be recognised as the admin");
            false
        }
    }
}

/// [`is_admin`] for a request whose body names a submission: its owner's token is no wrong one.
pub async fn is_admin_about(parts: &mut Parts, state: &AppState, id: SubmissionId) -> bool {
    name(parts, id);
    is_admin(parts, state).await
}

/// Notes the submission that a request is about.
fn name(parts: &mut Parts, id: SubmissionId) {
    parts.extensions.insert(Named(id));
    // When the rights were found out before, it was not known.
    if let Some(Access::Nobody) = parts.extensions.get() {
        parts.extensions.remove::<Access>();
    }
}

/// Lets a request in that holds the server's password, or is the admin's.
///
/// # Errors
/// [`ApiError::AccessRequired`], [`ApiError::TooManyAttempts`], or those of the database.
pub(super) async fn admit(parts: &mut Parts, state: &AppState) -> Result<(), ApiError> {
    match Access::of(parts, state).await? {
        Access::Admin => Ok(()),
        Access::TooMany(seconds) => Err(ApiError::TooManyAttempts(seconds)),
        Access::Owner(_) | Access::Nobody if parts.extensions.get::<HasPassword>().is_some() => {
            Ok(())
        }
        Access::Owner(_) | Access::Nobody => Err(ApiError::AccessRequired),
    }
}

/// Ends the sessions of a request for good, also for anyone with a copy of the cookie, and answers the cookie that takes them out
/// of the browser.
///
/// # Errors
/// Those of the database: the sessions go on then.
pub async fn end_session(
    headers: &HeaderMap,
    state: &AppState,
) -> Result<Option<HeaderValue>, ApiError> {
    let token = state.config.secrets.settings_token.as_ref();
    SESSION.end(headers, token, state).await
}

/// A new session's cookie. A new token ends every session.
#[must_use]
pub fn session_cookie(headers: &HeaderMap, state: &AppState) -> Option<HeaderValue> {
    SESSION.issue(headers, state.config.secrets.settings_token.as_ref()?)
}

/// Proof that the request is the admin's; without it the answer is 401.
#[derive(Clone, Copy, Debug)]
pub struct Admin;

impl FromRequestParts<AppState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        match Access::of(parts, state).await? {
            Access::Admin => Ok(Self),
            Access::TooMany(seconds) => Err(ApiError::TooManyAttempts(seconds)),
            Access::Owner(_) | Access::Nobody => Err(ApiError::Unauthorized),
        }
    }
}

/// The rights of a request, for a handler that reads the submission in its address anyway.
#[derive(Clone, Copy, Debug)]
pub struct Rights {
    access: Access,
    visitor: Option<VisitorId>,
}

impl FromRequestParts<AppState> for Rights {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self {
            access: Access::of(parts, state).await?,
            visitor: super::visitor::read(&parts.headers, &state.keys),
        })
    }
}

impl Rights {
    /// Whether it may act on the submission as [`Owned`] may.
    #[must_use]
    pub fn may_act_on(self, id: SubmissionId, visitor_id: Option<Uuid>) -> bool {
        self.access == Access::Admin
            || self.access == Access::Owner(id)
            || self
                .visitor
                .is_some_and(|visitor| visitor_id == Some(visitor.0))
    }
}

/// Proof that the request may act on the submission in its address: its owner's, by visitor cookie or owner token (as
/// `Authorization: Bearer …` or `x-owner-token: …`), or the admin's.
#[derive(Clone, Copy, Debug)]
pub struct Owned(pub SubmissionId);

impl FromRequestParts<AppState> for Owned {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let super::PathId(id) = super::PathId::from_request_parts(parts, state).await?;
        Self::check(parts, state, id).await
    }
}

impl Owned {
    /// Proof for a submission that the body names, with the owner's token if the body has one.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] for text that is no token at `/owner_token`, [`ApiError::NotOwner`], [`ApiError::NotFound`],
    /// [`ApiError::TooManyAttempts`], or those of the database.
    pub async fn named(
        parts: &mut Parts,
        state: &AppState,
        id: SubmissionId,
        token: Option<&str>,
    ) -> Result<Self, ApiError> {
        if let Some(token) = token {
            let token = HeaderValue::from_str(token).map_err(|_| {
                ApiError::field("/owner_token", "must be the owner_token of the submission")
            })?;
            parts.headers.insert("x-owner-token", token);
        }
        name(parts, id);
        Self::check(parts, state, id).await
    }

    async fn check(
        parts: &mut Parts,
        state: &AppState,
        id: SubmissionId,
    ) -> Result<Self, ApiError> {
        let rights = Rights::from_request_parts(parts, state).await?;
        if rights.may_act_on(id, None) {
            return Ok(Self(id));
        }
        let owner = submissions::owner(&state.db, id)
            .await?
            .ok_or_else(ApiError::no_submission)?;
        if rights.may_act_on(id, owner.visitor_id) {
            return Ok(Self(id));
        }
        Err(match rights.access {
            Access::TooMany(seconds) => ApiError::TooManyAttempts(seconds),
            _ => ApiError::NotOwner,
        })
    }
}
