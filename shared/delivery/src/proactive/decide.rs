//! Asking the rules, claiming what they name, showing it.
//!
//! Two reports at once may both find that a trigger fires: whose claim is written shows it, and the other looks again and finds it taken.
//! Whether a claim was written is unknown when the store does not answer: then nothing is shown, and a frequency is never exceeded. So a
//! showing may be lost (its answer was), and none comes twice.

use super::memory::Who;
use super::{Context, quiet};
use crate::Engine;
use domain::availability::Shop;
use domain::office_hours::Status;
use domain::people::Availability;
use domain::ports::{Environment, Push, Store};
use domain::proactive::{Claiming, Day, Owner};
use domain::settings::FieldId;
use domain::triggers::shown::Shown;
use domain::triggers::{Action, Memory, Office, Online, PageView, Trigger, Visitor, choose, evaluate};
use protocol::proactive::{PageAnswer, Proactive};
use protocol::triggers::armed;

/// Tries of a report whose claims others were quicker with.
const MOST_LOST: u32 = 4;

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// What to look out for, and what is shown now.
    pub(super) async fn answer(&self, context: &Context<'_>, who: &mut Who) -> PageAnswer {
        let mut answer = PageAnswer::default();
        for _ in 0..MOST_LOST {
            let Some(visitor) = visitor(context, who) else { return answer };
            let evaluated = evaluate(&context.triggers, &visitor, context.now);
            let mut choice = choose(&evaluated);
            // What was done in an earlier try is not done again: its marks are known by now.
            let mut lost = false;
            for trigger in std::mem::take(&mut choice.silent) {
                match self.claim(context, who, &visitor, trigger).await {
                    Some(_) => answer.group = group(trigger).map(ToString::to_string).or(answer.group),
                    None => lost = true,
                }
            }
            if let Some(trigger) = choice.visible {
                match self.claim(context, who, &visitor, trigger).await {
                    Some(shown) => {
                        answer.group = group(trigger).map(ToString::to_string).or(answer.group);
                        answer.show = shown;
                    }
                    None => lost = true,
                }
            }
            if lost && self.look_again(context, who).await {
                continue;
            }
            break;
        }
        // As things are after what was shown: what it stands in the way of is not armed.
        if let Some(visitor) = visitor(context, who) {
            let evaluated = evaluate(&context.triggers, &visitor, context.now);
            answer.armed = evaluated.iter().filter_map(armed).collect();
        }
        answer
    }

    /// Writes what has to be written before `trigger` does what it does; `None`: it does not. What it shows, if it shows something.
    async fn claim(
        &self,
        context: &Context<'_>,
        who: &mut Who,
        visitor: &Visitor,
        trigger: &Trigger,
    ) -> Option<Option<Proactive>> {
        let testing = context.testing.as_ref() == Some(&trigger.id);
        let claims = domain::triggers::shown::claims(trigger, visitor, context.now);
        let known = who.visitor().map(|visitor| visitor.id);
        let shown = if trigger.is_visible() {
            let language = context.heard.browser.language.as_ref().map(|tag| tag.as_str());
            let language = language.or(context.shopper.language.as_deref());
            let shown = self.composed(context, trigger, &visitor.online, known, language, !testing).await;
            match shown {
                Ok(shown) => Some(shown?),
                Err(error) => {
                    quiet(&error);
                    return None;
                }
            }
        } else {
            None
        };
        let zone = context.picture.configured.settings.hours.schedule.zone();
        let counts =
            (!testing).then(|| (context.from.site.clone(), trigger.id.clone(), Day::of(context.now, zone)));
        let claiming = Claiming {
            owner: known.map_or(Owner::Page(context.heard.page), Owner::Visitor),
            claims: claims.clone(),
            at: context.now,
            showing: shown.as_ref().map(|shown| (shown.hash, shown.showing.clone())),
            counts,
        };
        match self.store.claim(&claiming).await {
            Ok(true) => {
                for claim in claims {
                    who.note(claim.mark, context.now);
                }
                tracing::info!(site = %context.from.site, trigger = %trigger.id, testing, "fired");
                Some(shown.map(|shown| shown.proactive))
            }
            Ok(false) => None,
            Err(error) => {
                quiet(&error);
                None
            }
        }
    }

    /// Reads what is known anew. Whether that could be done.
    async fn look_again(&self, context: &Context<'_>, who: &mut Who) -> bool {
        let read = match who {
            Who::Visitor { known, .. } => {
                self.store.known_visitor(known.visitor.id).await.map(|now| match now {
                    Some(now) => {
                        **known = now;
                        true
                    }
                    None => false,
                })
            }
            Who::Nobody { marks } => self.store.page_marks(context.heard.page).await.map(|now| {
                *marks = now;
                true
            }),
        };
        read.unwrap_or_else(|error| {
            quiet(&error);
            false
        })
    }
}

pub(super) fn group(trigger: &Trigger) -> Option<&FieldId> {
    trigger.actions.iter().find_map(|action| match action {
        Action::AssignGroup(group) => Some(group),
        _ => None,
    })
}

/// What the rules are told. `None`: the page has no address.
pub(super) fn visitor(context: &Context<'_>, who: &Who) -> Option<Visitor> {
    let heard = &context.heard;
    let mut shown = Shown::default();
    let (marks, memory) = match who {
        Who::Visitor { known, .. } => {
            shown.dismissed.clone_from(&known.dismissed);
            let visit = known.visitor.visit();
            let chatted_before = visit.chatted_before || context.shopper.chatted;
            (&known.marks, Memory::Visit(domain::triggers::Visit { chatted_before, ..visit }))
        }
        Who::Nobody { marks } => (marks, Memory::Nothing),
    };
    for (mark, at) in marks {
        shown.note(mark.clone(), *at);
    }
    let known = who.visitor();
    Some(Visitor {
        page: PageView {
            id: heard.page,
            url: heard.url.clone()?,
            viewed_at: known.and_then(|visitor| visitor.viewed_at(heard.page)),
            referrer: known
                .map_or_else(|| domain::triggers::Referrer::new(&heard.referrer), |v| v.referrer.clone()),
            campaign: known.map_or_else(|| heard.campaign.clone(), |visitor| visitor.campaign.clone()),
        },
        browser: heard.browser.clone(),
        claims: heard.claims,
        country: context.from.country.or_else(|| known?.country).or(context.shopper.country),
        memory,
        online: online(context),
        chat: context.shopper.chat,
        cart: heard.cart.clone(),
        attributes: heard.attributes.clone(),
        events: heard.events.clone(),
        shown,
        testing: context.testing.clone(),
    })
}

/// The shop as it is now, from a picture that is some seconds old at most.
fn online(context: &Context<'_>) -> Online {
    let (settings, members) = (&context.picture.configured.settings, &context.picture.members);
    let hours = settings.hours.status(context.now);
    let office = if matches!(hours, Some(Status::Closed { .. })) { Office::Closed } else { Office::Open };
    let here = members.iter().filter(|member| member.presence(context.now) == Availability::Online);
    let agents: std::collections::BTreeSet<_> = here.map(|member| member.agent).collect();
    let staffed = context.groups.0.iter().filter(|group| !group.agents.is_disjoint(&agents));
    Online {
        shop: Shop::at(hours, members, context.now).is_online(),
        office,
        groups: staffed.map(|group| group.id.clone()).collect(),
        agents,
    }
}
