//! Compresses the API's document.

use std::{
    env, fs,
    io::{self, Write as _},
    path::PathBuf,
};

const DOCUMENT: &str = "openapi.json";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={DOCUMENT}");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&fs::read(DOCUMENT)?)?;
    fs::write(out.join("openapi.json.gz"), gzip.finish()?)
}
