//! The function `admin-pages` on its own.

fn main() -> shared::runtime::Result {
    shared::runtime::run(env!("CARGO_PKG_NAME"), admin_pages::router)
}
