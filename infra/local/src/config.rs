//! The configuration file: what is particular to one application, beside its template.

use crate::{Data, Front, Limits, LogSink, Mount, Options, Person, Provider};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration {0}: {1}")]
    Read(PathBuf, std::io::Error),
    #[error("the configuration {0} cannot be understood: {1}")]
    Parse(PathBuf, Box<toml::de::Error>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    stack: String,
    /// Relative to the configuration, as all its paths.
    template: PathBuf,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
    #[serde(default)]
    front: Front,
    #[serde(default, rename = "static")]
    mounts: Vec<Mount>,
    #[serde(default)]
    oidc: Oidc,
    #[serde(default, rename = "person")]
    people: Vec<Person>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Oidc {
    client_id: String,
    redirects: Vec<String>,
}

impl Options {
    /// What the file says, on any free port, in memory, its log captured: what a test wants. The binaries are those beside the
    /// running one (`target/<profile>`).
    ///
    /// # Errors
    /// When the file cannot be read or holds what is not known.
    pub fn from_config(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Read(path.to_path_buf(), error))?;
        let file: File = toml::from_str(&text).map_err(|error| ConfigError::Parse(path.to_path_buf(), Box::new(error)))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mounts = file.mounts.into_iter().map(|mount| Mount { folder: folder.join(&mount.folder), ..mount });
        Ok(Self {
            stack: file.stack,
            template: folder.join(file.template),
            binaries: beside_this_binary(),
            parameters: file.parameters,
            environment: file.environment,
            names: file.names,
            port: 0,
            data: Data::Memory,
            provider: Provider { client_id: file.oidc.client_id, people: file.people, redirects: file.oidc.redirects },
            mounts: mounts.collect(),
            front: file.front,
            limits: Limits::default(),
            log: LogSink::Captured,
        })
    }
}

/// `target/<profile>`; a test's own binary is one folder further down.
fn beside_this_binary() -> PathBuf {
    let folder = std::env::current_exe().ok().and_then(|binary| binary.parent().map(Path::to_path_buf)).unwrap_or_default();
    let nested = folder.file_name().is_some_and(|name| name == "deps" || name == "examples");
    if nested { folder.parent().map(Path::to_path_buf).unwrap_or_default() } else { folder }
}
