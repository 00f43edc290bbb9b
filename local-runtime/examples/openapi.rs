//! Writes the API's document to the standard output: `cargo run -p local-runtime --example openapi`.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    io::stdout().write_all(local_runtime::openapi::text()?.as_bytes())
}
