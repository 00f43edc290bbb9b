//! Keys: signatures, sealed values and digests, all with aws-lc-rs.

use aws_lc_rs::{aead, constant_time, digest, hkdf, hmac, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretSlice};

use crate::{DatabaseConfig, SecretsConfig};

/// The keys of this installation: the first signs, all verify.
///
/// They come from `SECRET_KEYS`, or else are derived from the database's password. With neither they are random and
/// end with the process.
#[derive(Clone)]
pub struct KeyRing {
    keys: Vec<SecretSlice<u8>>,
    lasting: bool,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing")
            .field("keys", &self.keys.len())
            .field("lasting", &self.lasting)
            .finish()
    }
}

struct Bytes32;

impl hkdf::KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

fn derive(secret: &[u8], purpose: &str) -> [u8; 32] {
    let mut out = [0; 32];
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"code-checker");
    let info = [purpose.as_bytes()];
    salt.extract(secret)
        .expand(&info, Bytes32)
        .and_then(|okm| okm.fill(&mut out))
        .expect("HKDF-SHA256 gives up to 8160 bytes and 32 are asked for");
    out
}

impl KeyRing {
    /// The keys that the configuration gives.
    #[must_use]
    pub fn new(secrets: &SecretsConfig, database: Option<&DatabaseConfig>) -> Self {
        if !secrets.keys.is_empty() {
            return Self {
                keys: secrets.keys.clone(),
                lasting: true,
            };
        }
        if let Some(password) = database.and_then(|database| database.password.as_ref()) {
            let key = derive(
                password.expose_secret().as_bytes(),
                "secret key from the database password",
            );
            return Self {
                keys: vec![SecretSlice::from(key.to_vec())],
                lasting: true,
            };
        }
        Self {
            keys: vec![SecretSlice::from(random::<32>().to_vec())],
            lasting: false,
        }
    }

    /// Whether the keys outlive this process.
    #[must_use]
    pub const fn is_lasting(&self) -> bool {
        self.lasting
    }

    /// Signs `message` for one purpose: base64url, 43 characters.
    #[must_use]
    pub fn sign(&self, purpose: &str, message: &str) -> String {
        // `new` leaves at least one key.
        self.keys
            .first()
            .map(|key| URL_SAFE_NO_PAD.encode(tag(key, purpose, message)))
            .unwrap_or_default()
    }

    /// Whether one of the keys made this signature of `message` for `purpose`.
    #[must_use]
    pub fn verify(&self, purpose: &str, message: &str, signature: &str) -> bool {
        let Ok(given) = URL_SAFE_NO_PAD.decode(signature) else {
            return false;
        };
        self.keys.iter().any(|key| {
            constant_time::verify_slices_are_equal(tag(key, purpose, message).as_ref(), &given)
                .is_ok()
        })
    }
}

impl KeyRing {
    /// Seals `plaintext` with AES-256-GCM so that it opens in the same `context` only: id of the key, nonce, ciphertext.
    #[must_use]
    pub fn seal(&self, context: &str, plaintext: &str) -> Vec<u8> {
        // `new` leaves at least one key.
        let Some(secret) = self.keys.first() else {
            return Vec::new();
        };
        let nonce = random::<NONCE>();
        let mut sealed = plaintext.as_bytes().to_vec();
        cipher(secret)
            .seal_in_place_append_tag(
                aead::Nonce::assume_unique_for_key(nonce),
                aead::Aad::from(context.as_bytes()),
                &mut sealed,
            )
            .expect("AES-GCM seals up to 64 GB");
        [&[key_id(secret)][..], &nonce, &sealed].concat()
    }

    /// Opens what was sealed in this context with one of the keys; `None` if none of them did, or if it was changed.
    #[must_use]
    pub fn open(&self, context: &str, sealed: &[u8]) -> Option<String> {
        let (id, rest) = sealed.split_first()?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE)?;
        self.keys
            .iter()
            .filter(|key| key_id(key) == *id)
            .find_map(|key| {
                let nonce = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
                let mut buffer = ciphertext.to_vec();
                let plain = cipher(key)
                    .open_in_place(nonce, aead::Aad::from(context.as_bytes()), &mut buffer)
                    .ok()?;
                String::from_utf8(plain.to_vec()).ok()
            })
    }
}

/// Length of a nonce in bytes.
const NONCE: usize = aead::NONCE_LEN;

fn cipher(secret: &SecretSlice<u8>) -> aead::LessSafeKey {
    let key = derive(secret.expose_secret(), "seal");
    aead::LessSafeKey::new(
        aead::UnboundKey::new(&aead::AES_256_GCM, &key)
            .expect("a key of AES-256 has 32 bytes and so has this one"),
    )
}

/// Tells keys of a ring apart; says nothing about them.
fn key_id(secret: &SecretSlice<u8>) -> u8 {
    derive(secret.expose_secret(), "key id")[0]
}

/// Signs `message` with a key that is made from a secret text, such as the admin's token.
#[must_use]
pub fn sign_with(secret: &str, purpose: &str, message: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, &derive(secret.as_bytes(), purpose)),
        message.as_bytes(),
    ))
}

fn tag(key: &SecretSlice<u8>, purpose: &str, message: &str) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &derive(key.expose_secret(), purpose));
    hmac::sign(&key, message.as_bytes())
}

/// HMAC-SHA-256 with a key as it is.
#[must_use]
pub fn hmac_sha256(key: &SecretSlice<u8>, message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret());
    hmac::sign(&key, message).as_ref().to_vec()
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// Whether two secrets are the same, in a time that tells nothing about either, not even its length.
#[must_use]
pub fn same_secret(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(&sha256(a.as_bytes()), &sha256(b.as_bytes())).is_ok()
}

/// Random bytes from the system.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system's random numbers are there once it has booted");
    bytes
}

/// A random number from 0 up to but not including 1.
#[must_use]
pub fn random_fraction() -> f64 {
    f64::from(u32::from_le_bytes(random())) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(keys: &[u8]) -> KeyRing {
        let keys = keys
            .iter()
            .map(|byte| SecretSlice::from(vec![*byte; 32]))
            .collect();
        KeyRing::new(
            &SecretsConfig {
                settings_token: None,
                access_password: None,
                keys,
            },
            None,
        )
    }

    #[test]
    fn a_signature_holds_for_its_message_and_purpose_only() {
        let keys = ring(&[1]);
        let signature = keys.sign("visitor", "a");
        assert!(keys.verify("visitor", "a", &signature));
        assert!(!keys.verify("visitor", "b", &signature));
        assert!(!keys.verify("session", "a", &signature));
        assert!(!keys.verify("visitor", "a", "%%%"));
        assert!(!keys.verify("visitor", "a", ""));
    }

    #[test]
    fn an_older_key_still_verifies_and_an_unknown_one_does_not() {
        let signature = ring(&[1]).sign("visitor", "a");
        assert!(ring(&[2, 1]).verify("visitor", "a", &signature));
        assert!(!ring(&[2]).verify("visitor", "a", &signature));
    }

    #[test]
    fn a_sealed_value_opens_with_its_keys_in_its_place_only() {
        let sealed = ring(&[1]).seal("settings/A/sealed", "hush");
        assert_eq!(
            ring(&[1]).open("settings/A/sealed", &sealed).as_deref(),
            Some("hush")
        );
        assert_eq!(
            ring(&[2, 1]).open("settings/A/sealed", &sealed).as_deref(),
            Some("hush")
        );
        assert_eq!(ring(&[2]).open("settings/A/sealed", &sealed), None);
        assert_eq!(ring(&[1]).open("settings/B/sealed", &sealed), None);
        assert_ne!(ring(&[1]).seal("settings/A/sealed", "hush"), sealed);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(
                ring(&[1]).open("settings/A/sealed", &changed),
                None,
                "byte {at}"
            );
            assert_eq!(ring(&[1]).open("settings/A/sealed", &sealed[..at]), None);
        }
    }

    #[test]
    fn secrets_are_compared_whole() {
        assert!(same_secret("abc", "abc"));
        assert!(!same_secret("abc", "abcd"));
        assert!(!same_secret("", "a"));
    }

    #[test]
    fn without_keys_or_password_the_ring_is_random() {
        assert!(!ring(&[]).is_lasting());
        assert_ne!(
            ring(&[]).sign("visitor", "a"),
            ring(&[]).sign("visitor", "a")
        );
    }
}
