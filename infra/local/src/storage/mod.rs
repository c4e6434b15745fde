//! S3: objects in the buckets of the template, in memory or in a file beside the table's, with expiry by the platform's clock.
//! `wire` speaks the protocol of the SDKs, `signature` checks links that were signed for others. No versions, no parts, no ACLs.

mod signature;
mod wire;

pub(crate) use wire::handle;

use crate::template::BucketSpec;
use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

/// The largest object here; AWS takes 5 GB at once.
pub(crate) const MOST_OBJECT: usize = 64 * 1_024 * 1_024;
const DAY_MS: u64 = 86_400_000;

/// What is known of an object beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    pub key: String,
    pub size: usize,
    /// Milliseconds since 1970, by the platform's clock.
    pub modified_ms: u64,
    /// MD5 in hexadecimal, without its quotes.
    pub etag: String,
    /// Headers that came with it and go out with it: type, disposition, checksum, `x-amz-meta-…`.
    pub headers: BTreeMap<String, String>,
}

pub(crate) struct Buckets {
    specs: Vec<BucketSpec>,
    file: Mutex<Connection>,
}

impl Buckets {
    pub(crate) fn open(specs: &[BucketSpec], data: Option<&Path>) -> Result<Self> {
        let path = data.map(|table| table.with_extension("objects.db"));
        let file = path
            .as_deref()
            .map_or_else(Connection::open_in_memory, Connection::open)
            .and_then(|file| {
                file.execute_batch(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                     CREATE TABLE IF NOT EXISTS objects
                         (bucket TEXT, key TEXT, modified INTEGER, etag TEXT, headers TEXT, body BLOB, PRIMARY KEY (bucket, key));",
                )?;
                Ok(file)
            })
            .with_context(|| format!("cannot open the objects' data at {path:?}"))?;
        Ok(Self { specs: specs.to_vec(), file: Mutex::new(file) })
    }

    pub(crate) fn spec(&self, bucket: &str) -> Option<&BucketSpec> {
        self.specs.iter().find(|spec| spec.name == bucket)
    }

    /// By the id that it has in the template.
    pub(crate) fn by_logical_id(&self, id: &str) -> Option<&BucketSpec> {
        self.specs.iter().find(|spec| spec.logical_id == id)
    }

    pub(crate) fn put(
        &self,
        bucket: &str,
        key: &str,
        headers: BTreeMap<String, String>,
        body: &[u8],
        now_ms: u64,
    ) -> rusqlite::Result<ObjectInfo> {
        let info = ObjectInfo {
            key: key.to_owned(),
            size: body.len(),
            modified_ms: now_ms,
            etag: format!("{:x}", md5::compute(body)),
            headers,
        };
        let headers = serde_json::to_string(&info.headers).unwrap_or_default();
        self.file.lock().expect("no holder panics").execute(
            "INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![bucket, key, now_ms.cast_signed(), info.etag, headers, body],
        )?;
        Ok(info)
    }

    /// `None` also for what has expired: a sweep may come late, a link must not.
    pub(crate) fn info(&self, bucket: &str, key: &str, now_ms: u64) -> rusqlite::Result<Option<ObjectInfo>> {
        let found = self
            .file
            .lock()
            .expect("no holder panics")
            .query_row(
                "SELECT key, length(body), modified, etag, headers FROM objects WHERE bucket = ?1 AND key = ?2",
                [bucket, key],
                info_of,
            )
            .optional()?;
        Ok(found.filter(|info| !self.has_expired(bucket, info, now_ms)))
    }

    pub(crate) fn get(
        &self,
        bucket: &str,
        key: &str,
        now_ms: u64,
    ) -> rusqlite::Result<Option<(ObjectInfo, Vec<u8>)>> {
        let Some(info) = self.info(bucket, key, now_ms)? else { return Ok(None) };
        let body = self.file.lock().expect("no holder panics").query_row(
            "SELECT body FROM objects WHERE bucket = ?1 AND key = ?2",
            [bucket, key],
            |row| row.get(0),
        )?;
        Ok(Some((info, body)))
    }

    pub(crate) fn delete(&self, bucket: &str, key: &str) -> rusqlite::Result<()> {
        let statement = "DELETE FROM objects WHERE bucket = ?1 AND key = ?2";
        self.file.lock().expect("no holder panics").execute(statement, [bucket, key])?;
        Ok(())
    }

    /// In the order of S3: by the bytes of the keys.
    pub(crate) fn list(
        &self,
        bucket: &str,
        prefix: &str,
        after: &str,
        now_ms: u64,
    ) -> rusqlite::Result<Vec<ObjectInfo>> {
        let file = self.file.lock().expect("no holder panics");
        let mut query = file.prepare(
            "SELECT key, length(body), modified, etag, headers FROM objects
             WHERE bucket = ?1 AND key > ?2 AND substr(key, 1, length(?3)) = ?3 ORDER BY key",
        )?;
        let all = query.query_map([bucket, after, prefix], info_of)?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(all.into_iter().filter(|info| !self.has_expired(bucket, info, now_ms)).collect())
    }

    /// Deletes what has expired; how many.
    pub(crate) fn sweep(&self, now_ms: u64) -> rusqlite::Result<usize> {
        let mut swept = 0;
        for spec in self.specs.iter().filter(|spec| !spec.expiries.is_empty()) {
            // A clock that shows nothing but the past hides nothing.
            for info in self.list(&spec.name, "", "", 0)? {
                if self.has_expired(&spec.name, &info, now_ms) {
                    self.delete(&spec.name, &info.key)?;
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }

    fn has_expired(&self, bucket: &str, info: &ObjectInfo, now_ms: u64) -> bool {
        let Some(spec) = self.spec(bucket) else { return false };
        spec.expiries.iter().any(|expiry| {
            // At the midnight (UTC) that follows so many days.
            let due = (info.modified_ms + expiry.days * DAY_MS).div_ceil(DAY_MS) * DAY_MS;
            info.key.starts_with(&expiry.prefix) && due <= now_ms
        })
    }
}

fn info_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<ObjectInfo> {
    Ok(ObjectInfo {
        key: row.get(0)?,
        size: usize::try_from(row.get::<_, i64>(1)?).unwrap_or(0),
        modified_ms: row.get::<_, i64>(2)?.cast_unsigned(),
        etag: row.get(3)?,
        headers: serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Expiry;

    fn buckets() -> Buckets {
        let spec = BucketSpec {
            logical_id: "B".into(),
            name: "b".into(),
            arn: "arn:aws:s3:::b".into(),
            expiries: vec![Expiry { prefix: "raw/".into(), days: 30 }],
            cors: Vec::new(),
        };
        Buckets::open(&[spec], None).unwrap()
    }

    #[test]
    fn objects_expire_at_the_midnight_after_their_days_and_only_under_their_prefix() {
        let buckets = buckets();
        let noon = 12 * 3_600_000;
        for key in ["raw/1", "kept/1"] {
            buckets.put("b", key, BTreeMap::new(), b"x", noon).unwrap();
        }
        let there = |now| buckets.list("b", "", "", now).unwrap().len();
        assert_eq!(there(31 * DAY_MS - 1), 2);
        assert_eq!(there(31 * DAY_MS), 1);
        assert!(buckets.get("b", "raw/1", 31 * DAY_MS).unwrap().is_none());
        assert_eq!(buckets.sweep(31 * DAY_MS).unwrap(), 1);
        assert_eq!(buckets.sweep(31 * DAY_MS).unwrap(), 0);
    }

    #[test]
    fn keys_are_listed_by_their_bytes_and_prefixes_are_no_patterns() {
        let buckets = buckets();
        for key in ["b", "a_1", "a%1", "Z", "é"] {
            buckets.put("b", key, BTreeMap::new(), b"x", 0).unwrap();
        }
        let keys = |prefix: &str, after: &str| -> Vec<String> {
            buckets.list("b", prefix, after, 0).unwrap().into_iter().map(|info| info.key).collect()
        };
        assert_eq!(keys("", ""), ["Z", "a%1", "a_1", "b", "é"]);
        assert_eq!(keys("a_", ""), ["a_1"]);
        assert_eq!(keys("", "a_1"), ["b", "é"]);
    }
}
