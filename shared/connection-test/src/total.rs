//! Adds up the tokens of a test.

use std::sync::{Mutex, PoisonError};

use domain::Usage;
use llm::Meter;

#[derive(Default)]
pub(crate) struct Total(Mutex<Usage>);

impl Total {
    pub(crate) fn sum(&self) -> Usage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter for Total {
    fn used(&self, usage: Usage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += usage;
    }
}
