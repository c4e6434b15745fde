//! `$default`: every frame of every client, one exhaustive match.

use delivery::{Before, Engine, Failure, Performed, Wish};
use domain::connection::Connection;
use domain::ports::{Admission, Environment, Push, Store};
use domain::rate::FRAMES;
use domain::{ClientId, ConnectionId};
use protocol::error::ParseError;
use protocol::{ClientFrame, Command, ErrorCode, ServerFrame};

/// A frame as the gateway hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    Text(String),
    Binary,
}

/// Carries out one frame and answers it on its connection. Whatever goes wrong is told to the client; the gateway hears
/// of nothing, for it would tell every client the same and nobody why.
pub async fn handle<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    from: &ConnectionId,
    payload: Payload,
) {
    let frame = read(payload);
    // Who it is and what it is about are read side by side: one round trip less before the acknowledgement.
    let target =
        frame.as_ref().ok().and_then(|frame| wish(&frame.command)).and_then(|wish| wish.conversation());
    let (admission, head) = futures::join!(engine.store.admit(from, FRAMES, engine.env.now()), async {
        match target {
            Some(target) => engine.store.head(target).await.ok().flatten(),
            None => None,
        }
    });
    let id = frame.as_ref().map_or_else(|error| error.frame, |frame| Some(frame.id));
    let connection = match admission {
        Ok(Admission::Admitted(connection)) => connection,
        // Forgotten, or never ours: it has to come in by the door.
        Ok(Admission::Unknown) => return engine.push.cut(from).await,
        Ok(Admission::Limited { retry_after }) => {
            return refuse(engine, from, id, &Failure::RateLimited { retry_after }).await;
        }
        Err(error) => return refuse(engine, from, id, &error.into()).await,
    };
    let result = match frame {
        Ok(frame) if !connection.greeted && !matches!(frame.command, Command::Hello(_)) => {
            Err(Failure::HelloFirst)
        }
        Ok(frame) => act(engine, &connection, frame, head).await,
        Err(error) => Err(error.into()),
    };
    if let Err(failure) = result {
        refuse(engine, from, id, &failure).await;
    }
}

async fn act<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    connection: &Connection,
    frame: ClientFrame,
    head: Option<domain::conversation::Head>,
) -> Result<(), Failure> {
    let actor = connection.actor();
    if let Some(wish) = wish(&frame.command) {
        let done = engine.perform(&actor, &connection.address, frame.id, wish, head).await?;
        tracing::info!(conversation = ?done.ack.conversation_id, seq = done.ack.seq, "stored");
        acknowledge(engine, connection, &done).await;
        return Ok(());
    }
    match frame.command {
        Command::Hello(hello) => engine.hello(connection, frame.id, hello).await,
        Command::Ping(ping) => engine.ping(connection, frame.id, ping).await,
        Command::Open(open) => engine.open(connection, frame.id, open).await,
        Command::List(list) => engine.show_list(connection, &list).await,
        Command::Seen(seen) => engine.seen(&actor, Some(&connection.id), &seen).await,
        Command::Typing(typing) => engine.typing(&actor, Some(&connection.id), &typing).await,
        // The gateway sends these to evaluate-triggers (template.yaml). An older route that still comes here loses nothing.
        Command::Page(page) => engine.visit(connection, page).await,
        Command::Report(report) => engine.visit(connection, delivery::proactive::page_of(&report)).await,
        Command::Presence(presence) => engine.choose_presence(connection, presence.status).await,
        Command::Visitors(ask) => engine.visitors(connection, frame.id, &ask).await,
        Command::Send(_)
        | Command::Answer(_)
        | Command::Choose(_)
        | Command::Restart(_)
        | Command::Close(_)
        | Command::Note(_)
        | Command::Assign(_)
        | Command::Join(_)
        | Command::Leave(_) => {
            unreachable!("a wish was carried out above")
        }
    }
}

/// The commands that change a conversation.
fn wish(command: &Command) -> Option<Wish> {
    Some(match command {
        Command::Send(send) => Wish::Say {
            conversation: send.conversation_id,
            text: send.text.clone(),
            before: Before {
                faqs: send.faqs.clone(),
                opening: send.opening.clone(),
                proactive: send.proactive.clone(),
                group: send.group.clone(),
            },
        },
        Command::Choose(choose) => Wish::Choose {
            conversation: choose.conversation_id,
            turn: choose.turn,
            button: choose.button.clone(),
            before: Before {
                faqs: Vec::new(),
                opening: choose.opening.clone(),
                proactive: choose.shown.clone(),
                group: choose.group.clone(),
            },
        },
        Command::Restart(restart) => {
            Wish::Restart { conversation: restart.conversation_id, turn: restart.turn }
        }
        Command::Answer(answer) => Wish::Answer {
            conversation: answer.conversation_id,
            field: answer.field.clone(),
            value: answer.value.clone(),
        },
        Command::Close(close) => Wish::Close { conversation: close.conversation_id },
        Command::Note(note) => Wish::Note { conversation: note.conversation_id, text: note.text.clone() },
        Command::Assign(assign) => {
            let (to, expected, group) = (assign.to, assign.expected, assign.group.clone());
            Wish::Assign { conversation: assign.conversation_id, to, expected, group }
        }
        Command::Join(join) => Wish::Join { conversation: join.conversation_id },
        Command::Leave(leave) => Wish::Leave { conversation: leave.conversation_id },
        Command::Hello(_)
        | Command::Seen(_)
        | Command::Typing(_)
        | Command::Page(_)
        | Command::Report(_)
        | Command::Ping(_)
        | Command::Open(_)
        | Command::List(_)
        | Command::Presence(_)
        | Command::Visitors(_) => return None,
    })
}

/// The acknowledgement is the first post; the others do not wait for it, should it hang.
async fn acknowledge<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    connection: &Connection,
    done: &Performed,
) {
    let ack = ServerFrame::Ack(done.ack.clone());
    futures::join!(engine.post(&connection.id, &ack), engine.fan_out(&done.head, &done.entries));
}

async fn refuse<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    to: &ConnectionId,
    id: Option<ClientId>,
    failure: &Failure,
) {
    tracing::info!(code = ?failure.code(), "refused");
    engine.post(to, &ServerFrame::Error(failure.frame(id))).await;
}

fn read(payload: Payload) -> Result<ClientFrame, ParseError> {
    match payload {
        Payload::Text(text) => ClientFrame::parse(&text),
        Payload::Binary => Err(ParseError {
            code: ErrorCode::BadFrame,
            message: "a frame is text".to_owned(),
            frame: None,
            field: None,
        }),
    }
}
