//! The pages in real browsers, driven by the scenarios in `tests/browser`: all of it in Chromium, the main journeys in Firefox and
//! WebKit.
//!
//! `tests/run` installs what they need. Where that is not possible, they say so and do nothing.

mod access;
mod driver;
mod form;
mod history;
mod hostile;
mod hunt;
mod others;
mod pages;
mod panel;
mod picture;
mod result;
