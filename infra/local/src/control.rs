//! What tests ask of a platform that runs, and what they do to it.

use crate::log::LogLine;
use crate::metrics::Snapshot;
use crate::post::{self, Bounce, Inbound, Mail, Order, Quota, Received};
use crate::storage::ObjectInfo;
use crate::{Platform, faults, streams};
use anyhow::Result;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Platform {
    #[must_use]
    pub fn faults(&self) -> &faults::Faults {
        &self.world.faults
    }

    #[must_use]
    pub fn metrics(&self) -> Snapshot {
        self.world.snapshot()
    }

    /// The latest 50,000 lines that functions and platform wrote.
    #[must_use]
    pub fn logs(&self) -> Vec<LogLine> {
        self.world.log.lines()
    }

    /// `kill -9` on every process of the function (its logical id), busy or not; how many there were. The next invocation
    /// starts a fresh one.
    pub fn kill(&self, function: &str) -> usize {
        self.world.lambda.kill_soon(function)
    }

    /// How many processes of functions run now.
    #[must_use]
    pub fn processes(&self) -> usize {
        self.world.lambda.all().len()
    }

    /// Ids of the sockets that are open.
    #[must_use]
    pub fn connections(&self) -> Vec<String> {
        self.world.sockets.ids()
    }

    /// Cuts every WebSocket connection without a close; with `tell`, `$disconnect` is called.
    pub fn cut_connections(&self, tell: bool) -> usize {
        self.world.sockets.cut(None, tell)
    }

    /// The same for one of them; whether there was such a one.
    pub fn cut_connection(&self, connection: &str, tell: bool) -> bool {
        self.world.sockets.cut(Some(connection), tell) == 1
    }

    /// Holds up, or lets go, the stream mapping of that function.
    pub fn pause_stream(&self, function: &str, paused: bool) {
        self.mappings_of(function).for_each(|mapping| mapping.pause(paused));
    }

    /// From now on every batch of the stream is delivered twice.
    pub fn duplicate_stream(&self, function: &str, twice: bool) {
        self.mappings_of(function).for_each(|mapping| mapping.duplicate(twice));
    }

    /// Returns when the stream mappings have dealt with all that has been written until now. Never while one is paused.
    pub async fn streams_settled(&self) {
        for mapping in &self.world.mappings {
            mapping.settled(&self.world).await;
        }
    }

    /// Deletes what has expired by the platform's clock, now: objects, and items, of which it says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sweep_expired(&self) -> Result<usize> {
        self.world.buckets.sweep(self.now_ms())?;
        self.world.tables.sweep(&self.world.stack.tables, &self.world.clock)
    }

    /// Moves the clock of platform and functions so many milliseconds from the machine's. What falls due by that happens at
    /// once: delays of queues, schedules (one turn each), retries of asynchronous invocations. Processes are renewed.
    pub fn move_clock(&self, offset_ms: i64) {
        self.world.move_clock(offset_ms);
    }

    /// What the platform's clock shows, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.world.clock.now_ms()
    }

    /// Loses everything that a queue (its logical id) holds; how many messages.
    pub fn purge_queue(&self, queue: &str) -> usize {
        self.world.queues.get(queue).map_or(0, |queue| queue.purge())
    }

    /// Returns when streams, asynchronous events, queues and schedules have brought to the functions what is due now. What failed and
    /// waits for its next try is not waited for.
    pub async fn settled(&self) {
        loop {
            self.streams_settled().await;
            self.world.lambda.settled(&self.world.clock).await;
            for mapping in &self.world.queue_mappings {
                mapping.settled(&self.world).await;
            }
            if self.at_rest() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// They are looked at one after the other, and each may give work to one that has been found idle: only when nothing has been
    /// given meanwhile was all of it idle at once.
    fn at_rest(&self) -> bool {
        let world = &self.world;
        let given = self.given();
        // A turn that a moved clock made due is taken in a moment, by a task of its own.
        let no_turn_is_due = |schedule: &Arc<crate::schedules::Schedule>| {
            schedule.state().next_ms.is_none_or(|next| next > self.now_ms())
        };
        world.lambda.accepted(self.now_ms()) == 0
            && world.schedules.iter().all(no_turn_is_due)
            && world.mappings.iter().all(|mapping| mapping.is_settled(world))
            && world.queue_mappings.iter().all(|mapping| mapping.is_settled(world))
            && self.given() == given
    }

    /// What grows with all work that is given: asynchronous events, batches of queues, records of streams. A message that waits is seen as such.
    fn given(&self) -> (u64, u64, Vec<i64>) {
        let world = &self.world;
        let batches = world.queue_mappings.iter().map(|mapping| mapping.begun()).sum();
        let records = world.mappings.iter().map(|mapping| world.tables.newest(&mapping.spec.table)).collect();
        (world.lambda.ever_begun(), batches, records)
    }

    fn mappings_of(&self, function: &str) -> impl Iterator<Item = &Arc<streams::Mapping>> {
        self.world.mappings.iter().filter(move |mapping| mapping.spec.function == function)
    }

    /// All mails, the latest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.world.post.all()
    }

    /// The mails in that mailbox, the latest first.
    #[must_use]
    pub fn mailbox(&self, address: &str) -> Vec<Mail> {
        let address = address.to_lowercase();
        self.world.post.all().into_iter().filter(|mail| mail.mailbox == address).collect()
    }

    /// A mail comes in from the world.
    pub fn receive_mail(&self, inbound: Inbound) -> Received {
        post::receive(&self.world, inbound)
    }

    /// Somebody writes from their mailbox.
    ///
    /// # Errors
    /// What is wrong with the order, in a sentence.
    pub fn write_mail(&self, order: &Order) -> Result<Received, String> {
        post::write(&self.world, order)
    }

    /// The mail comes back; false when there is no such mail, or its mailbox's owner wrote it.
    pub fn bounce_mail(&self, mail: u64, how: Bounce) -> bool {
        post::bounce(&self.world, mail, how)
    }

    /// Its reader calls it spam; false as for [`Platform::bounce_mail`].
    pub fn complain_of_mail(&self, mail: u64) -> bool {
        post::complain(&self.world, mail)
    }

    /// Functions are told once more of a mail that was written here; how many were.
    pub fn deliver_mail_again(&self, mail: u64) -> usize {
        post::again(&self.world, mail)
    }

    /// Whether the records of an identity of the template are found in the DNS. They are, until this says otherwise.
    pub fn set_identity_verified(&self, identity: &str, verified: bool) {
        self.world.post.set_verified(identity, verified);
    }

    /// What the account may send. [`Quota::PRODUCTION`] until this says otherwise.
    pub fn set_mail_quota(&self, quota: Quota) {
        self.world.post.set_quota(quota);
    }

    /// Addresses that SES does not deliver to any more, with the reason.
    #[must_use]
    pub fn suppressed_addresses(&self) -> BTreeMap<String, String> {
        self.world.post.suppressed()
    }

    /// Takes the address from that list, or puts it there with a reason: `BOUNCE` or `COMPLAINT`.
    pub fn suppress_address(&self, address: &str, reason: Option<&str>) {
        self.world.post.suppress(address, reason);
    }

    /// The name of a bucket, by the id that it has in the template.
    #[must_use]
    pub fn bucket(&self, logical_id: &str) -> Option<&str> {
        self.world.buckets.by_logical_id(logical_id).map(|spec| spec.name.as_str())
    }

    /// What lies in a bucket (its name) under a prefix.
    ///
    /// # Errors
    /// When the database fails.
    pub fn objects(&self, bucket: &str, prefix: &str) -> Result<Vec<ObjectInfo>> {
        Ok(self.world.buckets.list(bucket, prefix, "", self.now_ms())?)
    }

    /// # Errors
    /// When the database fails.
    pub fn object(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.world.buckets.get(bucket, key, self.now_ms())?.map(|(_, body)| body))
    }
}
