//! Mail out through SES, and the function that sends it, called without waiting.

use crate::ConfigError;
use crate::config::read;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob as Payload;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use domain::ConversationId;
use domain::mail_identity::{MailAccountState, Standing};
use domain::ports::{MailAccount, MailHandover, Mailer, NotSent, QueueError, RawMail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// SES takes a mail within a second or two; a function has half a minute.
const LIMIT: Duration = Duration::from_secs(8);

/// What functions that mail read from their environment.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `API_URL`: where the HTTP API is reached from outside.
    pub api_url: String,
    /// Below `DASHBOARD_ORIGIN`: the dashboard's pages.
    pub dashboard_url: String,
    /// Bears this deployment's mails, so that it knows them when they come back: made from `TABLE_NAME`.
    pub loop_mark: String,
}

impl MailConfig {
    pub fn from_env() -> Result<Self, ConfigError> {
        let api_url = read("API_URL")?.trim_end_matches('/').to_owned();
        let dashboard_url = format!("{}/dashboard", read("DASHBOARD_ORIGIN")?.trim_end_matches('/'));
        Ok(Self { api_url, dashboard_url, loop_mark: loop_mark()? })
    }
}

/// Made from `TABLE_NAME`.
pub fn loop_mark() -> Result<String, ConfigError> {
    let hash = Sha256::digest(read("TABLE_NAME")?);
    Ok(crate::dynamo::keys::hex(&hash[..16]))
}

/// SES.
#[derive(Debug, Clone)]
pub struct Ses {
    client: aws_sdk_ses::Client,
    configuration_set: Option<String>,
    region: String,
}

impl Ses {
    /// `MAIL_CONFIGURATION_SET`, which may be empty where no mail is sent.
    #[must_use]
    pub fn from_env(sdk: &SdkConfig) -> Self {
        // Once: an answer that was lost may be of a mail that went, and who sends it again must know that.
        let config = aws_sdk_ses::config::Builder::from(sdk)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(2))
                    .operation_attempt_timeout(LIMIT)
                    .operation_timeout(LIMIT)
                    .build(),
            )
            .build();
        let client = aws_sdk_ses::Client::from_conf(config);
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        Self { client, configuration_set: read("MAIL_CONFIGURATION_SET").ok(), region }
    }
}

impl Mailer for Ses {
    async fn send(&self, mail: RawMail<'_>) -> Result<String, NotSent> {
        let raw = RawMessage::builder().data(Blob::new(mail.bytes)).build().expect("its data is set");
        let send = self
            .client
            .send_raw_email()
            .source(mail.from)
            .destinations(mail.to)
            .raw_message(raw)
            .set_configuration_set_name(self.configuration_set.clone());
        match send.send().await {
            Ok(answer) => Ok(answer.message_id().to_owned()),
            Err(error) => Err(not_sent(&error)),
        }
    }
}

impl MailAccount for Ses {
    async fn state(&self, domain: &str) -> Result<MailAccountState, NotSent> {
        let client = &self.client;
        let (verification, dkim, mail_from, quota) = futures::join!(
            client.get_identity_verification_attributes().identities(domain).send(),
            client.get_identity_dkim_attributes().identities(domain).send(),
            client.get_identity_mail_from_domain_attributes().identities(domain).send(),
            client.get_send_quota().send(),
        );
        let verification = verification.map_err(|error| not_sent(&error))?;
        let dkim = dkim.map_err(|error| not_sent(&error))?;
        let mail_from = mail_from.map_err(|error| not_sent(&error))?;
        let quota = quota.map_err(|error| not_sent(&error))?;
        let dkim = dkim.dkim_attributes().get(domain);
        let verification = verification.verification_attributes().get(domain);
        let mail_from = mail_from.mail_from_domain_attributes().get(domain);
        // SES says "no limit" by -1.
        let whole = |number: f64| if number < 0.0 { u64::MAX } else { number as u64 };
        Ok(MailAccountState {
            domain: verification
                .map_or(Standing::Unknown, |one| standing(one.verification_status().as_str())),
            dkim: dkim.map_or(Standing::Unknown, |one| standing(one.dkim_verification_status().as_str())),
            dkim_tokens: dkim.map(|one| one.dkim_tokens().to_vec()).unwrap_or_default(),
            mail_from: mail_from.filter(|one| !one.mail_from_domain().is_empty()).map(|one| {
                (one.mail_from_domain().to_owned(), standing(one.mail_from_domain_status().as_str()))
            }),
            per_day: whole(quota.max24_hour_send()),
            sent: whole(quota.sent_last24_hours()),
        })
    }

    fn region(&self) -> &str {
        &self.region
    }
}

/// By the names that SES uses for verification, DKIM and the domain of bounces alike.
fn standing(status: &str) -> Standing {
    match status {
        "Success" => Standing::Verified,
        "Pending" | "TemporaryFailure" => Standing::Pending,
        "Failed" => Standing::Failed,
        _ => Standing::Unknown,
    }
}

/// SES has said no, or it is not known what it said. Its words name addresses: the code alone is for logs.
fn not_sent<E: ProvideErrorMetadata>(error: &SdkError<E>) -> NotSent {
    let code = || error.code().unwrap_or("no code").to_owned();
    match error {
        SdkError::ServiceError(answer) if answer.raw().status().is_client_error() => NotSent::Refused(code()),
        SdkError::ConstructionFailure(_) => NotSent::Refused("it could not be asked".into()),
        SdkError::TimeoutError(_) => NotSent::Unknown("timed out".into()),
        SdkError::DispatchFailure(_) => NotSent::Unknown("could not be reached".into()),
        _ => NotSent::Unknown(code()),
    }
}

/// The function email-fallback, called without waiting for what it does.
#[derive(Debug, Clone)]
pub struct EmailFallback {
    client: aws_sdk_lambda::Client,
    function: String,
}

impl EmailFallback {
    /// `EMAIL_FALLBACK_FUNCTION`
    pub fn from_env(sdk: &SdkConfig) -> Result<Self, ConfigError> {
        Ok(Self { client: aws_sdk_lambda::Client::new(sdk), function: read("EMAIL_FALLBACK_FUNCTION")? })
    }
}

impl MailHandover for EmailFallback {
    async fn hand_over(&self, conversation: ConversationId) -> Result<(), QueueError> {
        let invoke = self
            .client
            .invoke()
            .function_name(&self.function)
            .invocation_type(InvocationType::Event)
            .payload(Payload::new(write_handover(conversation)));
        let unavailable = |error| QueueError(aws_sdk_lambda::error::DisplayErrorContext(error).to_string());
        invoke.send().await.map(|_| ()).map_err(unavailable)
    }
}

/// The event that email-fallback is called with.
#[must_use]
pub fn write_handover(conversation: ConversationId) -> String {
    json!({"conversation": conversation.to_string()}).to_string()
}

#[must_use]
pub fn read_handover(event: &Value) -> Option<ConversationId> {
    event["conversation"].as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handover_is_read_as_it_was_written_and_anything_else_is_none() {
        let conversation = ConversationId(uuid::Uuid::from_u128(7));
        let event: Value = serde_json::from_str(&write_handover(conversation)).expect("JSON");
        assert_eq!(read_handover(&event), Some(conversation));
        for event in [json!({}), json!([]), json!({"conversation": 7}), json!({"conversation": "conv_7"})] {
            assert_eq!(read_handover(&event), None);
        }
    }
}
