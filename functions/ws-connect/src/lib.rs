//! `$connect`: redeems a ticket and notes who the connection is. It is registered for nothing yet: `hello` does that.

use delivery::{Engine, Failure};
use domain::ConnectionId;
use domain::connection::{Connection, address_key};
use domain::ports::{Environment, Push, Store};

/// What a handshake brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    pub id: ConnectionId,
    /// `?v=`
    pub version: Option<String>,
    /// `?ticket=`
    pub ticket: Option<String>,
    pub origin: Option<String>,
    pub address: String,
}

/// The HTTP status that the gateway answers the handshake with: 200 lets it in, anything else refuses it. Of refusals AWS documents 401 and
/// 403 alone for `$connect`, and a browser's script sees none of them: so there is one, whatever is wrong with the handshake, and 500
/// for what is our fault.
pub async fn handle<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    handshake: Handshake,
) -> u16 {
    match connect(engine, handshake).await {
        Ok(()) => 200,
        Err(Failure::Busy | Failure::Internal) => 500,
        Err(failure) => {
            tracing::info!(code = ?failure.code(), "refused at the door");
            401
        }
    }
}

async fn connect<S: Store, P: Push, E: Environment>(
    engine: &Engine<S, P, E>,
    handshake: Handshake,
) -> Result<(), Failure> {
    if handshake.version.as_deref() != Some("1") {
        return Err(Failure::Unauthorized);
    }
    let ticket = handshake.ticket.ok_or(Failure::Unauthorized)?;
    let ticket = engine.redeem_ticket(&ticket, handshake.origin.as_deref()).await?;
    let connection = Connection {
        id: handshake.id,
        site: ticket.site,
        identity: ticket.identity,
        session: ticket.session,
        address: address_key(&handshake.address),
        connected_at: engine.env.now(),
        viewing: None,
        greeted: false,
    };
    engine.store.connect(&connection).await?;
    tracing::info!(site = %connection.site, "connected");
    Ok(())
}
