//! `cargo xtask bench`: what one message costs in ws-message and in two baselines that make the same AWS calls, against
//! the same table and the same sockets in the same run. The calls are counted and must agree; a baseline that did less would
//! prove nothing. The three take turns, in rounds, so that whatever else the machine does meanwhile hits all of them; of the rounds
//! the median counts.
//!
//! `--ours BINARY --plain BINARY --node SCRIPT`
#![expect(clippy::print_stdout, reason = "a command-line program talks")]
#![expect(clippy::disallowed_methods, reason = "it times")]

mod process;
mod runtime;

use anyhow::{Context, Result, bail, ensure};
use faults::line::Line;
use faults::people::Account;
use faults::stack::{Stack, binaries};
use process::{Process, Quota, Subject};
use protocol::client::Send;
use protocol::{Command, ServerFrame};
use runtime::Runtime;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Cold starts of each; the median counts.
const COLD: usize = 9;
const COLD_HELD: usize = 3;
/// Rounds, in which each of the three answers so many messages.
const ROUNDS: usize = 7;
const MESSAGES: usize = 114;
/// Connections that share them: a connection may send 20 at once, an address begin 60 sessions in ten minutes.
const CONNECTIONS: usize = 19;
/// From the start of one message to the next: so each connection stays below five a second. Above it ws-message counts twice,
/// and would be measured at what no conversation does.
const PACE: Duration = Duration::from_millis(12);
/// Messages from socket to socket, at a pace that the buckets allow.
const ROUND_TRIPS: usize = 200;

/// A shopper with a socket and an open conversation.
struct Speaker {
    #[expect(dead_code, reason = "kept open: what is posted must arrive somewhere")]
    line: Line,
    connection: String,
    conversation: String,
}

/// What was measured of one subject.
#[derive(Default)]
struct Figures {
    cold: Vec<f64>,
    cold_held: Vec<f64>,
    /// One figure for each round.
    wall: Vec<f64>,
    wall_p99: Vec<f64>,
    processor: Vec<f64>,
    memory: f64,
    zip: f64,
    calls: BTreeMap<String, u64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = options()?;
    let subjects = [
        Subject {
            name: "ws-message",
            program: options.ours.clone(),
            arguments: vec![],
            artifact: options.ours.clone(),
        },
        Subject {
            name: "plain Rust SDK",
            program: options.plain.clone(),
            arguments: vec![],
            artifact: options.plain,
        },
        Subject {
            name: "Node, SDK v3",
            program: "node".into(),
            arguments: vec![options.node.clone()],
            artifact: options.node,
        },
    ];
    let stack = start(&options.ours).await?;
    // The projector would run beside ws-message and not beside the others.
    stack.platform.pause_stream("Projector", true);
    let machine = Machine::look();
    let figures = measure(&stack, &subjects).await?;
    for other in &figures[1..] {
        ensure!(
            other.calls == figures[0].calls,
            "a baseline makes other calls than ws-message: {:?} instead of {:?}",
            other.calls,
            figures[0].calls
        );
    }
    print_table(&subjects, &figures);
    machine.print();
    stack.platform.pause_stream("Projector", false);
    round_trips(&stack).await?;
    stack.platform.shutdown();
    Ok(())
}

struct Paths {
    ours: PathBuf,
    plain: PathBuf,
    node: PathBuf,
}

fn options() -> Result<Paths> {
    let (mut ours, mut plain, mut node) = (None, None, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let place = match word.as_str() {
            "--ours" => &mut ours,
            "--plain" => &mut plain,
            "--node" => &mut node,
            // Cargo says so to every benchmark.
            "--bench" => continue,
            _ => bail!(
                "unknown option {word}; known are --ours, --plain, --node; `cargo xtask bench` gives them"
            ),
        };
        *place = Some(PathBuf::from(words.next().with_context(|| format!("{word} needs a value"))?));
    }
    let need = |place: Option<PathBuf>, name| {
        let path = place.with_context(|| format!("{name} is missing; `cargo xtask bench` gives it"))?;
        path.canonicalize().with_context(|| path.display().to_string())
    };
    Ok(Paths { ours: need(ours, "--ours")?, plain: need(plain, "--plain")?, node: need(node, "--node")? })
}

/// The platform on the table of this run. ws-message is the one that would be deployed, built for size and start.
async fn start(ours: &Path) -> Result<Stack> {
    let folder = std::env::temp_dir().join(format!("mostrador-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    for name in ["ws-connect", "ws-disconnect", "http-api", "projector"] {
        std::os::unix::fs::symlink(binaries().join(name), folder.join(name))?;
    }
    std::os::unix::fs::symlink(ours, folder.join("ws-message"))?;
    Ok(Stack::adjusted(|options| options.binaries = folder).await)
}

async fn speakers(stack: &Stack) -> Result<Vec<Speaker>> {
    let mut speakers = Vec::new();
    for _ in 0..CONNECTIONS {
        let before = stack.platform.connections();
        let account = Account::shopper(&stack.url, "demo").await?;
        let mut line = Line::ready(&account, vec![]).await?;
        let connection = stack.platform.connections().into_iter().find(|id| !before.contains(id));
        let hello = Command::Send(Send { conversation_id: None, text: "Hello".into(), ..Send::default() });
        let ServerFrame::Ack(ack) = line.ask(hello).await? else { bail!("no conversation begins") };
        let conversation = ack.conversation_id.context("an acknowledgement names its conversation")?;
        speakers.push(Speaker { line, connection: connection.context("no new connection")?, conversation });
    }
    Ok(speakers)
}

/// As API Gateway hands a frame over.
fn event(speaker: &Speaker) -> String {
    let body = json!({
        "action": "send",
        "id": uuid::Uuid::new_v4().to_string(),
        "conversation_id": speaker.conversation,
        "text": "Is the brass lamp dimmable, and which bulb fits it?",
    });
    json!({
        "requestContext": {
            "routeKey": "$default", "eventType": "MESSAGE", "messageDirection": "IN", "messageId": "L0SM9cOFvHcCIhw=",
            "connectionId": speaker.connection, "connectedAt": 1_750_000_000_000_u64, "requestTimeEpoch": 1_750_000_000_000_u64,
            "requestId": "L0SM9cOFvHcCIhw=", "extendedRequestId": "L0SM9cOFvHcCIhw=", "stage": "ws", "apiId": "local",
            "domainName": "localhost", "requestTime": "21/Nov/2026:10:00:00 +0000",
            "identity": { "sourceIp": "127.0.0.1", "userAgent": "bench" },
        },
        "body": body.to_string(),
        "isBase64Encoded": false,
    })
    .to_string()
}

/// The baselines' rows beside ours: whom a message goes to.
async fn register(stack: &Stack, speaker: &Speaker) -> Result<()> {
    let request = json!({
        "TableName": stack.platform.table(),
        "Item": { "pk": { "S": format!("BP#{}", speaker.connection) }, "sk": { "S": format!("X#{}", speaker.connection) } },
    });
    let request = serde_json::from_value(request)?;
    stack.platform.database().put_item(request).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    Ok(())
}

async fn measure(stack: &Stack, subjects: &[Subject]) -> Result<Vec<Figures>> {
    let speakers = speakers(stack).await?;
    for speaker in &speakers {
        register(stack, speaker).await?;
    }
    let mut turn = speakers.iter().cycle();
    let mut next = || event(turn.next().expect("a cycle has no end"));
    let mut figures = Vec::new();
    for subject in subjects {
        figures.push(Figures { zip: zip_kb(&subject.artifact)?, ..Figures::default() });
    }

    println!("{COLD} cold starts of each …");
    for round in 0..COLD {
        for n in order(round, subjects.len()) {
            figures[n].cold.push(cold_start(stack, &subjects[n], None, next()).await?);
        }
    }
    if let Some(quota) = Quota::of_128_mb() {
        println!("{COLD_HELD} of each at 7.2 % of a processor …");
        for round in 0..COLD_HELD {
            for n in order(round, subjects.len()) {
                figures[n].cold_held.push(cold_start(stack, &subjects[n], Some(&quota), next()).await?);
            }
        }
    }

    println!("{ROUNDS} rounds of {MESSAGES} messages of each …");
    let mut functions = Vec::new();
    for subject in subjects {
        let mut runtime = Runtime::start().await?;
        let process = Process::spawn(subject, &environment(stack, &runtime), None)?;
        // Warm, as the rounds find it.
        for _ in 0..MESSAGES {
            timed(&mut runtime, next()).await?;
        }
        functions.push((runtime, process));
    }
    for round in 0..ROUNDS {
        for n in order(round, subjects.len()) {
            let (runtime, process) = &mut functions[n];
            let (before, processor) = (stack.platform.metrics(), process.processor()?);
            let mut walls = Vec::new();
            for _ in 0..MESSAGES {
                walls.push(timed(runtime, next()).await?);
            }
            let made = calls_between(&before, &stack.platform.metrics());
            let name = subjects[n].name;
            let each = made.into_iter().map(|(operation, count)| {
                ensure!(count % MESSAGES as u64 == 0, "{name}: {count} {operation} for {MESSAGES} messages");
                Ok((operation, count / MESSAGES as u64))
            });
            let each = each.collect::<Result<BTreeMap<_, _>>>()?;
            let figures = &mut figures[n];
            ensure!(round == 0 || figures.calls == each, "{name}: other calls than in the round before");
            figures.calls = each;
            figures.processor.push(millis(process.processor()? - processor) / MESSAGES as f64);
            figures.wall.push(middle(&mut walls));
            figures.wall_p99.push(walls[MESSAGES * 99 / 100]);
        }
    }
    for ((_, process), figures) in functions.into_iter().zip(&mut figures) {
        figures.memory = process.memory()?;
        process.end().await?;
    }
    drop(speakers);
    Ok(figures)
}

/// Who comes when: another first in every round.
fn order(round: usize, subjects: usize) -> impl Iterator<Item = usize> {
    (0..subjects).map(move |n| (n + round) % subjects)
}

/// One message, in milliseconds, and the rest of its time.
async fn timed(runtime: &mut Runtime, event: String) -> Result<f64> {
    let started = Instant::now();
    runtime.invoke(event).await?;
    let took = millis(started.elapsed());
    tokio::time::sleep_until((started + PACE).into()).await;
    Ok(took)
}

fn calls_between(before: &platform::Snapshot, after: &platform::Snapshot) -> BTreeMap<String, u64> {
    let earlier = calls(before);
    let mut made = calls(after);
    for (operation, count) in &mut made {
        *count -= earlier.get(operation).copied().unwrap_or(0);
    }
    made.insert("PostToConnection".into(), after.posts - before.posts);
    made.retain(|_, count| *count > 0);
    made
}

/// DynamoDB's calls by callers that are not the platform's own functions: the subjects, whose key is nobody's.
fn calls(snapshot: &platform::Snapshot) -> BTreeMap<String, u64> {
    let theirs = snapshot.by_function.get("-").into_iter().flatten();
    theirs.map(|(operation, metrics)| (operation.clone(), metrics.count)).collect()
}

fn environment(stack: &Stack, runtime: &Runtime) -> Vec<(&'static str, String)> {
    let url = &stack.url;
    vec![
        ("AWS_LAMBDA_RUNTIME_API", runtime.address.clone()),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench".into()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".into()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench".into()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench".into()),
        ("AWS_REGION", "eu-west-1".into()),
        ("AWS_ACCESS_KEY_ID", "local".into()),
        ("AWS_SECRET_ACCESS_KEY", "local".into()),
        ("AWS_ENDPOINT_URL_DYNAMODB", stack.platform.dynamodb_url()),
        ("TABLE_NAME", stack.platform.table().to_owned()),
        ("EPOCH", "bench".into()),
        ("CONNECTIONS_URL", format!("{url}/ws")),
        ("LOG_FORMAT", "json".into()),
        // The SDK's advice about Node's age, at every start.
        ("NODE_NO_WARNINGS", "1".into()),
    ]
}

/// From the start of the process to the answer of its first message.
async fn cold_start(stack: &Stack, subject: &Subject, quota: Option<&Quota>, event: String) -> Result<f64> {
    let mut runtime = Runtime::start().await?;
    let environment = environment(stack, &runtime);
    let started = Instant::now();
    let process = Process::spawn(subject, &environment, quota)?;
    runtime.invoke(event).await?;
    let took = millis(started.elapsed());
    process.end().await?;
    Ok(took)
}

fn zip_kb(artifact: &Path) -> Result<f64> {
    // Deflate by the system's gzip: what a zip of this one file weighs, but for some bytes of names.
    let zipped = std::process::Command::new("gzip").args(["-9", "-c"]).arg(artifact).output()?;
    ensure!(zipped.status.success(), "gzip failed");
    Ok(zipped.stdout.len() as f64 / 1024.0)
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// The median; the values are sorted thereafter.
fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What it ran on, and what else ran there: a figure without it says little.
struct Machine {
    processor: String,
    cores: usize,
    load: String,
}

impl Machine {
    fn look() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let described = read("/proc/cpuinfo");
        let model = described.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            processor: model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            load: read("/proc/loadavg").split(' ').next().unwrap_or("unknown").to_owned(),
        }
    }

    fn print(&self) {
        let Self { processor, cores, load } = self;
        println!(
            "\nOn {cores} cores of {processor}; the load before was {load}, afterwards {}.",
            Self::look().load
        );
    }
}

/// The least and the most of a figure's rounds: how far to trust the median.
fn spread(values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    format!("{least:.1} to {most:.1}")
}

/// A line of the table: its name, and a side's figures, of which the median is shown.
type Row<'a> = (&'a str, &'a dyn Fn(&Figures) -> Vec<f64>);

fn print_table(subjects: &[Subject], figures: &[Figures]) {
    let calls: Vec<String> = figures[0].calls.iter().map(|(name, n)| format!("{n} {name}")).collect();
    println!("\nOne message, the same calls in all three: {}", calls.join(", "));
    println!(
        "In brackets: how many times ws-message's. The endpoints are plain HTTP on this machine: TLS is in none of these"
    );
    println!("figures, nor is Node's own runtime in its zip, which AWS provides.\n");
    println!("{:<34}{:>28}{:>28}{:>28}", "", subjects[0].name, subjects[1].name, subjects[2].name);
    let rows: [Row; 7] = [
        ("cold start, ms", &|f| f.cold.clone()),
        ("cold start at 7.2 % CPU, ms", &|f| f.cold_held.clone()),
        ("warm message, ms (median)", &|f| f.wall.clone()),
        ("warm message, ms (p99)", &|f| f.wall_p99.clone()),
        ("processor per message, ms", &|f| f.processor.clone()),
        ("most memory, MB", &|f| vec![f.memory]),
        ("zip, KB", &|f| vec![f.zip]),
    ];
    for (name, values) in rows {
        let ours =
            Some(values(&figures[0])).filter(|values| !values.is_empty()).map(|mut it| middle(&mut it));
        let mut spreads = String::new();
        print!("{name:<34}");
        for (n, figures) in figures.iter().enumerate() {
            let mut values = values(figures);
            let text = match ours {
                None => "no cgroups".to_owned(),
                Some(_) if n == 0 => format!("{:.1}", middle(&mut values)),
                Some(ours) => format!("({:.1} ×) {:.1}", middle(&mut values) / ours, middle(&mut values)),
            };
            print!("{text:>28}");
            spreads += &format!("{:>28}", if values.len() > 1 { spread(&values) } else { String::new() });
        }
        println!();
        if !spreads.trim().is_empty() {
            println!("{:<34}{spreads}", "  least to most of the rounds");
        }
    }
}

/// From a shopper's socket to an agent's, through everything.
async fn round_trips(stack: &Stack) -> Result<()> {
    let shopper = Account::shopper(&stack.url, "demo").await?;
    let mut shopper = Line::ready(&shopper, vec![]).await?;
    let say = |conversation: &Value, n: usize| -> Result<Command> {
        let send = json!({"conversation_id": conversation, "text": format!("Message {n}")});
        Ok(Command::Send(serde_json::from_value(send)?))
    };
    let ServerFrame::Ack(ack) = shopper.ask(say(&Value::Null, 0)?).await? else {
        bail!("no conversation begins")
    };
    let id = json!(ack.conversation_id);
    let ana = Account::agent(&stack.url, "demo", "ana@example.com").await?;
    let mut ana = Line::ready(&ana, vec![]).await?;
    let open = json!({"conversation_id": id, "after": {"t": 0, "b": 0}});
    let ServerFrame::Ack(_) = ana.ask(Command::Open(serde_json::from_value(open)?)).await? else {
        bail!("the conversation does not open")
    };
    let (mut acknowledged, mut delivered) = (Vec::new(), Vec::new());
    for n in 1..=ROUND_TRIPS {
        let text = format!("Message {n}");
        let started = Instant::now();
        let mine = shopper.command(say(&id, n)?).await?.to_string();
        let told = async {
            shopper.until(|frame| matches!(frame, ServerFrame::Ack(ack) if ack.id == mine), true).await?;
            anyhow::Ok(millis(started.elapsed()))
        };
        let heard = async {
            ana.until(
                |frame| matches!(frame, ServerFrame::Entries(it) if serde_json::to_string(it).is_ok_and(|it| it.contains(&text))),
                true,
            )
            .await?;
            anyhow::Ok(millis(started.elapsed()))
        };
        let (told, heard) = tokio::try_join!(told, heard)?;
        acknowledged.push(told);
        delivered.push(heard);
        // A connection may send five a second.
        tokio::time::sleep_until((started + Duration::from_millis(205)).into()).await;
    }
    println!("\nSocket to socket, {ROUND_TRIPS} messages, ms:");
    for (name, values) in [("acknowledged", &mut acknowledged), ("at the agent's", &mut delivered)] {
        let p50 = middle(values);
        println!("  {name:<16} p50 {p50:.1}   p99 {:.1}", values[ROUND_TRIPS * 99 / 100]);
    }
    Ok(())
}
