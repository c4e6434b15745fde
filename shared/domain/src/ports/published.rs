//! What a merchant publishes, whole and under versions: the sections of the settings, which are read together, and documents, which can
//! be large and are read by who needs them.

use super::Stored;
use crate::settings::{FieldId, Section};
use crate::{AgentId, SiteId, Timestamp};
use std::fmt;
use std::future::Future;

/// A section of a site's settings, or a document, as it was published once. Versions are 1, 2, 3, … without holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published<W = Section> {
    pub what: W,
    pub version: u64,
    pub at: Timestamp,
    pub by: AgentId,
    /// The name as it was at the time.
    pub by_name: String,
    /// The version that was brought back by it.
    pub restored: Option<u64>,
    /// The content in its stored form, which the store does not look into: at most [`MAX_SECTION_BYTES`], of a document
    /// [`MAX_DOCUMENT_BYTES`].
    pub body: String,
}

/// Bytes of a section's content: an item of the table has at most 400 KB.
pub const MAX_SECTION_BYTES: usize = 256 * 1024;
/// Bytes of a document's content: what an item holds, less its keys and who published it.
pub const MAX_DOCUMENT_BYTES: usize = 390 * 1024;
/// Bytes of [`Standing::about`].
pub const MAX_ABOUT_BYTES: usize = 16 * 1024;

/// What became of publishing a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publishing {
    Done,
    /// Nothing was stored: another version stands than the one before, or none.
    Moved(Option<Box<Published>>),
}

/// What is kept beside the sections, because only some need it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    Triggers,
    Groups,
    Scenario(FieldId),
}

/// Under which they are stored; no section is called so.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Triggers => f.write_str("triggers"),
            Self::Groups => f.write_str("groups"),
            Self::Scenario(id) => write!(f, "scenario#{id}"),
        }
    }
}

impl Document {
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "triggers" => Some(Self::Triggers),
            "groups" => Some(Self::Groups),
            _ => name.strip_prefix("scenario#").and_then(FieldId::parse).map(Self::Scenario),
        }
    }
}

/// Which version of a document stands: small, whatever the size of the document. The content of a version is
/// [`Documents::document`]'s, and never changes: who needs it often keeps it by its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub document: Document,
    pub version: u64,
    pub at: Timestamp,
    pub by: AgentId,
    pub by_name: String,
    /// What others need of it without its content, in a form that the store does not look into: at most [`MAX_ABOUT_BYTES`].
    /// `None`: this version took the document away.
    pub about: Option<String>,
}

/// Everything that is published for a site now: one reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Publications {
    /// Sections that never were published are left out.
    pub sections: Vec<Published>,
    /// Likewise; those that were taken away are here.
    pub documents: Vec<Standing>,
}

/// Sites' settings: what is published, and what was.
pub trait SettingsStore: Send + Sync {
    /// Every section as it is published now, and which versions of the documents stand.
    fn published(&self, site: &SiteId) -> impl Future<Output = Stored<Publications>> + Send;

    /// One section as it is published now; `None` if it never was.
    fn section(
        &self,
        site: &SiteId,
        section: Section,
    ) -> impl Future<Output = Stored<Option<Published>>> + Send;

    /// Publishes the version after the one that stands (the first, where none does), and keeps it among what was published; both or
    /// neither. A repetition, after an answer that was lost, answers as the first did.
    fn publish(
        &self,
        site: &SiteId,
        published: &Published,
    ) -> impl Future<Output = Stored<Publishing>> + Send;

    /// What was published of a section, the present version included: newest first, beyond `before`, at most `limit`.
    fn history(
        &self,
        site: &SiteId,
        section: Section,
        before: Option<u64>,
        limit: usize,
    ) -> impl Future<Output = Stored<Vec<Published>>> + Send;
}

/// What became of publishing a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentPublishing {
    Done,
    /// Nothing was stored: another version of it stands than the one before, or none.
    Moved(Option<Standing>),
    /// Nothing was stored: another version of something stands than it was judged by.
    Outdated,
}

/// Triggers, groups and scenarios of a site.
pub trait Documents: Send + Sync {
    /// Which version stands, as of now; `None` if it never was published.
    fn standing(
        &self,
        site: &SiteId,
        document: &Document,
    ) -> impl Future<Output = Stored<Option<Standing>>> + Send;

    /// One version, whether it stands or not; `None` if it never was published. What took the document away has an empty body. What is
    /// answered once is so for ever.
    fn document(
        &self,
        site: &SiteId,
        document: &Document,
        version: u64,
    ) -> impl Future<Output = Stored<Option<Published<Document>>>> + Send;

    /// Publishes the version after the one that stands (the first, where none does) and keeps it; both or neither. `about` is what
    /// [`Standing::about`] says from then on. `judged_by`: other documents and the versions of them that must stand still (0: none), at most 40.
    /// A repetition, after an answer that was lost, answers as the first did.
    fn publish_document(
        &self,
        site: &SiteId,
        published: &Published<Document>,
        about: Option<&str>,
        judged_by: &[(Document, u64)],
    ) -> impl Future<Output = Stored<DocumentPublishing>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_documents_name_is_its_own() {
        let help = Document::Scenario(FieldId::parse("help").unwrap());
        for document in [Document::Triggers, Document::Groups, help] {
            let name = document.to_string();
            assert_eq!(Document::named(&name), Some(document));
            assert_eq!(Section::named(&name), None);
        }
        for wrong in ["", "scenario", "scenario#", "scenario#a#b", "scenario#A", "triggers#1"] {
            assert_eq!(Document::named(wrong), None, "{wrong}");
        }
    }
}
