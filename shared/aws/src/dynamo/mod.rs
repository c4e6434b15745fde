//! The table.
//!
//! | Entity | `pk` | `sk` | Holds | Read by |
//! |---|---|---|---|---|
//! | head | `C#conv` | `META` | the fold of both logs, the deadlines, `scenario`: where a bot is in it; unless it is held `inbox_pk`, `inbox_sk`; while there are deadlines `due_pk`, `due_sk` | key; indexes `inbox`, `deadlines` |
//! | entry | `C#conv` | `T#seq`, `B#seq` | one line of a log; `wakes`: which function the stream tells of it | query by number |
//! | receipt | `P#shopper` | `D#client` | what a shopper's command was answered | key |
//! | receipt | `C#conv` | `D#agent#client` | what an agent's command was answered | key |
//! | cursor | `C#conv` | `R#shopper`, `R#team` | `seen`, `delivered` | key |
//! | registration | `C#conv`, `P#shopper` | `X#connection` | lease; ttl | query by prefix |
//! | registration | `S#site` | `L#connection` | lease, list shown; ttl | query by prefix |
//! | registration | `S#site` | `X#anonymous#connection`, `X#verified#connection` | a shopper's connection, until it ends; ttl | query by prefix |
//! | profile | `P#shopper` | `PROFILE` | what is known of a shopper; `answer_field`: what they have told beside name and email; `visitor`: as whom their browser reports | key |
//! | open | `P#shopper` | `OPEN` | the one unclosed conversation; of who has signed in, what has gone along, and as whom | key |
//! | browser | `P#shopper` | `L#at#anonymous` | as whom a verified shopper had conversations before signing in | query by prefix |
//! | signed in | `P#anonymous` | `SIGNED_IN` | as whom | key |
//! | pointer | `P#shopper` | `C#began#conv` | one of the shopper's conversations | query by prefix |
//! | site | `S#site` | `SITE` | settings | key |
//! | published section | `S#site` | `PUB#section` | settings as they are: version, who, when, content | key, query by prefix |
//! | earlier version | `S#site` | `HIST#section#version` | every version that was published, the present one too | query by number |
//! | standing document | `S#site` | `PUB#triggers`, `PUB#groups`, `PUB#scenario#id` | which version of it stands, who published it, what others need of it (16 KB at most) | key, query by prefix together with the sections |
//! | document | `S#site` | `HIST#triggers#version`, … | a version's content, for ever | key |
//! | member | `S#site` | `M#agent` | role, name, version, presence, which photo | key, query by prefix |
//! | photo | `S#site` | `PHOTO#hash` | an agent's photo, at most 24 KB, and whose it is | key |
//! | FAQ count | `S#site` | `FAQ#question` | how often it was opened, how often a person was needed all the same | query by prefix |
//! | FAQ mark | `F#id` | `site#event#question` | that this event has been counted; ttl | by writing |
//! | membership | `A#agent` | `S#site` | that there is one | query by prefix |
//! | person | `E#email` | `PERSON` | who may sign in | key |
//! | connection | `K#connection` | `CONNECTION` | who it is, its rate, what it is registered under; ttl | key |
//! | ticket | `TK#hash` | `TICKET` | a permission to connect; ttl | key, deleted by reading |
//! | session | `SE#hash` | `SESSION` | a shopper's browser; ttl | key |
//! | identity key | `I#site` | `KEY#id` | what a shop's server signs with, from when until when | query by prefix |
//! | token's id | `J#hash` | `JTI` | whose token it was; ttl | key, by writing |
//! | address | `AD#site#hash` | `ADDRESS` | of one that mails go to: suppressed, warm, the mails of the last day; ttl unless suppressed | key |
//! | mail | `O#conv` | `ANSWERS#after` | who claims it until when; what SES accepted; ttl | key, by writing |
//! | told | `O#conv` | `AGENT#agent` | how far an agent has been told of it by mail, when last; ttl | query by prefix |
//! | transcript | `O#conv` | `ASKED#client` | one that is to be mailed, and to whom; ttl | query by prefix |
//! | mail | `O#conv` | `TRANSCRIPT#client` | a transcript's claim, as above | key, by writing |
//! | choice | `S#site` | `MAIL#agent` | what an agent wants to be told by mail, and where | key, query by prefix |
//! | tray | `AM#site#agent` | `TRAY` | of the mails to an agent: who writes one, those of the last hour, what waits to be gathered; ttl | key |
//! | reply token | `RT#hash` | `TOKEN` | the conversation and recipient that an answer by mail is from; ttl | key |
//! | mail link | `ML#hash` | `LINK` | what it is for, and of which shopper and address; ttl | key |
//! | followed link | `RS#hash` | `RESUMED` | the conversation that a browser which followed a mail's button may read and write in; ttl | key |
//! | visitor's row | `VR#site#visitor` | `ROW` | who is on the site: page, path, cart, an invitation; `due_pk`, `due_sk`; ttl | key; index `deadlines` |
//! | watch | `S#site` | `WATCH` | until when somebody looks at the visitors' list; ttl | key |
//! | visitor | `V#visitor` | `VISITOR` | who has agreed to be remembered: visits, pages that are open, the last report; ttl | query of the partition |
//! | mark | `V#visitor`, `V#page` | `M#what` | that a trigger was shown on a page, in a visit, ever; ttl | query of the partition, by writing |
//! | sent away | `V#visitor` | `X#trigger` | it does not come back; ttl | query of the partition |
//! | credit | `V#visitor` | `CREDIT` | the last showing that was opened or answered; ttl | query of the partition |
//! | order | `V#visitor#hash` | `ORDER` | that it has been counted; ttl | by writing |
//! | showing | `SH#hash` | `SHOWN` | what the shop said by itself, to whom, and whether it was opened and answered; ttl | key |
//! | trial | `TT#hash` | `TRIAL` | a trigger that its merchant tries; ttl | key |
//! | results | `TR#site` | `day#trigger` | how often it was shown, opened, answered, followed by an order, and what for; ttl | query by day |
//! | counter | `N#quota#key` | `W#window` | how many in this window; ttl | key |
//!
//! Index `inbox`: `inbox_pk` (`site#queue`, `site#bot`, `site#agent#agent`, `site#closed`) → `inbox_sk` (last activity, conversation),
//! all attributes. Index `deadlines`, of heads with deadlines only: `due_pk` (`Q#shard`) → `due_sk` (when the earliest is due,
//! conversation), keys only; in partitions of their own (`VL#site`) visitors' rows in the order of their writing, so that a page view pays two
//! units for its place and not two copies of the row. Times are milliseconds, except `ttl` (seconds, for the table's own sweep, which may take two
//! days: every read compares `expires_at`). Every read but the indexes' is consistent. Nothing scans.

mod accounts;
mod bots;
mod connections;
mod conversations;
mod documents;
mod faqs;
mod identity;
mod item;
pub mod keys;
mod mail;
mod notices;
mod profiles;
mod settings;
pub mod stream;
mod visitors;
mod visits;

pub use item::Item;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use domain::ports::{StoreError, Stored};
use keys::Key;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// All ports of the store, on one table.
#[derive(Debug, Clone)]
pub struct Dynamo {
    client: Client,
    table: String,
    /// How full this process has left buckets: see [`Dynamo::admit_at`].
    buckets: Arc<Mutex<HashMap<Key, Timestamp>>>,
}

impl Dynamo {
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table, buckets: Arc::default() }
    }

    /// Opens the connection to DynamoDB while a function starts, when its CPU is boosted. The answer does not matter.
    pub async fn warm(&self) {
        let _ = self.get(Key { pk: "WARM".into(), sk: "WARM".into() }).await;
    }

    async fn get(&self, key: Key) -> Stored<Option<Item>> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(attributes(key)))
            .consistent_read(true);
        let answer = get.send().await.map_err(unavailable)?;
        Ok(answer.item.map(Item::from))
    }

    async fn put(&self, item: Item) -> Stored<()> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item.0))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn delete(&self, key: Key) -> Stored<()> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(attributes(key)))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    /// All items of a partition whose sort key begins with `prefix`; with an empty one, all.
    async fn query_prefix(&self, pk: String, prefix: &str) -> Stored<Vec<Item>> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let query = self.client.query().table_name(&self.table);
            let query = if prefix.is_empty() {
                query.key_condition_expression("pk = :pk")
            } else {
                query
                    .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                    .expression_attribute_values(":prefix", item::s(prefix))
            };
            let page = query
                .expression_attribute_values(":pk", item::s(&pk))
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(unavailable)?;
            items.extend(page.items.unwrap_or_default().into_iter().map(Item::from));
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(items);
            }
        }
    }
}

fn attributes(key: Key) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), item::s(key.pk)), ("sk".to_owned(), item::s(key.sk))])
}

/// Any failure of a call that its caller does not treat by name.
fn unavailable<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    error: SdkError<E, R>,
) -> StoreError {
    let what = error.code().map_or_else(
        || match &error {
            SdkError::TimeoutError(_) => "timed out".to_owned(),
            SdkError::DispatchFailure(_) => "could not be reached".to_owned(),
            _ => "did not answer as it should".to_owned(),
        },
        str::to_owned,
    );
    StoreError::Unavailable(what)
}
