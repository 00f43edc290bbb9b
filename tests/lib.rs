//! Holds the end-to-end tests in `it/`; there is nothing to call here.
