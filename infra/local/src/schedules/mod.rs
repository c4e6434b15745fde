//! Schedules: EventBridge Scheduler's and those of SAM's function events. They follow the platform's clock. When it is moved over
//! several turns at once, one is fired and the next is reckoned from there.

mod expression;

pub(crate) use expression::Expression;

use crate::template::{ScheduleSpec, Target};
use crate::{World, clock, lambda};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What became of a schedule so far.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ScheduleState {
    pub name: String,
    /// As the template says it: `rate(15 minutes)`.
    pub expression: String,
    pub target: String,
    pub fired: u64,
    /// Milliseconds since 1970, by the platform's clock; none when it will not fire again.
    pub next_ms: Option<u64>,
    pub last_ms: Option<u64>,
}

pub(crate) struct Schedule {
    spec: ScheduleSpec,
    state: Mutex<ScheduleState>,
}

impl Schedule {
    pub(crate) fn new(spec: ScheduleSpec) -> Self {
        let state = ScheduleState {
            name: spec.name.clone(),
            expression: spec.expression.to_string(),
            target: match &spec.target {
                Target::Function(name) => name.clone(),
                Target::Queue(arn) => crate::queues::name_in(arn).to_owned(),
            },
            ..ScheduleState::default()
        };
        Self { spec, state: Mutex::new(state) }
    }

    pub(crate) fn state(&self) -> ScheduleState {
        self.state.lock().expect("no holder panics").clone()
    }
}

/// Runs until it will not fire again.
pub(crate) async fn run(world: Arc<World>, schedule: Arc<Schedule>) {
    let spec = &schedule.spec;
    let mut from_ms = world.clock.now_ms();
    loop {
        let next = spec.expression.next(from_ms, &spec.zone);
        schedule.state.lock().expect("no holder panics").next_ms = next;
        let Some(due) = next else { return };
        if !world.clock.reaches(due).await {
            from_ms = world.clock.now_ms();
            continue;
        }
        fire(&world, &schedule, due);
        // A turn that came in time is the base of the next; after a jump this moment is.
        let after = spec.expression.next(due, &spec.zone);
        let now = world.clock.now_ms();
        from_ms = if after.is_some_and(|after| after <= now) { now } else { due };
    }
}

fn fire(world: &Arc<World>, schedule: &Schedule, due_ms: u64) {
    let spec = &schedule.spec;
    {
        let mut state = schedule.state.lock().expect("no holder panics");
        state.fired += 1;
        state.last_ms = Some(due_ms);
    }
    let time = clock::rfc_3339(due_ms / 1_000 * 1_000).replace(".000Z", "Z");
    let id = clock::uuid();
    let input = match &spec.input {
        Some(input) => input
            .replace("<aws.scheduler.scheduled-time>", &time)
            .replace("<aws.scheduler.schedule-arn>", &spec.arn)
            .replace("<aws.scheduler.execution-id>", &id)
            .replace("<aws.scheduler.attempt-number>", "1"),
        None => default_input(world, spec, &time, &id).to_string(),
    };
    match &spec.target {
        Target::Function(name) => lambda::accept(world, name, input.into_bytes()),
        Target::Queue(arn) => {
            world.queues.put(&world.clock, arn, input, Value::Null);
        }
    }
    // Last: whoever waits for a turn finds its work begun.
    if spec.by_scheduler {
        world.metrics.change(|all| all.schedules_fired += 1);
    }
}

fn default_input(world: &World, spec: &ScheduleSpec, time: &str, id: &str) -> Value {
    json!({
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": if spec.by_scheduler { "aws.scheduler" } else { "aws.events" },
        "account": "000000000000",
        "time": time,
        "region": world.place.region,
        "resources": [spec.arn],
        // The Scheduler writes its detail as text, rules as an object.
        "detail": if spec.by_scheduler { json!("{}") } else { json!({}) },
    })
}
