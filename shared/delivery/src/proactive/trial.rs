//! A trigger that its merchant tries: seen by one browser, also while it is off, and counted nowhere.

use crate::settings::admin;
use crate::{Engine, Failure, Secret, secret};
use domain::people::{Actor, Site};
use domain::ports::{Environment, Push, Store};
use domain::proactive::{TRIAL_LIFE, Trial};
use domain::rate::TRIALS_PER_PERSON;
use domain::settings::FieldId;
use domain::{SiteId, Timestamp};
use protocol::proactive::{PageReport, TriggerTestAnswer};

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// A key by which whoever has it sees the trigger, for an hour.
    pub async fn try_trigger(
        &self,
        actor: &Actor,
        site: &Site,
        trigger: &str,
    ) -> Result<TriggerTestAnswer, Failure> {
        let (by, _) = admin(actor, &site.id)?;
        let now = self.env.now();
        let counted = self.store.count(TRIALS_PER_PERSON, &by.to_string(), now).await?;
        counted.map_err(|retry_after| Failure::RateLimited { retry_after })?;
        let configured = self.configured(site).await?;
        let triggers = self.triggers(&site.id, &configured).await?;
        let trigger = FieldId::parse(trigger).ok_or(Failure::NotFound)?;
        if !triggers.0.iter().any(|known| known.id == trigger) {
            return Err(Failure::NotFound);
        }
        let key = Secret::make("tst_", &self.env);
        let trial = Trial { site: site.id.clone(), trigger, expires_at: now.plus(TRIAL_LIFE) };
        self.store.keep_trial(key.hash(), &trial).await?;
        Ok(TriggerTestAnswer { key: key.reveal(), expires_at: trial.expires_at.millis() })
    }

    /// The trigger that this browser tries. Without a good key it is a browser like any other.
    pub(super) async fn testing(
        &self,
        site: &SiteId,
        report: &PageReport,
        now: Timestamp,
    ) -> Result<Option<FieldId>, Failure> {
        let Some(testing) = &report.testing else { return Ok(None) };
        let trial = self.store.trial(secret::hash(&testing.key), now).await?;
        let good = trial.filter(|trial| trial.site == *site && trial.trigger.as_str() == testing.trigger);
        Ok(good.map(|trial| trial.trigger))
    }
}
