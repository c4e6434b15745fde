//! Everything that can go wrong, at once, on the real binaries. A storm prints its seed, and `SEED` replays its faults.
#![expect(clippy::print_stdout, reason = "figures are printed")]
#![expect(clippy::disallowed_methods, reason = "a storm runs on the real clock")]

use faults::device::Device;
use faults::healing::{healed, people};
use faults::stack::Stack;
use platform::Limits;
use platform::faults::{KillRule, PostFault, TableFault, When};
use protocol::server::Body;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

struct Storm {
    seed: u64,
    /// So many write in one conversation, each so many messages.
    crowd: (usize, usize),
    /// So many conversations of a shopper and an agent, each of whom writes so many.
    pairs: (usize, usize),
    /// The platform is killed and started again, under connected clients.
    restarts: u32,
    /// Milliseconds between two gusts.
    lull: std::ops::Range<u64>,
}

/// One fault, drawn by lot; its name, for the count.
fn gust(stack: &Stack, random: &mut StdRng) -> &'static str {
    let faults = stack.platform.faults();
    let kill = TableFault::Kill("WsMessage".into());
    let commit = "TransactWriteItems";
    match random.random_range(0..20) {
        0 => {
            faults.table(commit, When::Before, &kill, 1);
            "all killed before a commit"
        }
        1 => {
            faults.table(commit, When::After, &kill, 1);
            "all killed after a commit"
        }
        2..6 => {
            // Admission, head, commit, acknowledgement, registry, pushes: at any of them.
            let (call, when) =
                (random.random_range(1..9), [When::Before, When::After][random.random_range(0..2)]);
            faults.kill_rule(KillRule { function: "WsMessage".into(), call, when });
            "one killed at one of its calls"
        }
        6 => {
            let function =
                ["WsMessage", "WsConnect", "HttpApiFunction", "Projector"][random.random_range(0..4)];
            stack.platform.kill(function);
            "all of a function killed"
        }
        7 => {
            stack.platform.cut_connections(random.random());
            "all connections cut"
        }
        8..11 => {
            let connections = stack.platform.connections();
            for _ in 0..connections.len() / 8 {
                let one = &connections[random.random_range(0..connections.len())];
                stack.platform.cut_connection(one, random.random());
            }
            "an eighth of the connections cut"
        }
        11 => {
            faults.posts(PostFault::Gone, 20);
            "20 posts answered 410"
        }
        12 => {
            faults.posts(PostFault::Throttled, 20);
            "20 posts answered 429"
        }
        13 => {
            faults.posts(PostFault::Error, 20);
            "20 posts answered 500"
        }
        14 => {
            faults.posts(PostFault::Hang, 5);
            "5 posts never answered"
        }
        15 => {
            faults.table(commit, When::After, &TableFault::Error, 5);
            "5 commits of unknown outcome"
        }
        16 => {
            faults.table(commit, When::Before, &TableFault::Throttle, 10);
            "10 commits throttled"
        }
        17 => {
            faults.table(commit, When::After, &TableFault::Hang, 2);
            "2 commits never answered"
        }
        _ => {
            faults.table(commit, When::Before, &TableFault::Conflict, 20);
            "20 commits in conflict"
        }
    }
}

impl Storm {
    async fn rage(self) {
        let Self { seed, crowd, pairs, restarts, lull } = self;
        println!(
            "seed {seed}: {} writers in one conversation, {} messages each; {} conversations of two, {} each",
            crowd.0, crowd.1, pairs.0, pairs.1
        );
        // Fifty writers who wait for one another's commits must not keep everybody else waiting, as they would not on AWS.
        let limits = Limits { instances: 60, ..Limits::default() };
        let folder = std::env::temp_dir().join(format!("mostrador-storm-{}-{seed}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the table");
        let mut stack = Stack::adjusted(|options| {
            options.limits = limits;
            options.data = Some(folder.join("table.sqlite"));
        })
        .await;
        let mut random = StdRng::seed_from_u64(seed);
        let mut talks: Vec<Vec<Device>> = Vec::new();
        for size in std::iter::once(crowd.0).chain(std::iter::repeat_n(2, pairs.0)) {
            let (shopper, agents, _) = people(&stack, size - 1).await;
            talks.push(std::iter::once(shopper).chain(agents).collect());
        }
        let started = Instant::now();
        for (talk, devices) in talks.iter().enumerate() {
            for (n, device) in devices.iter().enumerate() {
                for m in 0..if talk == 0 { crowd.1 } else { pairs.1 } {
                    device.write(format!("{n}/{m}"));
                }
            }
        }
        let devices: Vec<Device> = talks.iter().flatten().cloned().collect();
        let total: usize = crowd.0 * crowd.1 + pairs.0 * 2 * pairs.1;
        let unsent = || devices.iter().map(|device| device.lock().outbox.len()).sum::<usize>();
        let mut counts: BTreeMap<&'static str, u32> = BTreeMap::new();
        let (mut restarted, mut through) = (0, 0);
        let (mut told, mut next_gust) = (Instant::now(), Instant::now());
        loop {
            let open = unsent();
            if open == 0 {
                break;
            }
            if told.elapsed() > Duration::from_secs(20) {
                println!(
                    "  after {} s: {} of {total} acknowledged",
                    started.elapsed().as_secs(),
                    total - open
                );
                told = Instant::now();
            }
            // Restarts are spread over the messages, so that each finds clients in the middle of writing.
            if restarted < restarts
                && (total - open) * (restarts as usize + 1) > total * (restarted as usize + 1)
            {
                stack.restart().await;
                restarted += 1;
            }
            // A storm that blows faster than a busy machine gets anything through would never end.
            if next_gust.elapsed() > Duration::ZERO && total - open >= through + 3 {
                through = total - open;
                *counts.entry(gust(&stack, &mut random)).or_default() += 1;
                next_gust = Instant::now() + Duration::from_millis(random.random_range(lull.clone()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stack.platform.faults().clear();
        assert_eq!(restarted, restarts, "the messages were gone before the last restart");
        let mut stored = 0;
        for devices in &talks {
            healed(&devices.iter().collect::<Vec<_>>()).await;
            let state = devices[0].lock();
            stored +=
                state.thread.values().filter(|entry| matches!(entry.body, Body::Message { .. })).count();
        }
        // Each conversation began with one more.
        assert_eq!(stored, total + talks.len());
        let reconnects: u32 = devices.iter().map(|device| device.lock().reconnects).sum();
        for (fault, times) in &counts {
            println!("  {times:>5} × {fault}");
        }
        println!(
            "  {restarted:>5} × platform restarted\nseed {seed}: {stored} messages on {} devices, each shown exactly once and in one order by all; {reconnects} reconnects; {} s",
            devices.len(),
            started.elapsed().as_secs()
        );
        drop(stack);
        std::fs::remove_dir_all(&folder).expect("the folder was ours");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_faults_loses_doubles_and_reorders_nothing() {
    Storm { seed: 7, crowd: (4, 60), pairs: (3, 30), restarts: 1, lull: 100..800 }.rage().await;
}

/// `cargo xtask prove`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the long run: cargo xtask prove"]
async fn a_long_storm_of_faults_over_twenty_thousand_messages() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    Storm { seed, crowd: (50, 60), pairs: (50, 172), restarts: 3, lull: 500..4_000 }.rage().await;
}
