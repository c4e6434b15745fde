//! Keeps what queues hold over a restart of the platform, in a file beside the table's. Without a file for the table there is none.

use super::Message;
use crate::log::Log;
use anyhow::{Context, Result};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

pub(crate) struct Journal {
    file: Mutex<Connection>,
    log: Arc<Log>,
}

impl Journal {
    pub(crate) fn open(table: &Path, log: Arc<Log>) -> Result<Self> {
        let path = table.with_extension("queues.db");
        let file = Connection::open(&path)
            .and_then(|file| {
                // Written ahead, and not waited for at each message: it must outlive the process, not the machine.
                file.execute_batch(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                     CREATE TABLE IF NOT EXISTS messages
                         (queue TEXT, number INTEGER, message TEXT NOT NULL, PRIMARY KEY (queue, number));",
                )?;
                Ok(file)
            })
            .with_context(|| format!("cannot open the queues' data at {}", path.display()))?;
        Ok(Self { file: Mutex::new(file), log })
    }

    pub(super) fn load(&self, queue: &str) -> BTreeMap<u64, Message> {
        let file = self.file.lock().expect("no holder panics");
        let rows =
            file.prepare("SELECT number, message FROM messages WHERE queue = ?1").and_then(|mut query| {
                query
                    .query_map([queue], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?
                    .collect::<rusqlite::Result<Vec<_>>>()
            });
        drop(file);
        self.told(rows)
            .into_iter()
            .flatten()
            .filter_map(|(number, text)| {
                Some((u64::try_from(number).ok()?, serde_json::from_str(&text).ok()?))
            })
            .collect()
    }

    pub(super) fn keep(&self, queue: &str, number: u64, message: &Message) {
        let text = serde_json::to_string(message).unwrap_or_default();
        let file = self.file.lock().expect("no holder panics");
        let statement = "INSERT OR REPLACE INTO messages VALUES (?1, ?2, ?3)";
        self.told(file.execute(statement, params![queue, number.cast_signed(), text]));
    }

    pub(super) fn forget(&self, queue: &str, number: u64) {
        let file = self.file.lock().expect("no holder panics");
        let statement = "DELETE FROM messages WHERE queue = ?1 AND number = ?2";
        self.told(file.execute(statement, params![queue, number.cast_signed()]));
    }

    /// A file that cannot be written is no reason to lose what memory still holds.
    fn told<T>(&self, outcome: rusqlite::Result<T>) -> Option<T> {
        outcome.inspect_err(|error| self.log.say(format!("the queues' data: {error}"))).ok()
    }
}
