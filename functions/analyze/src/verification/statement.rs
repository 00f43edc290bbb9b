//! The statement's parts, for whoever needs them before all stages are done.

use domain::Problem;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// Where the statement arrives.
pub(crate) struct Statement(watch::Sender<Option<Option<Problem>>>);

impl Statement {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// It is there, or will never be.
    pub(crate) fn arrives(&self, problem: Option<Problem>) {
        self.0.send_replace(Some(problem));
    }

    /// The statement, as far as it is there now.
    pub(super) fn now(&self) -> Option<Problem> {
        self.0.borrow().clone().flatten()
    }

    /// Waits for it; none if it does not come until then.
    pub(crate) async fn until(&self, end: Instant) -> Option<Problem> {
        let mut receiver = self.0.subscribe();
        let arrived = timeout_at(end, receiver.wait_for(Option::is_some)).await;
        arrived.ok()?.ok()?.clone().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn it_is_waited_for_only_so_long() {
        let statement = Statement::new();
        let past = Instant::now();
        assert_eq!(statement.until(past).await, None);
        statement.arrives(None);
        let later = Instant::now() + Duration::from_secs(3600);
        assert_eq!(statement.until(later).await, None);
        let problem = Problem {
            title: "t".to_owned(),
            ..Problem::default()
        };
        statement.arrives(Some(problem.clone()));
        assert_eq!(statement.until(later).await, Some(problem.clone()));
        assert_eq!(statement.now(), Some(problem));
    }
}
