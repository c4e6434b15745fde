//! What merchants and agents are told: what came of triggers (T6), and why one did or did not fire (T5).

use super::decide::visitor;
use super::heard::Heard;
use super::memory::Who;
use super::{Context, Reporter};
use crate::settings::admin;
use crate::{Engine, Failure};
use domain::people::{Actor, Site};
use domain::ports::{Environment, Push, Store};
use domain::proactive::{Day, Results};
use domain::triggers::{Currency, Trigger, evaluate};
use domain::{Timestamp, VisitorId};
use protocol::proactive::{
    MoneyAmount, PageReport, TriggerDay, TriggerNames, TriggerResults, TriggerResultsAnswer,
    VisitorExplanation,
};
use protocol::server::TriggerName;
use protocol::triggers::TriggerExplanation;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Days that can be asked for.
pub const RESULT_DAYS: RangeInclusive<u64> = 1..=90;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Of the last `days` days of the shop's, this one included.
    pub async fn trigger_results(
        &self,
        actor: &Actor,
        site: &Site,
        days: u64,
    ) -> Result<TriggerResultsAnswer, Failure> {
        admin(actor, &site.id)?;
        let configured = self.configured(site).await?;
        let zone = configured.settings.hours.schedule.zone().clone();
        let back = DAY * u32::try_from(days.saturating_sub(1)).unwrap_or(0);
        let from = Day::of(self.env.now().minus(back), &zone);
        let mut results = self.store.results(&site.id, &from).await?;
        results.sort_by(|a, b| (&a.trigger, &a.day).cmp(&(&b.trigger, &b.day)));
        let mut total: BTreeMap<Option<Currency>, u64> = BTreeMap::new();
        let mut triggers: Vec<TriggerResults> = Vec::new();
        for result in results {
            for (currency, value) in &result.value {
                *total.entry(*currency).or_default() += value;
            }
            let id = result.trigger.to_string();
            if triggers.last().is_none_or(|last| last.id != id) {
                triggers.push(TriggerResults { id, days: Vec::new() });
            }
            if let Some(last) = triggers.last_mut() {
                last.days.push(day(result));
            }
        }
        Ok(TriggerResultsAnswer { triggers, value: money(total) })
    }

    /// What the triggers are called that there are.
    pub async fn trigger_names(&self, site: &Site) -> Result<TriggerNames, Failure> {
        let configured = self.configured(site).await?;
        let triggers = self.triggers(&site.id, &configured).await?;
        let name = |trigger: &Trigger| TriggerName { id: trigger.id.to_string(), name: trigger.name.clone() };
        Ok(TriggerNames { triggers: triggers.0.iter().map(name).collect() })
    }

    /// What came of every trigger at a visitor's last report, as things were then: hours and marks are those of that moment, presence and
    /// what is published those of now.
    pub async fn explain(&self, site: &Site, id: VisitorId) -> Result<VisitorExplanation, Failure> {
        let known = self.store.known_visitor(id).await?.ok_or(Failure::NotFound)?;
        if known.visitor.site != site.id {
            return Err(Failure::NotFound);
        }
        let Some((report, at)) = known.visitor.report.clone() else { return Err(Failure::NotFound) };
        let report: PageReport = serde_json::from_str(&report).map_err(|_| Failure::NotFound)?;
        let picture = self.fresh_picture(&site.id).await?;
        let configured = self.configured(site).await?;
        let (triggers, groups) =
            futures::try_join!(self.triggers(&site.id, &configured), self.groups(&site.id, &configured))?;
        let row = self.store.visitor(&site.id, id).await?;
        let from = Reporter {
            site: site.id.clone(),
            shopper: row.and_then(|row| row.shopper),
            address: String::new(),
            country: known.visitor.country,
            user_agent: None,
        };
        let shopper = self.shopper_of(&from, &picture).await?;
        let heard = Heard::read(&report);
        let context = Context {
            from: &from,
            report: &report,
            heard,
            picture,
            triggers,
            groups,
            shopper,
            testing: None,
            now: at,
        };
        // What the report itself led to came after it.
        let mut known = known;
        known.marks.retain(|(_, marked)| *marked < at);
        let who = Who::Visitor { known: Box::new(known), fresh: None };
        let explained = visitor(&context, &who).map_or_else(Vec::new, |visitor| {
            evaluate(&context.triggers, &visitor, at).iter().map(TriggerExplanation::from).collect()
        });
        Ok(VisitorExplanation { at: Timestamp::millis(at), url: report.url.clone(), triggers: explained })
    }
}

fn day(result: Results) -> TriggerDay {
    TriggerDay {
        day: result.day.to_string(),
        shown: result.shown,
        opened: result.opened,
        answered: result.answered,
        converted: result.converted,
        value: money(result.value),
    }
}

fn money(value: BTreeMap<Option<Currency>, u64>) -> Vec<MoneyAmount> {
    let amount = |(currency, hundredths): (Option<Currency>, u64)| MoneyAmount {
        currency: currency.map(|currency| currency.as_str().to_owned()).unwrap_or_default(),
        hundredths,
    };
    value.into_iter().filter(|(_, hundredths)| *hundredths > 0).map(amount).collect()
}
