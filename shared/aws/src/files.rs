//! Mails as they came and the files that came with them, in one bucket: SES writes `mail/`, we write `files/`.

use crate::ConfigError;
use crate::config::read;
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use domain::Timestamp;
use domain::conversation::Attached;
use domain::ports::{Files, FilesError, LINK_LIFE, Originals};
use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

/// What a browser that is handed a file may take it for. Anything else is bytes.
const SHOWN: [&str; 9] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/heif",
    "application/pdf",
    "audio/mpeg",
    "video/mp4",
];
const BYTES: &str = "application/octet-stream";

#[derive(Debug, Clone)]
pub struct MailBucket {
    client: Client,
    bucket: String,
}

impl MailBucket {
    /// `MAIL_BUCKET`
    pub fn from_env(sdk: &SdkConfig) -> Result<Self, ConfigError> {
        Ok(Self::new(sdk, read("MAIL_BUCKET")?))
    }

    #[must_use]
    pub fn new(sdk: &SdkConfig, bucket: String) -> Self {
        // Ten megabytes take longer than an item of the table.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(8))
            .operation_timeout(Duration::from_secs(12))
            .build();
        let config = aws_sdk_s3::config::Builder::from(sdk).timeout_config(timeouts).build();
        Self { client: Client::from_conf(config), bucket }
    }
}

impl Originals for MailBucket {
    async fn original(&self, key: &str, most: usize) -> Result<Option<Vec<u8>>, FilesError> {
        let get = self.client.get_object().bucket(&self.bucket).key(key).range(format!("bytes=0-{most}"));
        let object = match get.send().await {
            Ok(object) => object,
            // Who may not list is answered 403 for what is not there.
            Err(error) if matches!(error.code(), Some("NoSuchKey" | "AccessDenied")) => return Ok(None),
            Err(error) => return Err(FilesError(DisplayErrorContext(error).to_string())),
        };
        let bytes = object.body.collect().await.map_err(|error| FilesError(error.to_string()))?;
        Ok(Some(bytes.to_vec()))
    }

    async fn keep(&self, file: &Attached, bytes: Vec<u8>) -> Result<(), FilesError> {
        let put = self.client.put_object().bucket(&self.bucket).key(key(file));
        let put = put.content_type(kind(file)).content_disposition(disposition(&file.name));
        let put = put.cache_control("private, no-store").body(ByteStream::from(bytes));
        put.send().await.map(|_| ()).map_err(|error| FilesError(DisplayErrorContext(error).to_string()))
    }
}

impl Files for MailBucket {
    async fn link(&self, file: &Attached, now: Timestamp) -> Result<String, FilesError> {
        self.sign(&key(file), kind(file), &file.name, now).await
    }

    async fn original_link(&self, key: &str, now: Timestamp) -> Result<String, FilesError> {
        self.sign(key, BYTES, "mail.eml", now).await
    }
}

impl MailBucket {
    /// Said again with the link: whatever the object says, it is saved and not shown. By the port's clock, because a link bears its time.
    async fn sign(&self, key: &str, kind: &str, name: &str, now: Timestamp) -> Result<String, FilesError> {
        let start = UNIX_EPOCH + Duration::from_millis(now.millis());
        let life = PresigningConfig::builder().start_time(start).expires_in(LINK_LIFE).build();
        let life = life.map_err(|error| FilesError(error.to_string()))?;
        let get = self.client.get_object().bucket(&self.bucket).key(key);
        let get = get.response_content_disposition(disposition(name)).response_content_type(kind);
        let link = get.presigned(life).await;
        link.map(|link| link.uri().to_owned())
            .map_err(|error| FilesError(DisplayErrorContext(error).to_string()))
    }
}

/// What a file is said to be to whoever opens it.
fn kind(file: &Attached) -> &str {
    match file.dangerous || !SHOWN.contains(&file.kind.as_str()) {
        true => BYTES,
        false => &file.kind,
    }
}

fn key(file: &Attached) -> String {
    format!("files/{}", file.key)
}

/// RFC 6266: to be saved, under this name. Everything but letters and digits is written as its bytes.
fn disposition(name: &str) -> String {
    let mut written = String::from("attachment; filename*=UTF-8''");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => written.push(byte as char),
            _ => {
                let _ = write!(written, "%{byte:02X}");
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_4_a_name_is_no_way_out_of_its_header() {
        assert_eq!(
            disposition("Año \"1\"\r\nX: y;.svg"),
            "attachment; filename*=UTF-8''A%C3%B1o%20%221%22%0D%0AX%3A%20y%3B.svg"
        );
    }

    #[test]
    fn a_4_nothing_that_runs_is_shown_as_what_it_is() {
        assert!(
            !SHOWN.iter().any(|kind| kind.contains("svg") || kind.contains("html") || kind.contains("xml"))
        );
    }
}
