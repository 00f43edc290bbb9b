//! The function `submissions-image` on its own.

fn main() -> shared::runtime::Result {
    shared::runtime::run(env!("CARGO_PKG_NAME"), submissions_image::router)
}
