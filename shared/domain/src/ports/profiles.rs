//! What agents show of themselves.

use super::Stored;
use crate::profile::{Photo, PhotoId, Profile};
use crate::{AgentId, SiteId};
use std::future::Future;

/// Members' names and photos. Neither moves a membership's `version`: who has another name now is not to be cut for it.
pub trait Profiles: Send + Sync {
    /// Gives an active member another name and title, and touches nothing else. Whether there is such a member.
    fn set_profile(
        &self,
        site: &SiteId,
        agent: AgentId,
        profile: &Profile,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// Makes `photo` the member's in place of `before`: it is kept, the one before is gone, and the membership names it; all or nothing.
    /// Nothing changes where the member has another photo than `before` by now, or is none, or, of a new photo, is not active.
    /// Whether it stands now: a repetition, after an answer that was lost, answers as the first did.
    fn set_photo(
        &self,
        site: &SiteId,
        agent: AgentId,
        before: Option<PhotoId>,
        photo: Option<&Photo>,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// A photo of somebody of the site; whether it is still somebody's is the membership's to say.
    fn photo(&self, site: &SiteId, id: PhotoId) -> impl Future<Output = Stored<Option<Photo>>> + Send;
}
