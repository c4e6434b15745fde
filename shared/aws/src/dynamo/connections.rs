//! Tickets, connections, registrations.

use super::item::{Item, n, s};
use super::keys;
use super::{Dynamo, attributes, unavailable};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::connection::{Connection, Identity, LONGEST, Registration, Ticket, Topic};
use domain::inbox::List;
use domain::people::Role;
use domain::ports::{Admission, Connections, StoreError, Stored};
use domain::rate::{Rate, Verdict};
use domain::{ConnectionId, ConversationId, Timestamp};
use keys::Key;
use std::collections::HashMap;
use std::sync::MutexGuard;
use std::time::Duration;

/// Buckets that one process remembers.
const MOST_BUCKETS: usize = 1_000;

/// What a rate-limited read answers.
pub(super) enum Admitted {
    Yes(Item),
    Absent,
    Limited(Duration),
}

impl Connections for Dynamo {
    async fn issue_ticket(&self, hash: [u8; 32], ticket: &Ticket) -> Stored<()> {
        let item = Item::at(keys::ticket(hash))
            .text("site", ticket.site.to_string())
            .maybe_text("origin", ticket.origin.as_deref())
            .maybe_text("session", ticket.session.map(|hash| keys::hex(&hash)))
            .ttl(ticket.expires_at);
        self.put(write_identity(item, &ticket.identity)).await
    }

    async fn redeem_ticket(&self, hash: [u8; 32], now: Timestamp) -> Stored<Option<Ticket>> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::ticket(hash))))
            .condition_expression("attribute_exists(pk)")
            .return_values(ReturnValue::AllOld);
        let item = match delete.send().await {
            Ok(answer) => Item::from(answer.attributes.unwrap_or_default()),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(unavailable(error)),
        };
        let expires_at = item.need_time("expires_at")?;
        if expires_at <= now {
            return Ok(None);
        }
        Ok(Some(Ticket {
            site: item.parse("site")?,
            identity: read_identity(&item)?,
            origin: item.string("origin"),
            session: item.get("session").and_then(keys::unhex),
            expires_at,
        }))
    }

    async fn connect(&self, connection: &Connection) -> Stored<()> {
        let item = Item::at(keys::connection(&connection.id))
            .text("site", connection.site.to_string())
            .maybe_text("session", connection.session.map(|hash| keys::hex(&hash)))
            .text("address", &connection.address)
            .time("connected_at", connection.connected_at)
            .number("tat", 0)
            .flag("greeted", connection.greeted)
            .maybe_text("viewing", connection.viewing.map(|id| id.to_string()))
            .ttl(connection.connected_at.plus(LONGEST));
        self.put(write_identity(item, &connection.identity)).await
    }

    async fn admit(&self, id: &ConnectionId, rate: Rate, now: Timestamp) -> Stored<Admission> {
        Ok(match self.admit_at(keys::connection(id), rate, now).await? {
            Admitted::Absent => Admission::Unknown,
            Admitted::Limited(retry_after) => Admission::Limited { retry_after },
            Admitted::Yes(item) if item.need_time("expires_at")? <= now => Admission::Unknown,
            Admitted::Yes(item) => Admission::Admitted(Box::new(read_connection(id, &item)?)),
        })
    }

    async fn rename(&self, id: &ConnectionId, name: &str) -> Stored<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::connection(id))))
            .update_expression("SET #name = :name")
            .condition_expression("attribute_exists(#agent)")
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#agent", "agent")
            .expression_attribute_values(":name", s(name));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn greet(&self, id: &ConnectionId, viewing: Option<ConversationId>) -> Stored<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::connection(id))))
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":greeted", aws_sdk_dynamodb::types::AttributeValue::Bool(true));
        let update = match viewing {
            Some(viewing) => update
                .update_expression("SET greeted = :greeted, viewing = :viewing")
                .expression_attribute_values(":viewing", s(viewing.to_string())),
            None => update.update_expression("SET greeted = :greeted REMOVE viewing"),
        };
        match update.send().await {
            Ok(_) => Ok(()),
            // Forgotten meanwhile: it will be told at its next frame.
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn register(&self, topic: &Topic, registration: &Registration) -> Stored<()> {
        let item = Item::at(keys::registration(topic, &registration.connection))
            .text("connection", registration.connection.as_str())
            .maybe_text("agent", registration.agent.map(|agent| agent.to_string()))
            .maybe_text("session", registration.session.map(|hash| keys::hex(&hash)))
            .maybe_text("list", registration.list.map(list_name))
            .ttl(registration.expires_at);
        self.put(item).await
    }

    async fn unregister(&self, topic: &Topic, id: &ConnectionId) -> Stored<()> {
        self.delete(keys::registration(topic, id)).await
    }

    /// Access pattern: who listens to a topic.
    async fn registered(&self, topic: &Topic, now: Timestamp) -> Stored<Vec<Registration>> {
        let items = self.query_prefix(keys::topic(topic), keys::registration_prefix(topic)).await?;
        let mut registrations = Vec::with_capacity(items.len());
        for item in items {
            let expires_at = item.need_time("expires_at")?;
            if expires_at > now {
                let list = item.get("list").and_then(read_list);
                registrations.push(Registration {
                    connection: item.parse("connection")?,
                    agent: item.parse_maybe("agent")?,
                    session: item.get("session").and_then(keys::unhex),
                    list,
                    expires_at,
                });
            }
        }
        Ok(registrations)
    }

    async fn disconnect(&self, id: &ConnectionId) -> Stored<Option<Connection>> {
        // The row goes first: a frame under way then finds nobody. What it was registered under is read from what it was.
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(attributes(keys::connection(id))))
            .return_values(ReturnValue::AllOld);
        let Some(item) = delete.send().await.map_err(unavailable)?.attributes else { return Ok(None) };
        let connection = read_connection(id, &item.into())?;
        for topic in connection.topics() {
            self.unregister(&topic, id).await?;
        }
        Ok(Some(connection))
    }
}

impl Dynamo {
    /// Reads an item and counts against a rate kept on it, in one call. A bucket that was empty is begun, one that was not is added
    /// to; which of the two is known only to the table. This process guesses by how it left the bucket itself: a bucket
    /// only ever fills, so when it was not empty then, it is not now. Whoever has not seen it begins, and adds if that is refused.
    pub(super) async fn admit_at(&self, key: Key, rate: Rate, now: Timestamp) -> Stored<Admitted> {
        let filled = self.buckets().get(&key).is_some_and(|tat| *tat > now);
        let begin = ("SET tat = :next", now.plus(rate.every), now);
        let add = ("SET tat = tat + :next", Timestamp(rate.every.as_millis() as u64), rate.fullest(now));
        let mut left = None;
        for (update, next, edge) in if filled { vec![add] } else { vec![begin, add] } {
            let answer = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(attributes(key.clone())))
                .update_expression(update)
                .condition_expression("attribute_exists(pk) AND tat <= :edge")
                .expression_attribute_values(":next", n(next.millis()))
                .expression_attribute_values(":edge", n(edge.millis()))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
                .await;
            match answer {
                Ok(answer) => {
                    let item = Item::from(answer.attributes.unwrap_or_default());
                    self.remember(key, item.get_number("tat"), now);
                    return Ok(Admitted::Yes(item));
                }
                Err(error) => match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(refused)) => match refused.item() {
                        None => return Ok(Admitted::Absent),
                        Some(item) => {
                            let item = Item::from(item.clone());
                            // Over is over, however full its bucket.
                            if item.get_number("expires_at").is_some_and(|at| at <= now.millis()) {
                                return Ok(Admitted::Absent);
                            }
                            left = item.get_number("tat");
                        }
                    },
                    _ => return Err(unavailable(error)),
                },
            }
        }
        self.remember(key, left, now);
        match rate.take(Timestamp(left.unwrap_or_default()), now) {
            Verdict::Refused { retry_after } => Ok(Admitted::Limited(retry_after)),
            Verdict::Allowed { .. } => Ok(Admitted::Limited(rate.every)),
        }
    }

    fn remember(&self, key: Key, tat: Option<u64>, now: Timestamp) {
        let mut buckets = self.buckets();
        // Those that have run empty tell nothing any more.
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|_, tat| *tat > now);
        }
        if let Some(tat) = tat
            && buckets.len() < MOST_BUCKETS
        {
            buckets.insert(key, Timestamp(tat));
        }
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<Key, Timestamp>> {
        self.buckets.lock().expect("no holder panics")
    }
}

fn list_name(list: List) -> &'static str {
    match list {
        List::Queue => "queue",
        List::Mine => "mine",
        List::All => "all",
        List::Closed => "closed",
    }
}

fn read_list(name: &str) -> Option<List> {
    Some(match name {
        "queue" => List::Queue,
        "mine" => List::Mine,
        "all" => List::All,
        "closed" => List::Closed,
        _ => return None,
    })
}

pub(super) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Agent => "agent",
        Role::Admin => "admin",
    }
}

pub(super) fn read_role(item: &Item) -> Stored<Role> {
    match item.need("role")? {
        "agent" => Ok(Role::Agent),
        "admin" => Ok(Role::Admin),
        _ => Err(StoreError::Broken("attribute role".into())),
    }
}

fn write_identity(item: Item, identity: &Identity) -> Item {
    match identity {
        Identity::Shopper { id } => item.text("shopper", id.to_string()),
        Identity::Agent { id, name, role, version } => item
            .text("agent", id.to_string())
            .text("name", name)
            .text("role", role_name(*role))
            .number("version", *version),
    }
}

fn read_identity(item: &Item) -> Stored<Identity> {
    if let Some(id) = item.parse_maybe("shopper")? {
        return Ok(Identity::Shopper { id });
    }
    Ok(Identity::Agent {
        id: item.parse("agent")?,
        name: item.string("name").unwrap_or_default(),
        role: read_role(item)?,
        version: item.need_number("version")?,
    })
}

fn read_connection(id: &ConnectionId, item: &Item) -> Stored<Connection> {
    Ok(Connection {
        id: id.clone(),
        site: item.parse("site")?,
        identity: read_identity(item)?,
        session: item.get("session").and_then(keys::unhex),
        address: item.string("address").unwrap_or_default(),
        connected_at: item.need_time("connected_at")?,
        viewing: item.parse_maybe("viewing")?,
        greeted: item.is_set("greeted"),
    })
}
