//! Mails as they came, and the files that came with them.

use crate::Timestamp;
use crate::conversation::Attached;
use std::future::Future;
use std::time::Duration;

/// A link to a file is good for this long.
pub const LINK_LIFE: Duration = Duration::from_secs(5 * 60);

/// Nothing was kept, or nothing could be read; trying again may help.
#[derive(Debug, Clone, thiserror::Error)]
#[error("files are unavailable: {0}")]
pub struct FilesError(pub String);

/// What a function that receives mail needs.
pub trait Originals: Send + Sync {
    /// A mail as it came; of one that is larger than `most` bytes so many of the first and one more. `None`: there is none, or not any more.
    fn original(
        &self,
        key: &str,
        most: usize,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, FilesError>> + Send;

    /// Keeps a file under its key. Whoever opens it later is told to save it and not to show it, whatever it is.
    fn keep(&self, file: &Attached, bytes: Vec<u8>) -> impl Future<Output = Result<(), FilesError>> + Send;
}

/// What hands files out.
pub trait Files: Send + Sync {
    /// A link to a file, good for [`LINK_LIFE`] from `now` and for nothing else: whoever opens it is handed something to be saved.
    /// Whether there is such a file is found out by opening it.
    fn link(
        &self,
        file: &Attached,
        now: Timestamp,
    ) -> impl Future<Output = Result<String, FilesError>> + Send;

    /// The same for a mail as it came.
    fn original_link(
        &self,
        key: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<String, FilesError>> + Send;
}
