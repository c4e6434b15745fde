//! What breaks, on purpose: tests say what, the platform does it, deterministically and counted.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// When a call to the table fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Nothing was done.
    Before,
    /// It was done, and the answer is lost.
    After,
}

/// How a call to the table fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableFault {
    /// `TransactionCanceledException` with `TransactionConflict` (for `TransactWriteItems`).
    Conflict,
    /// `ProvisionedThroughputExceededException`.
    Throttle,
    /// HTTP 500.
    Error,
    /// No answer at all.
    Hang,
    /// Every process of this function (its logical id) is killed with -9, and the call has no answer.
    Kill(String),
}

/// How a post to a connection is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostFault {
    Gone,
    Throttled,
    Error,
    Hang,
}

#[derive(Debug, Default)]
pub struct Faults {
    table: Mutex<BTreeMap<String, Vec<(When, TableFault)>>>,
    posts: Mutex<Vec<PostFault>>,
}

impl Faults {
    /// The next `count` calls of `operation` (`TransactWriteItems`) fail so.
    pub fn table(&self, operation: &str, when: When, fault: &TableFault, count: usize) {
        let mut table = self.table.lock().expect("no holder panics");
        table.entry(operation.to_owned()).or_default().extend(std::iter::repeat_n((when, fault.clone()), count));
    }

    /// The next `count` posts are answered so.
    pub fn posts(&self, fault: PostFault, count: usize) {
        self.posts.lock().expect("no holder panics").extend(std::iter::repeat_n(fault, count));
    }

    pub fn clear(&self) {
        self.table.lock().expect("no holder panics").clear();
        self.posts.lock().expect("no holder panics").clear();
    }

    pub(crate) fn take_table(&self, operation: &str) -> Option<(When, TableFault)> {
        let mut table = self.table.lock().expect("no holder panics");
        let faults = table.get_mut(operation)?;
        if faults.is_empty() { None } else { Some(faults.remove(0)) }
    }

    pub(crate) fn take_post(&self) -> Option<PostFault> {
        let mut posts = self.posts.lock().expect("no holder panics");
        if posts.is_empty() { None } else { Some(posts.remove(0)) }
    }
}
