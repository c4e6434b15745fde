//! What this process keeps of the documents, by their version: a version never changes, so each is read and its expressions are compiled
//! once. Which version stands is always read anew.

use crate::{Configured, Engine};
use domain::SiteId;
use domain::groups::Groups;
use domain::ports::{Document, Environment, Push, Store, Stored};
use domain::scenario::Scenario;
use domain::settings::FieldId;
use domain::triggers::Triggers;
use protocol::documents::DocumentValue;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Versions that one process keeps.
const MOST_KEPT: usize = 200;

type Key = (SiteId, Document, u64);

#[derive(Debug, Clone, Default)]
pub struct Kept(Arc<Mutex<HashMap<Key, Value>>>);

#[derive(Debug, Clone)]
enum Value {
    Triggers(Arc<Triggers>),
    Groups(Arc<Groups>),
    Scenario(Arc<Scenario>),
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// The triggers that stand; none where none were published, or where this version cannot read them.
    pub async fn triggers(&self, site: &SiteId, configured: &Configured) -> Stored<Arc<Triggers>> {
        let Some(standing) = configured.document(&Document::Triggers) else { return Ok(Arc::default()) };
        match self.kept_version(site, &Document::Triggers, standing.version).await? {
            Some(Value::Triggers(triggers)) => Ok(triggers),
            _ => Ok(Arc::default()),
        }
    }

    /// Likewise the groups.
    pub async fn groups(&self, site: &SiteId, configured: &Configured) -> Stored<Arc<Groups>> {
        let Some(standing) = configured.document(&Document::Groups) else { return Ok(Arc::default()) };
        self.groups_of_version(site, standing.version).await
    }

    pub(super) async fn groups_of_version(&self, site: &SiteId, version: u64) -> Stored<Arc<Groups>> {
        match self.kept_version(site, &Document::Groups, version).await? {
            Some(Value::Groups(groups)) => Ok(groups),
            _ => Ok(Arc::default()),
        }
    }

    /// A version of a scenario, whether it stands or not: a chat goes on with the one that it began with.
    pub async fn scenario(&self, site: &SiteId, id: &FieldId, version: u64) -> Stored<Option<Arc<Scenario>>> {
        match self.kept_version(site, &Document::Scenario(id.clone()), version).await? {
            Some(Value::Scenario(scenario)) => Ok(Some(scenario)),
            _ => Ok(None),
        }
    }

    async fn kept_version(&self, site: &SiteId, document: &Document, version: u64) -> Stored<Option<Value>> {
        let key = (site.clone(), document.clone(), version);
        if let Some(kept) = self.kept.0.lock().expect("no holder panics").get(&key) {
            return Ok(Some(kept.clone()));
        }
        let Some(published) = self.store.document(site, document, version).await? else { return Ok(None) };
        let value = match DocumentValue::read(document, &published.body, version) {
            Ok(DocumentValue::Triggers(triggers)) => Value::Triggers(Arc::new(triggers)),
            Ok(DocumentValue::Groups(groups)) => Value::Groups(Arc::new(groups)),
            Ok(DocumentValue::Scenario(scenario)) => Value::Scenario(Arc::new(scenario)),
            Err(error) => {
                tracing::error!(%site, %document, version, %error, "a published document cannot be read; it counts for nothing");
                return Ok(None);
            }
        };
        let mut kept = self.kept.0.lock().expect("no holder panics");
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(key, value.clone());
        Ok(Some(value))
    }
}
