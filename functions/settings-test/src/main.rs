//! The function `settings-test` on its own.

fn main() -> runtime::Result {
    runtime::run(env!("CARGO_PKG_NAME"), settings_test::router)
}
