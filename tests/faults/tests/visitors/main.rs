//! Who is on the site, on the deployed binaries: who may ask, in frames of which size, who may write to whom, and what breaks.
#![expect(clippy::print_stdout, reason = "figures are printed")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests against real processes run on the real clock and make ids of their own"
)]

mod first;
mod life;
mod list;
mod page;

use anyhow::Result;
use domain::ports::Visitors;
use domain::triggers::facts::Attributes;
use domain::triggers::{Device, PageId, Window};
use domain::visitors::{Followed, Row, Sighting, What, follow};
use domain::{SiteId, Timestamp, VisitorId};
use faults::letters::publish;
use faults::line::Line;
use faults::people::{Account, Reply};
use faults::stack::Stack;
use faults::table::store;
use protocol::visitors::{Ask, VisitorRow};
use protocol::{Command, ServerFrame};
use serde_json::json;
use uuid::Uuid;

/// The machine's clock is the platform's, unless a test moves it.
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp(u64::try_from(since.as_millis()).expect("a time of this age"))
}

/// Somebody who has just opened a page, as the rules have it.
fn somebody(site: &str, url: &str, at: Timestamp) -> Row {
    let (site, attributes): (SiteId, _) = (site.parse().expect("a site"), Attributes::default());
    let sighting = Sighting {
        id: VisitorId(Uuid::new_v4()),
        site: &site,
        what: What::View,
        page: PageId(Uuid::new_v4()),
        url,
        title: "A page",
        referrer: "https://search.example/results?q=private",
        language: Some("es-ES"),
        user_agent: None,
        country: None,
        device: Device::Desktop,
        window: Window::Closed,
        cart: None,
        attributes: &attributes,
        first_seen: at,
        visits: 1,
        shopper: None,
        name: None,
        chatted_before: false,
        chatting: None,
    };
    let Followed { row, .. } = follow(None, &sighting, at);
    row.expect("a new row")
}

async fn keep(stack: &Stack, row: &Row) {
    assert!(store(stack).put_visitor(row, None).await.expect("answered"));
}

/// A shop with its list switched on.
async fn shop() -> Stack {
    let stack = Stack::start().await;
    for (site, admin) in [("demo", "ana@example.com"), ("demo-two", "marta@example.com")] {
        let admin = stack.agent(site, admin).await;
        publish(&admin, "visitors", json!({"live": true})).await.expect("switched on");
    }
    stack
}

/// One answer, all its frames: the rows, the cursor, whether there is more to be asked for.
async fn ask(line: &mut Line, after: Option<&str>) -> Result<(Vec<VisitorRow>, String, bool)> {
    let id = line.command(Command::Visitors(Ask { after: after.map(str::to_owned) })).await?.to_string();
    let mut rows = Vec::new();
    loop {
        let answers =
            |frame: &ServerFrame| matches!(frame, ServerFrame::Visitors(frame) if frame.r#ref == id);
        let ServerFrame::Visitors(frame) = line.until(answers, true).await? else { continue };
        assert!(serde_json::to_string(&frame)?.len() < 32 * 1024, "a frame is too long for the gateway");
        assert!(frame.live, "the list is off");
        rows.extend(frame.rows);
        if !frame.more {
            return Ok((rows, frame.cursor, frame.again));
        }
    }
}

async fn invite(agent: &Account, visitor: &str, id: Uuid, text: &str) -> Reply {
    let path = format!("/v1/agent/sites/{}/visitors/{visitor}/invitations", agent.site);
    agent.post(&path, json!({"id": id.to_string(), "text": text})).await.expect("answered")
}

fn code(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.body["error"]["code"].as_str().unwrap_or_default())
}

/// Asks until the list has somebody who fits: as soon as the index and the process know.
async fn seen(line: &mut Line, fits: impl Fn(&VisitorRow) -> bool) -> Result<VisitorRow> {
    for _ in 0..200 {
        if let Some(row) = ask(line, None).await?.0.into_iter().find(&fits) {
            return Ok(row);
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    anyhow::bail!("nobody like that is listed")
}
