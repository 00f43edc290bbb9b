//! The system's root certificates, for drivers that would use their own: operators of a private authority trust it there.

use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::RootCertStore;

/// The system's root certificates as PEM, read once; `None` where there are none, as in some minimal images.
pub fn system_roots() -> Option<&'static [u8]> {
    static ROOTS: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    ROOTS.get_or_init(read).as_deref()
}

fn read() -> Option<Vec<u8>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "root certificates cannot be read");
    }
    let mut pem = String::new();
    // One that cannot be used must not keep the others from being used.
    let mut usable = RootCertStore::empty();
    for certificate in found.certs {
        let body = STANDARD.encode(&certificate);
        if usable.add(certificate).is_ok() {
            pem.push_str("-----BEGIN CERTIFICATE-----\n");
            pem.push_str(&body);
            pem.push_str("\n-----END CERTIFICATE-----\n");
        }
    }
    (!pem.is_empty()).then(|| pem.into_bytes())
}
