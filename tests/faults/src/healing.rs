//! People who talk, and the check that after all bad luck they have the same talk: every client shows every acknowledged
//! message exactly once, in one and the same order.

use crate::device::Device;
use crate::line::Line;
use crate::stack::Stack;
use domain::ConversationId;
use protocol::client::Send;
use protocol::server::Body;
use protocol::{Command, ServerFrame};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long healing may take.
pub const HEALED: Duration = Duration::from_secs(45);

#[must_use]
pub fn say(conversation_id: Option<ConversationId>, text: &str) -> Command {
    Command::Send(Send { conversation_id, text: text.into(), ..Send::default() })
}

/// A conversation begins.
pub async fn begin(line: &mut Line, text: &str) -> ConversationId {
    match line.ask(say(None, text)).await.unwrap() {
        ServerFrame::Ack(ack) => ack.conversation_id.unwrap().parse().unwrap(),
        other => panic!("no conversation began: {other:?}"),
    }
}

/// A shopper's device with a conversation, and agents' devices that look at it.
pub async fn people(stack: &Stack, agents: usize) -> (Device, Vec<Device>, ConversationId) {
    let account = stack.shopper("demo").await;
    let mut line = Line::ready(&account, vec![]).await.unwrap();
    let conversation = begin(&mut line, "first").await;
    line.close().await.unwrap();
    let shopper = Device::start(account, Some(conversation));
    let mut devices = Vec::new();
    for n in 0..agents {
        let email = ["ana@example.com", "luis@example.com"][n % 2];
        devices.push(Device::start(stack.agent("demo", email).await, Some(conversation)));
    }
    for device in devices.iter().chain([&shopper]) {
        assert!(device.until(HEALED, |state| !state.thread.is_empty()).await, "a device did not connect");
    }
    (shopper, devices, conversation)
}

/// Waits until every device has sent everything and shows the same thread, then checks it.
pub async fn healed(devices: &[&Device]) {
    for device in devices {
        assert!(
            device.until(HEALED, |state| state.outbox.is_empty()).await,
            "unsent: {:?}",
            device.lock().outbox
        );
    }
    // As far as anybody knows the thread to go: by what is shown and by what was acknowledged.
    let reach = |device: &&Device| {
        let state = device.lock();
        state.acked.iter().map(|(_, seq)| *seq).chain([state.numbers().t]).max().unwrap_or_default()
    };
    let last = devices.iter().map(reach).max().unwrap_or_default();
    for device in devices {
        assert!(
            device
                .until(HEALED, |state| state.numbers().t >= last
                    && state.thread.len() as u64 == state.numbers().t)
                .await,
            "a device did not catch up to {last}: {:?}",
            device.lock().numbers()
        );
    }
    let reference: Vec<_> = devices[0].lock().thread.values().cloned().collect();
    for device in devices {
        let state = device.lock();
        assert_eq!(state.contradictions, Vec::<String>::new());
        assert_eq!(state.refused, vec![], "something was refused");
        let thread: Vec<_> = state.thread.values().cloned().collect();
        assert_eq!(thread.len(), reference.len());
        assert!(thread == reference, "two devices show different threads");
    }
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for entry in &reference {
        if let (Body::Message { .. }, Some(id)) = (&entry.body, &entry.client_id) {
            assert_eq!(seen.insert(id.clone(), entry.seq), None, "a message stands twice");
        }
    }
    for device in devices {
        let mut before = 0;
        for (id, seq) in &device.lock().acked {
            assert_eq!(
                seen.get(&id.to_string()),
                Some(seq),
                "an acknowledged message is missing or elsewhere"
            );
            assert!(*seq > before, "a device's messages are out of order");
            before = *seq;
        }
    }
}
