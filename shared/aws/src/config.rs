//! What a function reads from its environment. Each asks for what it needs; a missing variable stops the start and is named.

/// Environment variables, checked once.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`
    pub table: String,
    /// `EPOCH`: the name of the data set; it changes when a backup is restored.
    pub epoch: String,
    /// `CONNECTIONS_URL`: the `@connections` endpoint.
    pub connections_url: String,
}

/// What http-api needs beyond [`Config`].
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// `WEBSOCKET_URL`: where clients open their socket.
    pub websocket_url: String,
    /// `OIDC_ISSUER`
    pub oidc_issuer: String,
    /// `OIDC_CLIENT_ID`
    pub oidc_client_id: String,
    /// `DASHBOARD_ORIGIN`
    pub dashboard_origin: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is not set; template.yaml sets it for every function")]
pub struct ConfigError(pub &'static str);

pub(crate) fn read(name: &'static str) -> Result<String, ConfigError> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(ConfigError(name))
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            table: read("TABLE_NAME")?,
            epoch: read("EPOCH")?,
            connections_url: read("CONNECTIONS_URL")?,
        })
    }
}

impl ApiConfig {
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            websocket_url: read("WEBSOCKET_URL")?,
            oidc_issuer: read("OIDC_ISSUER")?,
            oidc_client_id: read("OIDC_CLIENT_ID")?,
            dashboard_origin: read("DASHBOARD_ORIGIN")?,
        })
    }
}
