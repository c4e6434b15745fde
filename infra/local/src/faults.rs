//! Bad luck on demand, for the tests that prove that nothing is lost. Every rule is a countdown, so that a run with the same
//! rules fails at the same calls.

use std::sync::Mutex;

/// Before or after the call has had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The effect never happens.
    Before,
    /// The effect has happened, and the caller does not learn of it.
    After,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableFault {
    /// `TransactionCanceledException` with `TransactionConflict` on every item; `TransactionConflictException` outside of
    /// transactions. Of other services: as `Error`.
    Conflict,
    /// `ProvisionedThroughputExceededException`, `RequestThrottled`, `TooManyRequestsException`
    Throttle,
    /// 500
    Error,
    /// No answer, ever.
    Hang,
    /// Every process of that function (its logical id) is killed with -9, and the call has no answer.
    Kill(String),
}

/// Which calls of DynamoDB, SQS and Lambda fail, and how.
#[derive(Debug, Clone)]
pub struct TableRule {
    /// `TransactWriteItems`, `Query`, …, `SendMessage`, …, `Invoke`; `None`: any.
    pub operation: Option<String>,
    /// Calls of this function only; `None`: of anybody.
    pub function: Option<String>,
    /// So many matching calls pass first.
    pub skip: u32,
    /// Then so many fail.
    pub count: u32,
    pub when: When,
    pub fault: TableFault,
}

impl TableRule {
    /// The next call of that operation, by anybody, fails before its effect.
    #[must_use]
    pub fn next(operation: &str, fault: TableFault) -> Self {
        Self {
            operation: Some(operation.to_owned()),
            function: None,
            skip: 0,
            count: 1,
            when: When::Before,
            fault,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostFault {
    /// 410
    Gone,
    /// 429
    Throttled,
    /// 500
    Error,
    /// No answer, ever.
    Hang,
}

/// Which posts to connections fail, and how. Faults come before the effect: the connection receives nothing.
#[derive(Debug, Clone)]
pub struct PostRule {
    /// `None`: any connection.
    pub connection: Option<String>,
    pub skip: u32,
    pub count: u32,
    pub fault: PostFault,
}

/// Kills the instance (`kill -9`) that handles the function's next invocation, at its n-th AWS call (of DynamoDB,
/// SQS, Lambda or `@connections`), counted from 1.
#[derive(Debug, Clone)]
pub struct KillRule {
    pub function: String,
    pub call: u32,
    pub when: When,
}

/// Why a call was refused, for the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Denied,
    Injected,
    Table,
}

/// The rules in force. Rules of one kind are tried in the order in which they were added; the first that matches applies.
#[derive(Debug, Default)]
pub struct Faults {
    table: Mutex<Vec<TableRule>>,
    posts: Mutex<Vec<PostRule>>,
    kills: Mutex<Vec<KillRule>>,
}

impl Faults {
    /// The next `count` calls of `operation` (`TransactWriteItems`), by anybody, fail so.
    pub fn table(&self, operation: &str, when: When, fault: &TableFault, count: u32) {
        self.table_rule(TableRule { when, count, ..TableRule::next(operation, fault.clone()) });
    }

    pub fn table_rule(&self, rule: TableRule) {
        self.table.lock().expect("no holder panics").push(rule);
    }

    /// The next `count` posts, to any connection, are answered so.
    pub fn posts(&self, fault: PostFault, count: u32) {
        self.post_rule(PostRule { connection: None, skip: 0, count, fault });
    }

    pub fn post_rule(&self, rule: PostRule) {
        self.posts.lock().expect("no holder panics").push(rule);
    }

    pub fn kill_rule(&self, rule: KillRule) {
        self.kills.lock().expect("no holder panics").push(rule);
    }

    /// Ends all rules; calls that hang go on hanging.
    pub fn clear(&self) {
        self.table.lock().expect("no holder panics").clear();
        self.posts.lock().expect("no holder panics").clear();
        self.kills.lock().expect("no holder panics").clear();
    }

    /// How many rules still wait for their call.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.table.lock().expect("no holder panics").len()
            + self.posts.lock().expect("no holder panics").len()
            + self.kills.lock().expect("no holder panics").len()
    }

    pub(crate) fn on_table(&self, operation: &str, function: Option<&str>) -> Option<(When, TableFault)> {
        count_down(
            &mut self.table.lock().expect("no holder panics"),
            |rule| {
                rule.operation.as_deref().is_none_or(|wanted| wanted == operation)
                    && rule.function.as_deref().is_none_or(|wanted| Some(wanted) == function)
            },
            |rule| (&mut rule.skip, &mut rule.count),
        )
        .map(|rule| (rule.when, rule.fault))
    }

    pub(crate) fn on_post(&self, connection: &str) -> Option<PostFault> {
        count_down(
            &mut self.posts.lock().expect("no holder panics"),
            |rule| rule.connection.as_deref().is_none_or(|wanted| wanted == connection),
            |rule| (&mut rule.skip, &mut rule.count),
        )
        .map(|rule| rule.fault)
    }

    pub(crate) fn on_invocation(&self, function: &str) -> Option<(u32, When)> {
        let mut kills = self.kills.lock().expect("no holder panics");
        let index = kills.iter().position(|rule| rule.function == function)?;
        let rule = kills.remove(index);
        Some((rule.call, rule.when))
    }
}

fn count_down<R: Clone>(
    rules: &mut Vec<R>,
    matches: impl Fn(&R) -> bool,
    counters: impl Fn(&mut R) -> (&mut u32, &mut u32),
) -> Option<R> {
    let index = rules.iter().position(matches)?;
    let (skip, count) = counters(&mut rules[index]);
    if *skip > 0 {
        *skip -= 1;
        return None;
    }
    *count = count.saturating_sub(1);
    let spent = *count == 0;
    let rule = rules[index].clone();
    if spent {
        rules.remove(index);
    }
    Some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_lets_pass_what_it_skips_then_fails_what_it_counts_then_is_gone() {
        let faults = Faults::default();
        faults.table_rule(TableRule { skip: 1, count: 2, ..TableRule::next("Query", TableFault::Throttle) });
        let outcomes: Vec<bool> = ["Query", "GetItem", "Query", "Query", "Query"]
            .iter()
            .map(|operation| faults.on_table(operation, None).is_some())
            .collect();
        assert_eq!(outcomes, [false, false, true, true, false]);
        assert_eq!(faults.pending(), 0);
    }
}
