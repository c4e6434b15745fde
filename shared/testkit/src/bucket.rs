//! Mails and files, in memory.

use domain::Timestamp;
use domain::conversation::{Attached, FileKey};
use domain::ports::{Files, FilesError, Originals};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Default)]
pub struct Bucket(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    mails: BTreeMap<String, Vec<u8>>,
    files: BTreeMap<FileKey, (Attached, Vec<u8>)>,
    broken: bool,
}

impl Bucket {
    /// A mail comes in.
    pub fn put(&self, key: &str, raw: &[u8]) {
        self.0.lock().expect("no holder panics").mails.insert(key.to_owned(), raw.to_owned());
    }

    /// Every file that was kept, by its key.
    #[must_use]
    pub fn files(&self) -> Vec<(Attached, Vec<u8>)> {
        self.0.lock().expect("no holder panics").files.values().cloned().collect()
    }

    /// From now on nothing can be read or kept, or it can again.
    pub fn breaks(&self, broken: bool) {
        self.0.lock().expect("no holder panics").broken = broken;
    }

    fn works(&self) -> Result<(), FilesError> {
        match self.0.lock().expect("no holder panics").broken {
            true => Err(FilesError("broken by a test".into())),
            false => Ok(()),
        }
    }
}

impl Originals for Bucket {
    async fn original(&self, key: &str, most: usize) -> Result<Option<Vec<u8>>, FilesError> {
        self.works()?;
        let state = self.0.lock().expect("no holder panics");
        Ok(state.mails.get(key).map(|raw| raw[..raw.len().min(most + 1)].to_owned()))
    }

    async fn keep(&self, file: &Attached, bytes: Vec<u8>) -> Result<(), FilesError> {
        self.works()?;
        self.0.lock().expect("no holder panics").files.insert(file.key, (file.clone(), bytes));
        Ok(())
    }
}

impl Files for Bucket {
    async fn link(&self, file: &Attached, now: Timestamp) -> Result<String, FilesError> {
        self.works()?;
        Ok(format!("https://files.example/{}?at={}", file.key, now.millis()))
    }

    async fn original_link(&self, key: &str, now: Timestamp) -> Result<String, FilesError> {
        self.works()?;
        Ok(format!("https://files.example/{key}?at={}", now.millis()))
    }
}
