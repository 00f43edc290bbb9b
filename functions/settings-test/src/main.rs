//! The function `settings-test` on its own.

fn main() -> shared::runtime::Result {
    shared::runtime::run(env!("CARGO_PKG_NAME"), settings_test::router)
}
