//! One WebSocket connection.

use crate::people::Account;
use anyhow::{Context, Result, anyhow, bail};
use domain::ClientId;
use futures::{SinkExt, StreamExt};
use protocol::client::{Hello, Known};
use protocol::{ClientFrame, Command, ServerFrame};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Frames that came while another was awaited.
    kept: VecDeque<ServerFrame>,
}

#[must_use]
pub fn new_id() -> ClientId {
    ClientId(uuid::Uuid::new_v4())
}

/// The HTTP status that refused a handshake.
#[must_use]
pub fn refused_with(error: &anyhow::Error) -> Option<u16> {
    match error.downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Http(response)) => Some(response.status().as_u16()),
        _ => None,
    }
}

impl Line {
    /// A ticket, then a socket; no `hello` yet.
    pub async fn open(account: &Account) -> Result<Self> {
        let ticket = account.ticket().await?;
        Self::redeem(&format!("{}?v=1&ticket={}", ticket.url, ticket.ticket), Some(&account.origin)).await
    }

    pub async fn redeem(url: &str, origin: Option<&str>) -> Result<Self> {
        let mut request = url.into_client_request()?;
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse()?);
        }
        let (socket, _) =
            timeout(PATIENCE, connect_async(request)).await.context("the handshake hangs")??;
        Ok(Self { socket, kept: VecDeque::new() })
    }

    /// Connected, greeted, ready.
    pub async fn ready(account: &Account, conversations: Vec<Known>) -> Result<Self> {
        let mut line = Self::open(account).await?;
        let list = account.agent.then_some(protocol::client::ListName::Queue);
        line.command(Command::Hello(Hello { conversations, list, newest: false })).await?;
        line.until(|frame| matches!(frame, ServerFrame::Ready(_)), true).await?;
        Ok(line)
    }

    pub async fn command(&mut self, command: Command) -> Result<ClientId> {
        let id = new_id();
        self.frame(&ClientFrame { id, command }).await?;
        Ok(id)
    }

    pub async fn frame(&mut self, frame: &ClientFrame) -> Result<()> {
        self.raw(Message::text(serde_json::to_string(frame)?)).await
    }

    pub async fn raw(&mut self, message: Message) -> Result<()> {
        Ok(self.socket.send(message).await?)
    }

    /// The next frame, in the order of arrival.
    pub async fn next(&mut self) -> Result<ServerFrame> {
        match self.kept.pop_front() {
            Some(frame) => Ok(frame),
            None => self.receive().await,
        }
    }

    async fn receive(&mut self) -> Result<ServerFrame> {
        match self.receive_text().await? {
            Received::Text(text) => {
                serde_json::from_str(&text).with_context(|| format!("not a frame: {text}"))
            }
            Received::Closed(code) => bail!("closed by the server: {code:?}"),
        }
    }

    /// The next text as it is, or the close.
    pub async fn receive_text(&mut self) -> Result<Received> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.context("no frame came")?;
            match message.ok_or_else(|| anyhow!("the connection broke"))?? {
                Message::Text(text) => return Ok(Received::Text(text.to_string())),
                Message::Close(frame) => return Ok(Received::Closed(frame.map(|frame| frame.code.into()))),
                _ => {}
            }
        }
    }

    /// Waits for a frame. Others that come meanwhile are kept for later, or with `drop_others` let go.
    pub async fn until(
        &mut self,
        wanted: impl Fn(&ServerFrame) -> bool,
        drop_others: bool,
    ) -> Result<ServerFrame> {
        if let Some(found) = self.kept.iter().position(&wanted) {
            return Ok(self.kept.remove(found).expect("just found"));
        }
        loop {
            let frame = self.receive().await?;
            if wanted(&frame) {
                return Ok(frame);
            }
            if !drop_others {
                self.kept.push_back(frame);
            }
        }
    }

    /// Sends a command and waits for its acknowledgement or error.
    pub async fn ask(&mut self, command: Command) -> Result<ServerFrame> {
        let id = self.command(command).await?.to_string();
        self.until(
            |frame| match frame {
                ServerFrame::Ack(ack) => ack.id == id,
                ServerFrame::Error(error) => error.r#ref.as_deref() == Some(&id),
                ServerFrame::Ready(ready) => ready.id == id,
                ServerFrame::Pong(pong) => pong.id == id,
                _ => false,
            },
            false,
        )
        .await
    }

    /// Whether nothing at all comes within `span`.
    pub async fn silent_for(&mut self, span: Duration) -> bool {
        self.kept.is_empty() && timeout(span, self.receive()).await.is_err()
    }

    pub async fn close(mut self) -> Result<()> {
        Ok(self.socket.close(None).await?)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    Text(String),
    /// With the close code.
    Closed(Option<u16>),
}
