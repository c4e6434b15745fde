//! Page views and what happens on pages, straight from both APIs: what to look out for, what to show.
//!
//! Over HTTP anybody's page may report; over a socket the page of a shopper who has the chat open, whose agents are told the page as
//! well. The use case is `delivery::proactive`.

use delivery::proactive::{Asked, Reporter, page_of};
use delivery::{Engine, Failure};
use domain::connection::Connection;
use domain::people::Actor;
use domain::ports::{Admission, Environment, Push, Store};
use domain::rate::FRAMES;
use domain::{ConnectionId, SiteId};
use protocol::error::ParseError;
use protocol::proactive::{PageAnswered, PageReport};
use protocol::{ClientFrame, Command, ErrorCode, ServerFrame};

/// A report over HTTP as the gateway hands it over.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// As it stands in the path.
    pub site: String,
    pub asked: Asked,
    /// `None`: not text.
    pub body: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    /// `Access-Control-Allow-Origin`
    pub allow_origin: Option<String>,
    /// `Retry-After`, whole seconds.
    pub retry_after: Option<u64>,
}

pub async fn over_http<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    request: Request,
) -> Answer {
    let allow_origin = request.asked.origin.clone();
    match answer(engine, request).await {
        Ok(body) => Answer { status: 200, body, allow_origin, retry_after: None },
        Err(failure) => {
            tracing::info!(code = ?failure.code(), "refused");
            Answer {
                status: failure.code().http_status(),
                body: encode(&failure.answer()),
                allow_origin,
                retry_after: failure.retry_after_ms().map(|ms| ms.div_ceil(1_000)),
            }
        }
    }
}

async fn answer<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    request: Request,
) -> Result<String, Failure> {
    let site: SiteId = request.site.parse().map_err(|_| Failure::NotFound)?;
    let report = PageReport::parse(&request.body.ok_or_else(not_text)?)?;
    let reporter = engine.reporter(&site, request.asked).await?;
    Ok(encode(&engine.page_report(&reporter, &report).await?))
}

/// A frame `page`, of a connection that has said hello.
pub async fn over_socket<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    from: &ConnectionId,
    body: Option<&str>,
) {
    let frame = body.ok_or_else(not_text_frame).and_then(ClientFrame::parse);
    let id = frame.as_ref().map_or_else(|error| error.frame, |frame| Some(frame.id));
    let refused = match engine.store.admit(from, FRAMES, engine.env.now()).await {
        Ok(Admission::Admitted(connection)) if !connection.greeted => Failure::HelloFirst,
        Ok(Admission::Admitted(connection)) => match act(engine, &connection, frame).await {
            Ok(()) => return,
            Err(failure) => failure,
        },
        Ok(Admission::Unknown) => return engine.push.cut(from).await,
        Ok(Admission::Limited { retry_after }) => Failure::RateLimited { retry_after },
        Err(error) => error.into(),
    };
    tracing::info!(code = ?refused.code(), "refused");
    engine.post(from, &ServerFrame::Error(refused.frame(id))).await;
}

async fn act<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    connection: &Connection,
    frame: Result<ClientFrame, ParseError>,
) -> Result<(), Failure> {
    let frame = frame?;
    match frame.command {
        Command::Page(page) => engine.visit(connection, page).await,
        Command::Report(report) => {
            let Actor::Shopper { id, site } = connection.actor() else { return Err(Failure::Forbidden) };
            let reporter = Reporter {
                site,
                shopper: Some(id),
                address: connection.address.clone(),
                country: None,
                user_agent: None,
            };
            let (told, answer) = futures::join!(
                engine.visit(connection, page_of(&report)),
                engine.page_report(&reporter, &report)
            );
            if let Err(failure) = told {
                tracing::warn!(code = ?failure.code(), "agents were not told the page");
            }
            let frame = PageAnswered { r#ref: frame.id.to_string(), answer: answer? };
            engine.post(&connection.id, &ServerFrame::Page(Box::new(frame))).await;
            Ok(())
        }
        _ => unreachable!("the gateway sends frames of the action `page` here, and no others"),
    }
}

fn not_text_frame() -> ParseError {
    let message = "a frame is text".to_owned();
    ParseError { code: ErrorCode::BadFrame, message, frame: None, field: None }
}

fn not_text() -> Failure {
    let message = "the body is a JSON object".to_owned();
    Failure::Parse(ParseError { code: ErrorCode::BadFrame, message, frame: None, field: None })
}

fn encode(body: &impl serde::Serialize) -> String {
    serde_json::to_string(body).expect("a body of strings and numbers is JSON")
}
