//! The pages in a real browser: Chromium, driven by the scenarios in `tests/browser`.
//!
//! `tests/run` installs what they need. Where that is not possible, they say so and do nothing.

mod access;
mod driver;
mod hostile;
mod pages;
mod panel;
mod result;
