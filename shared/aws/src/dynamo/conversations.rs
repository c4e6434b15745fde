//! Heads, logs, receipts, cursors.

use super::bots;
use super::item::{Item, n, s};
use super::keys;
use super::{Dynamo, attributes, unavailable};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update,
};
use domain::automatic::{Deadline, Rule, Why};
use domain::conversation::{
    Assignee, Attached, Author, Body, ByTrigger, Entry, FormMark, Head, InGroup, Log, MailClass, MailMark,
    Mailing, Numbers, Preview, ReviewWhy, Status,
};
use domain::cursor::{Cursor, Cursors, Reader};
use domain::deadline::{Armed, Call, Deadlines, shard};
use domain::inbox::{Place, Shelf, shelf};
use domain::intake::{AskedChoice, AskedField, AskedKind, Taken, Value};
use domain::people::ProfileChange;
use domain::ports::{Commit, CommitError, Conversations, EntryPage, Receipt, Sender, StoreError, Stored};
use domain::settings::{Faq, FieldId};
use domain::{ClientId, ConversationId, ShopperId, SiteId, Timestamp};
use std::collections::HashMap;

/// Tries of moving a cursor that others move at the same time: each is lost to one who came further.
const MOST_OVERTAKEN: u32 = 6;

/// Which item of the transaction is which, for telling why it was refused.
const RECEIPT_AT: usize = 0;

impl Conversations for Dynamo {
    async fn head(&self, id: ConversationId) -> Stored<Option<Head>> {
        self.get(keys::head(id)).await?.map(|item| read_head(&item)).transpose()
    }

    async fn open_conversation(&self, shopper: ShopperId) -> Stored<Option<ConversationId>> {
        Ok(match self.get(keys::open(shopper)).await? {
            Some(item) => item.parse_maybe("conversation")?,
            None => None,
        })
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.commit_with(commit, Vec::new()).await
    }

    async fn receipt(&self, sender: Sender, client_id: ClientId) -> Stored<Option<Receipt>> {
        let Some(item) = self.get(keys::receipt(sender, client_id)).await? else { return Ok(None) };
        let fingerprint = keys::unhex(item.need("fingerprint")?)
            .ok_or_else(|| StoreError::Broken("attribute fingerprint".into()))?;
        Ok(Some(Receipt {
            conversation: item.parse("conversation")?,
            log: if item.need("log")? == "B" { Log::Backstage } else { Log::Thread },
            seq: item.need_number("seq")?,
            at: item.need_time("at")?,
            fingerprint,
        }))
    }

    /// Access pattern: a log from a number on.
    async fn entries(&self, id: ConversationId, log: Log, after: u64, limit: usize) -> Stored<EntryPage> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", s(keys::conversation(id)))
            .expression_attribute_values(":from", s(keys::entry_sk(log, after.saturating_add(1))))
            .expression_attribute_values(":to", s(format!("{}~", keys::log_prefix(log))))
            .consistent_read(true)
            // One more than asked for tells whether there is more.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unavailable)?;
        let mut items = page.items.unwrap_or_default();
        let more = items.len() > limit || page.last_evaluated_key.is_some();
        items.truncate(limit);
        let entries =
            items.into_iter().map(|item| read_entry(&item.into(), log)).collect::<Stored<Vec<_>>>()?;
        Ok(EntryPage { entries, more })
    }

    /// Access pattern: a log from a number backwards.
    async fn entries_back(
        &self,
        id: ConversationId,
        log: Log,
        until: u64,
        limit: usize,
    ) -> Stored<Vec<Entry>> {
        let mut entries = Vec::new();
        // A range that ends before it begins is refused.
        if until == 0 {
            return Ok(entries);
        }
        let mut from = None;
        // One answer holds at most 1 MB: forty of the longest texts fit.
        while entries.len() < limit {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", s(keys::conversation(id)))
                .expression_attribute_values(":from", s(keys::entry_sk(log, 1)))
                .expression_attribute_values(":to", s(keys::entry_sk(log, until)))
                .scan_index_forward(false)
                .consistent_read(true)
                .limit(i32::try_from(limit - entries.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(unavailable)?;
            for item in page.items.unwrap_or_default() {
                entries.push(read_entry(&item.into(), log)?);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(entries)
    }

    async fn cursors(&self, id: ConversationId) -> Stored<Cursors> {
        let (shopper, team) = tokio::try_join!(
            self.get(keys::cursor(id, Reader::Shopper)),
            self.get(keys::cursor(id, Reader::Team))
        )?;
        Ok(Cursors { shopper: read_cursor(shopper), team: read_cursor(team) })
    }

    async fn advance(&self, id: ConversationId, reader: Reader, to: Cursor) -> Stored<Option<Cursor>> {
        let mut to = to;
        // Each part moves by itself: when one would fall back, what is there is merged in and tried again.
        for _ in 0..MOST_OVERTAKEN {
            let update = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(attributes(keys::cursor(id, reader))))
                .update_expression("SET seen = :seen, delivered = :delivered")
                .condition_expression(
                    "attribute_not_exists(pk) OR (seen <= :seen AND delivered <= :delivered AND (seen < :seen OR delivered < :delivered))",
                )
                .expression_attribute_values(":seen", n(to.seen))
                .expression_attribute_values(":delivered", n(to.delivered))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            let Err(error) = update.send().await else { return Ok(Some(to)) };
            let Some(refused) = error.as_service_error().and_then(|error| match error {
                UpdateItemError::ConditionalCheckFailedException(refused) => Some(refused),
                _ => None,
            }) else {
                return Err(unavailable(error));
            };
            let now = read_cursor(refused.item().cloned().map(Item::from));
            match now.advance(to) {
                Some(merged) => to = merged,
                None => return Ok(None),
            }
        }
        Err(StoreError::Unavailable("a cursor that many move at once".into()))
    }

    async fn mark_read(&self, head: &Head) -> Stored<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::head(head.id))))
            .update_expression("SET rev = :rev, unread = :unread")
            .condition_expression("rev = :before")
            .expression_attribute_values(":rev", n(head.rev))
            .expression_attribute_values(":before", n(head.rev - 1))
            .expression_attribute_values(
                ":unread",
                aws_sdk_dynamodb::types::AttributeValue::Bool(head.unread),
            )
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = update.send().await else { return Ok(true) };
        match error.as_service_error() {
            // What stands there may be this very mark: the SDK tries again by itself when an answer is lost.
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => match refused.item() {
                Some(item) => Ok(read_head(&item.clone().into())? == *head),
                None => Ok(false),
            },
            _ => Err(unavailable(error)),
        }
    }

    async fn arm(&self, head: &Head) -> Stored<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::head(head.id))))
            .condition_expression(match head.arms_what_ends() {
                true => "rev = :before AND attribute_not_exists(closed_at)",
                false => "rev = :before",
            })
            .expression_attribute_values(":rev", n(head.rev))
            .expression_attribute_values(":before", n(head.rev - 1))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        // What mails have carried is noted by commits, which move `rev`: as far as that goes it stands as it was read.
        let (mailing, update) = match &head.mailing {
            Some(mailing) => (
                ", mail_after = :mail_after",
                update.expression_attribute_values(":mail_after", n(mailing.after.as_secs())),
            ),
            None => ("", update),
        };
        let update = match next_call(head) {
            Some(call) => update
                .update_expression(format!(
                    "SET rev = :rev{mailing}, deadlines = :deadlines, due_pk = :pk, due_sk = :sk"
                ))
                .expression_attribute_values(":deadlines", write_deadlines(&head.deadlines))
                .expression_attribute_values(":pk", s(keys::due_shard(shard(head.id))))
                .expression_attribute_values(":sk", s(keys::due(call))),
            None => {
                update.update_expression(format!("SET rev = :rev{mailing} REMOVE deadlines, due_pk, due_sk"))
            }
        };
        let Err(error) = update.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => match refused.item() {
                Some(item) => Ok(read_head(&item.clone().into())? == *head),
                None => Ok(false),
            },
            _ => Err(unavailable(error)),
        }
    }

    /// Access pattern: what is due in a shard, the earliest first.
    async fn due(&self, shard: u8, until: Timestamp, limit: usize) -> Stored<Vec<Call>> {
        let mut calls = Vec::new();
        let mut from = None;
        while calls.len() < limit {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("deadlines")
                .key_condition_expression("due_pk = :pk AND due_sk < :beyond")
                .expression_attribute_values(":pk", s(keys::due_shard(shard)))
                // Everything of that millisecond lies before the next.
                .expression_attribute_values(":beyond", s(format!("{:013}", until.millis() + 1)))
                .limit(i32::try_from(limit - calls.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(unavailable)?;
            for item in page.items.unwrap_or_default() {
                let call = Item::from(item).get("due_sk").and_then(keys::read_due);
                calls.push(call.ok_or_else(|| StoreError::Broken("attribute due_sk".into()))?);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(calls)
    }

    /// Access pattern: a list, newest activity first.
    async fn shelf(
        &self,
        site: &SiteId,
        shelf: Shelf,
        before: Option<Place>,
        limit: usize,
    ) -> Stored<Vec<Head>> {
        let mut heads = Vec::new();
        let mut from = None;
        loop {
            let mut query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("inbox")
                .expression_attribute_values(":pk", s(keys::shelf(site, shelf)))
                .scan_index_forward(false)
                .limit(i32::try_from(limit - heads.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from);
            query = match before {
                None => query.key_condition_expression("inbox_pk = :pk"),
                Some(before) => query
                    .key_condition_expression("inbox_pk = :pk AND inbox_sk < :before")
                    .expression_attribute_values(":before", s(keys::place(before))),
            };
            let page = query.send().await.map_err(unavailable)?;
            for item in page.items.unwrap_or_default() {
                heads.push(read_head(&item.into())?);
            }
            from = page.last_evaluated_key;
            if from.is_none() || heads.len() >= limit {
                return Ok(heads);
            }
        }
    }

    /// Access pattern: a shopper's conversations, newest first; then their heads, at once.
    async fn conversations_of(&self, shopper: ShopperId, limit: usize) -> Stored<Vec<Head>> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", s(keys::shopper(shopper)))
            .expression_attribute_values(":prefix", s("C#"))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unavailable)?;
        let mut keys = Vec::new();
        for item in page.items.unwrap_or_default() {
            keys.push(attributes(keys::head(Item::from(item).parse("conversation")?)));
        }
        let mut heads = Vec::with_capacity(keys.len());
        for item in self.get_all(keys).await? {
            heads.push(read_head(&item)?);
        }
        heads.sort_by_key(|head| std::cmp::Reverse((head.began_at, head.id)));
        Ok(heads)
    }
}

impl Dynamo {
    /// A commit, and what is written with it or not at all.
    pub(super) async fn commit_with(
        &self,
        commit: &Commit,
        more: Vec<TransactWriteItem>,
    ) -> Result<(), CommitError> {
        let mut items = self.transaction(commit);
        items.extend(more);
        let answer = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        let Err(error) = answer else { return Ok(()) };
        let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error()
        else {
            return Err(unavailable(error).into());
        };
        let reasons: Vec<&str> =
            canceled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
        tracing::debug!(?reasons, "a commit was refused");
        if reasons.get(RECEIPT_AT) == Some(&"ConditionalCheckFailed") {
            Err(CommitError::Repeated)
        } else if reasons
            .iter()
            .any(|reason| matches!(*reason, "ConditionalCheckFailed" | "TransactionConflict"))
        {
            Err(CommitError::Moved)
        } else {
            Err(StoreError::Unavailable(reasons.join(", ")).into())
        }
    }

    /// At most 100 items by their keys, in no order. What is throttled is asked for again, a few times.
    pub(super) async fn get_all(&self, keys: Vec<HashMap<String, AttributeValue>>) -> Stored<Vec<Item>> {
        let mut items = Vec::with_capacity(keys.len());
        let mut wanted = keys;
        for _ in 0..4 {
            if wanted.is_empty() {
                return Ok(items);
            }
            let of = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true);
            let get =
                self.client.batch_get_item().request_items(&self.table, of.build().expect("keys are set"));
            let answer = get.send().await.map_err(unavailable)?;
            items.extend(answer.responses.into_iter().flatten().flat_map(|(_, found)| found).map(Item::from));
            wanted = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, left)| left.keys).collect();
        }
        if wanted.is_empty() { Ok(items) } else { Err(StoreError::Unavailable("throttled".into())) }
    }

    fn transaction(&self, commit: &Commit) -> Vec<TransactWriteItem> {
        let head = &commit.head;
        let mut items = vec![self.put_absent(write_receipt(commit))];
        items.push(match commit.expected_rev {
            None => self.put_absent(write_head(head)),
            Some(rev) => {
                let put = Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(write_head(head).0))
                    .condition_expression(match commit.needs_open() {
                        true => "rev = :rev AND attribute_not_exists(closed_at)",
                        false => "rev = :rev",
                    })
                    .expression_attribute_values(":rev", n(rev));
                TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
            }
        });
        for entry in &commit.entries {
            let item = write_entry(head.id, entry);
            // What the stream's filter lets through to auto-reply.
            let item = if commit.may_be_replied_to(entry) { item.text("wakes", "auto-reply") } else { item };
            items.push(self.put_absent(item));
        }
        if let Some(profile) = &commit.profile {
            items.push(self.change_profile(head.shopper, profile));
        }
        if commit.expected_rev.is_none() {
            let open = Item::at(keys::open(head.shopper)).text("conversation", head.id.to_string());
            items.push(self.put_absent(open));
            let pointer = Item::at(keys::pointer(head.shopper, head.began_at, head.id))
                .text("conversation", head.id.to_string());
            let put = Put::builder().table_name(&self.table).set_item(Some(pointer.0));
            items
                .push(TransactWriteItem::builder().put(put.build().expect("table and item are set")).build());
        }
        if commit.entries.iter().any(|entry| entry.body == Body::Closed) {
            let delete = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(attributes(keys::open(head.shopper))))
                .condition_expression("attribute_not_exists(pk) OR conversation = :this")
                .expression_attribute_values(":this", s(head.id.to_string()));
            items.push(
                TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build(),
            );
        }
        items
    }

    /// Sets what is told; what is not stays.
    fn change_profile(&self, shopper: ShopperId, profile: &ProfileChange) -> TransactWriteItem {
        let told = [("name", &profile.name), ("email", &profile.email)];
        let told = told.into_iter().filter_map(|(name, text)| Some((name.to_owned(), s(text.as_ref()?))));
        let answers = profile.answers.iter().map(|(field, told)| bots::write_answer(field, told));
        let told: Vec<(String, AttributeValue)> = told.chain(answers).collect();
        let sets: Vec<String> = (0..told.len()).map(|n| format!("#n{n} = :v{n}")).collect();
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::profile(shopper))))
            .update_expression(format!("SET {}", sets.join(", ")))
            .condition_expression("attribute_exists(pk)");
        for (n, (name, value)) in told.into_iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#n{n}"), name)
                .expression_attribute_values(format!(":v{n}"), value);
        }
        TransactWriteItem::builder().update(update.build().expect("table and key are set")).build()
    }

    fn put_absent(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item.0))
            .condition_expression("attribute_not_exists(pk)");
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }
}

fn write_receipt(commit: &Commit) -> Item {
    let receipt = &commit.receipt;
    Item::at(keys::receipt(commit.sender, commit.client_id))
        .text("conversation", receipt.conversation.to_string())
        .text("log", log_letter(receipt.log))
        .number("seq", receipt.seq)
        .time("at", receipt.at)
        .text("fingerprint", keys::hex(&receipt.fingerprint))
}

const fn log_letter(log: Log) -> &'static str {
    match log {
        Log::Thread => "T",
        Log::Backstage => "B",
    }
}

fn write_author(item: Item, name: &str, author: &Author) -> Item {
    match author {
        Author::Shopper => item.text(name, "shopper"),
        Author::System => item.text(name, "system"),
        Author::Agent { id, name: shown } => {
            item.text(name, id.to_string()).text(&format!("{name}_name"), shown)
        }
    }
}

fn read_author(item: &Item, name: &str) -> Stored<Author> {
    Ok(match item.need(name)? {
        "shopper" => Author::Shopper,
        "system" => Author::System,
        _ => Author::Agent {
            id: item.parse(name)?,
            name: item.string(&format!("{name}_name")).unwrap_or_default(),
        },
    })
}

pub(super) fn write_head(head: &Head) -> Item {
    let mut item = Item::at(keys::head(head.id))
        .text("conversation", head.id.to_string())
        .text("site", head.site.to_string())
        .text("shopper", head.shopper.to_string())
        .maybe_text("origin", (head.origin != head.shopper).then(|| head.origin.to_string()))
        .maybe_text("shopper_name", head.shopper_name.as_deref())
        .number("t", head.numbers.t)
        .number("b", head.numbers.b)
        .number("rev", head.rev)
        .maybe_text("owner", head.owner.map(|owner| owner.to_string()))
        .maybe_text("group", head.group.as_ref().map(ToString::to_string))
        .list("participants", head.participants.iter().map(ToString::to_string))
        .time("began_at", head.began_at)
        .time("last_activity", head.last_activity)
        .flag("unread", head.unread);
    match shelf(head) {
        Some(shelf) => {
            item = item
                .text("inbox_pk", keys::shelf(&head.site, shelf))
                .text("inbox_sk", keys::place(Place::of(head)));
        }
        // On no shelf: the index does not know of it.
        None => item = item.flag("held", true),
    }
    if let Some(form) = head.form {
        item = item.number("form", form.seq);
        if form.finished {
            item = item.flag("form_finished", true);
        }
    }
    if let Some(Mailing { after, through, sent }) = &head.mailing {
        item = item
            .number("mail_after", after.as_secs())
            .number("mailed", *through)
            .list("mailed_at", sent.iter().map(|at| at.millis().to_string()));
    }
    if head.tells_agents {
        item = item.flag("tells_agents", true);
    }
    if let Some(state) = &head.scenario {
        item = bots::write_state(item, state);
    }
    if let Some(since) = head.waiting_since {
        item = item.time("waiting_since", since);
    }
    if let Some(call) = next_call(head) {
        item = item.text("due_pk", keys::due_shard(shard(head.id))).text("due_sk", keys::due(call));
        item.0.insert("deadlines".to_owned(), write_deadlines(&head.deadlines));
    }
    if let Some(preview) = &head.preview {
        item = write_author(item.text("preview", &preview.text), "preview_by", &preview.author);
    }
    if let Status::Closed { at, by } = &head.status {
        item = write_author(item.time("closed_at", *at), "closed_by", by);
    }
    item
}

fn next_call(head: &Head) -> Option<Call> {
    head.next_due().map(|due| Call { due, conversation: head.id })
}

/// By name: when, and from which entry on.
fn write_deadlines(deadlines: &Deadlines) -> AttributeValue {
    let one =
        |armed: &Armed| HashMap::from([("due".into(), n(armed.due.millis())), ("seq".into(), n(armed.seq))]);
    let named =
        deadlines.iter().map(|(deadline, armed)| (deadline.name().to_owned(), AttributeValue::M(one(armed))));
    AttributeValue::M(named.collect())
}

fn read_deadlines(item: &Item) -> Stored<Deadlines> {
    let Some(AttributeValue::M(named)) = item.0.get("deadlines") else { return Ok(Deadlines::new()) };
    let mut deadlines = Deadlines::new();
    for (name, armed) in named {
        // One that a newer version has armed is a newer version's to look at.
        let Some(deadline) = Deadline::named(name) else { continue };
        let AttributeValue::M(armed) = armed else {
            return Err(StoreError::Broken("attribute deadlines".into()));
        };
        let armed = Item::from(armed.clone());
        deadlines.insert(deadline, Armed { due: armed.need_time("due")?, seq: armed.need_number("seq")? });
    }
    Ok(deadlines)
}

pub(super) fn read_head(item: &Item) -> Stored<Head> {
    let status = match item.get_number("closed_at") {
        None => Status::Open,
        Some(at) => Status::Closed { at: domain::Timestamp(at), by: read_author(item, "closed_by")? },
    };
    let preview = match item.get("preview") {
        None => None,
        Some(text) => Some(Preview { author: read_author(item, "preview_by")?, text: text.to_owned() }),
    };
    let participants = item.strings("participants").iter().map(|id| id.parse()).collect::<Result<_, _>>();
    let shopper = item.parse("shopper")?;
    Ok(Head {
        id: item.parse("conversation")?,
        site: item.parse("site")?,
        shopper,
        origin: item.parse_maybe("origin")?.unwrap_or(shopper),
        shopper_name: item.string("shopper_name"),
        numbers: Numbers { t: item.need_number("t")?, b: item.need_number("b")? },
        rev: item.need_number("rev")?,
        status,
        owner: item.parse_maybe("owner")?,
        group: item.get("group").and_then(FieldId::parse),
        participants: participants.map_err(|_| StoreError::Broken("attribute participants".into()))?,
        began_at: item.need_time("began_at")?,
        last_activity: item.need_time("last_activity")?,
        waiting_since: item.get_number("waiting_since").map(domain::Timestamp),
        unread: item.is_set("unread"),
        preview,
        deadlines: read_deadlines(item)?,
        held: item.is_set("held"),
        form: item.get_number("form").map(|seq| FormMark { seq, finished: item.is_set("form_finished") }),
        mailing: read_mailing(item)?,
        tells_agents: item.is_set("tells_agents"),
        scenario: bots::read_state(item)?,
    })
}

fn read_mailing(item: &Item) -> Stored<Option<Mailing>> {
    let Some(after) = item.get_number("mail_after") else { return Ok(None) };
    let sent = item
        .strings("mailed_at")
        .iter()
        .map(|at| at.parse().map(domain::Timestamp))
        .collect::<Result<_, _>>();
    let sent = sent.map_err(|_| StoreError::Broken("attribute mailed_at".into()))?;
    let after = std::time::Duration::from_secs(after);
    Ok(Some(Mailing { after, through: item.get_number("mailed").unwrap_or_default(), sent }))
}

fn write_entry(conversation: ConversationId, entry: &Entry) -> Item {
    let item = Item::at(keys::entry(conversation, entry.log, entry.seq))
        .number("seq", entry.seq)
        .number("thread_at", entry.thread_at)
        .time("at", entry.at)
        .maybe_text("client_id", entry.client_id.map(|id| id.to_string()));
    let item = write_author(item, "by", &entry.author);
    let item = match entry.why {
        Some(why) => item.text("rule", why.rule.name()).number("cause", why.cause),
        None => item,
    };
    let mut item = if entry.releases { item.flag("releases", true) } else { item };
    if let Some(mark) = &entry.mail {
        item.0.insert("mail".to_owned(), write_mark(mark));
    }
    let item = match &entry.bot {
        Some(mark) => bots::write_mark(item, mark),
        None => item,
    };
    match &entry.body {
        Body::Message { text } => item.text("kind", "message").text("text", text),
        Body::Note { text } => item.text("kind", "note").text("text", text),
        Body::Joined => item.text("kind", "joined"),
        Body::Left => item.text("kind", "left"),
        Body::Closed => item.text("kind", "closed"),
        Body::HandedOver => item.text("kind", "handed_over"),
        Body::Triggered { by } => {
            item.text("kind", "triggered").text("trigger", by.id.as_str()).text("trigger_name", &by.name)
        }
        Body::Form { fields, held } => {
            let mut item = item.text("kind", "form").flag("held", *held);
            item.0.insert("fields".to_owned(), AttributeValue::L(fields.iter().map(write_asked).collect()));
            item
        }
        Body::Answer(taken) => write_taken(item.text("kind", "answer"), taken),
        Body::Faq(faq) => item
            .text("kind", "faq")
            .text("faq", faq.id.as_str())
            .text("question", &faq.question)
            .text("answer", &faq.answer),
        Body::Mailed { through, to } => {
            item.text("kind", "mailed").number("through", *through).text("to", to)
        }
        Body::Mail { class, from, text } => {
            let (class, review) = match class {
                MailClass::Review(why) => ("review", Some(why.name())),
                MailClass::AutoResponse => ("auto_response", None),
                MailClass::Bounce => ("bounce", None),
                MailClass::Complaint => ("complaint", None),
                MailClass::Unsubscribed => ("unsubscribed", None),
            };
            item.text("kind", "mail")
                .text("class", class)
                .maybe_text("review", review)
                .text("from", from)
                .text("text", text)
        }
        Body::Grouped { to } => item
            .text("kind", "grouped")
            .maybe_text("group", to.as_ref().map(|to| to.id.to_string()))
            .maybe_text("group_name", to.as_ref().map(|to| to.name.clone())),
        Body::Assigned { to } => item
            .text("kind", "assigned")
            .maybe_text("to", to.as_ref().map(|to| to.id.to_string()))
            .maybe_text("to_name", to.as_ref().map(|to| to.name.clone())),
    }
}

fn read_entry(item: &Item, log: Log) -> Stored<Entry> {
    let text = || item.need("text").map(str::to_owned);
    let body = match item.need("kind")? {
        "message" => Body::Message { text: text()? },
        "note" => Body::Note { text: text()? },
        "joined" => Body::Joined,
        "left" => Body::Left,
        "closed" => Body::Closed,
        "handed_over" => Body::HandedOver,
        "triggered" => {
            let (id, name) = (read_field_id(item, "trigger")?, item.need("trigger_name")?.to_owned());
            Body::Triggered { by: ByTrigger { id, name } }
        }
        "mailed" => Body::Mailed { through: item.need_number("through")?, to: item.need("to")?.to_owned() },
        "mail" => {
            let class = match item.need("class")? {
                "auto_response" => MailClass::AutoResponse,
                "bounce" => MailClass::Bounce,
                "complaint" => MailClass::Complaint,
                "unsubscribed" => MailClass::Unsubscribed,
                // A reason of a newer version, or a class, is for a person to look at.
                _ => MailClass::Review(
                    item.get("review").and_then(ReviewWhy::named).unwrap_or(ReviewWhy::Unauthenticated),
                ),
            };
            Body::Mail { class, from: item.need("from")?.to_owned(), text: text()? }
        }
        "assigned" => {
            let id = item.parse_maybe("to")?;
            Body::Assigned {
                to: id.map(|id| Assignee { id, name: item.string("to_name").unwrap_or_default() }),
            }
        }
        "grouped" => {
            let id = item.get("group").and_then(FieldId::parse);
            Body::Grouped {
                to: id.map(|id| InGroup { id, name: item.string("group_name").unwrap_or_default() }),
            }
        }
        "form" => Body::Form { fields: read_asked_fields(item)?, held: item.is_set("held") },
        "answer" => Body::Answer(read_taken(item)?),
        "faq" => Body::Faq(Faq {
            id: read_field_id(item, "faq")?,
            question: item.need("question")?.to_owned(),
            answer: item.need("answer")?.to_owned(),
        }),
        _ => return Err(StoreError::Broken("attribute kind".into())),
    };
    Ok(Entry {
        log,
        seq: item.need_number("seq")?,
        thread_at: item.need_number("thread_at")?,
        at: item.need_time("at")?,
        author: read_author(item, "by")?,
        body,
        client_id: item.parse_maybe("client_id")?,
        why: read_why(item),
        releases: item.is_set("releases"),
        mail: read_mark(item)?.map(Box::new),
        bot: bots::read_mark(item)?,
    })
}

fn write_mark(mark: &MailMark) -> AttributeValue {
    let file = |file: &Attached| {
        let item = Item::default()
            .text("key", file.key.to_string())
            .text("name", &file.name)
            .text("kind", &file.kind)
            .number("bytes", file.bytes)
            .flag("dangerous", file.dangerous);
        AttributeValue::M(item.0)
    };
    let mut item = Item::default()
        .text("original", &mark.original)
        .list("flags", mark.flags.iter().cloned())
        .maybe_text("follows", mark.follows.map(|id| id.to_string()))
        .maybe_text("unverified", mark.unverified.as_deref());
    item.0.insert("files".to_owned(), AttributeValue::L(mark.attachments.iter().map(file).collect()));
    AttributeValue::M(item.0)
}

fn read_mark(item: &Item) -> Stored<Option<MailMark>> {
    let Some(mark) = item.0.get("mail") else { return Ok(None) };
    let mark = mark.as_m().map_err(|_| StoreError::Broken("attribute mail".into()))?;
    let mark = Item::from(mark.clone());
    let file = |file: Item| {
        Ok(Attached {
            key: file.parse("key")?,
            name: file.need("name")?.to_owned(),
            kind: file.need("kind")?.to_owned(),
            bytes: file.need_number("bytes")?,
            dangerous: file.is_set("dangerous"),
        })
    };
    Ok(Some(MailMark {
        original: mark.need("original")?.to_owned(),
        attachments: items(&mark, "files")?.into_iter().map(file).collect::<Stored<_>>()?,
        flags: mark.strings("flags"),
        follows: mark.parse_maybe("follows")?,
        unverified: mark.string("unverified"),
    }))
}

const fn kind_name(kind: &AskedKind) -> &'static str {
    match kind {
        AskedKind::Name => "name",
        AskedKind::Email => "email",
        AskedKind::Text => "text",
        AskedKind::Phone => "phone",
        AskedKind::Number => "number",
        AskedKind::Choice(_) => "choice",
    }
}

fn write_asked(field: &AskedField) -> AttributeValue {
    let mut item = Item::default()
        .text("id", field.id.as_str())
        .text("kind", kind_name(&field.kind))
        .text("label", &field.label)
        .flag("required", field.required);
    if let AskedKind::Choice(choices) = &field.kind {
        let one = |choice: &AskedChoice| {
            AttributeValue::M(Item::default().text("id", choice.id.as_str()).text("label", &choice.label).0)
        };
        item.0.insert("choices".to_owned(), AttributeValue::L(choices.iter().map(one).collect()));
    }
    AttributeValue::M(item.0)
}

fn read_asked_fields(item: &Item) -> Stored<Vec<AskedField>> {
    let field = |item: Item| {
        let kind = match item.need("kind")? {
            "name" => AskedKind::Name,
            "email" => AskedKind::Email,
            "text" => AskedKind::Text,
            "phone" => AskedKind::Phone,
            "number" => AskedKind::Number,
            "choice" => {
                let choice = |item: Item| {
                    Ok(AskedChoice { id: read_field_id(&item, "id")?, label: item.need("label")?.to_owned() })
                };
                AskedKind::Choice(items(&item, "choices")?.into_iter().map(choice).collect::<Stored<_>>()?)
            }
            _ => return Err(StoreError::Broken("attribute kind".into())),
        };
        let (id, label) = (read_field_id(&item, "id")?, item.need("label")?.to_owned());
        Ok(AskedField { id, kind, label, required: item.is_set("required") })
    };
    items(item, "fields")?.into_iter().map(field).collect()
}

/// A list of maps.
pub(super) fn items(item: &Item, name: &str) -> Stored<Vec<Item>> {
    let list = item.0.get(name).and_then(|list| list.as_l().ok());
    let list = list.ok_or_else(|| StoreError::Broken(format!("attribute {name}")))?;
    let maps = list.iter().map(|value| value.as_m().ok().cloned().map(Item::from));
    maps.collect::<Option<_>>().ok_or_else(|| StoreError::Broken(format!("attribute {name}")))
}

pub(super) fn read_field_id(item: &Item, name: &str) -> Stored<FieldId> {
    FieldId::parse(item.need(name)?).ok_or_else(|| StoreError::Broken(format!("attribute {name}")))
}

fn write_taken(item: Item, taken: &Taken) -> Item {
    let item = item.text("field", taken.field.as_str()).text("label", &taken.label);
    let item = if taken.finished { item.flag("finished", true) } else { item };
    let Some(value) = &taken.value else { return item };
    let item = item.text("value", value.as_str());
    match value {
        Value::Name(_) => item.text("value_kind", "name"),
        Value::Email(_) => item.text("value_kind", "email"),
        Value::Text(_) => item.text("value_kind", "text"),
        Value::Phone(_) => item.text("value_kind", "phone"),
        Value::Number(_) => item.text("value_kind", "number"),
        Value::Choice(choice) => item.text("value_kind", "choice").text("choice", choice.id.as_str()),
    }
}

fn read_taken(item: &Item) -> Stored<Taken> {
    let value = match item.string("value") {
        None => None,
        Some(text) => Some(match item.need("value_kind")? {
            "name" => Value::Name(text),
            "email" => Value::Email(text),
            "text" => Value::Text(text),
            "phone" => Value::Phone(text),
            "number" => Value::Number(text),
            "choice" => Value::Choice(AskedChoice { id: read_field_id(item, "choice")?, label: text }),
            _ => return Err(StoreError::Broken("attribute value_kind".into())),
        }),
    };
    Ok(Taken {
        field: read_field_id(item, "field")?,
        label: item.need("label")?.to_owned(),
        value,
        finished: item.is_set("finished"),
    })
}

/// A rule of a newer version is a message without a reason, rather than none.
fn read_why(item: &Item) -> Option<Why> {
    let rule = Rule::named(item.get("rule")?)?;
    Some(Why { rule, cause: item.get_number("cause")? })
}

fn read_cursor(item: Option<Item>) -> Cursor {
    item.map_or_else(Cursor::default, |item| Cursor {
        seen: item.get_number("seen").unwrap_or_default(),
        delivered: item.get_number("delivered").unwrap_or_default(),
    })
}
