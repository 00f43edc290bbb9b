//! The function `admin-pages` on its own.

fn main() -> runtime::Result {
    runtime::run(env!("CARGO_PKG_NAME"), admin_pages::router)
}
