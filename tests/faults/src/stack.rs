//! The whole product on a port of its own: a fresh table, the deployed binaries, the demo's sites and people.

use crate::people::Account;
use anyhow::{Context, Result, ensure};
use domain::ConversationId;
use platform::{Limits, Options, Platform, User};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug)]
pub struct Stack {
    pub platform: Platform,
    pub url: String,
    options: Options,
}

/// The folder that holds the template.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the functions' binaries lie: beside this test's own, in `target/debug` or `target/release`.
#[must_use]
pub fn binaries() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    test.ancestors().nth(2).expect("a test lies in target/*/deps").to_owned()
}

impl Stack {
    /// Nothing is said automatically: what is counted is what people say.
    ///
    /// Panics if the functions have not been built: `cargo build --bins` does it, and `cargo xtask test` before this.
    pub async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        Self::adjusted(|options| options.limits = limits).await
    }

    /// With its table in a file (`data`) it outlives [`Stack::restart`].
    pub async fn adjusted(adjust: impl FnOnce(&mut Options)) -> Self {
        let stack = Self::started(adjust).await;
        stack.run_seed(&["--origin", &stack.url, "--silent"]).await;
        stack
    }

    async fn started(adjust: impl FnOnce(&mut Options)) -> Self {
        let parameters = [
            ("ConnectionsUrl", "{url}/ws"),
            ("WebSocketUrl", "{ws}/ws"),
            ("OidcIssuer", "{url}/oidc"),
            ("OidcClientId", "dashboard"),
            ("DashboardOrigin", "{url}"),
            ("DataEpoch", "test"),
            ("MailDomain", "shop.example"),
            ("ReplyDomain", "reply.shop.example"),
            ("ReceiptRuleSet", "shop"),
            ("StrangersSite", "demo"),
        ];
        let user =
            |email: &str| User { email: email.into(), name: email.into(), password: "mostrador".into() };
        let mut options = Options {
            template: root().join("template.yaml"),
            binaries: binaries(),
            port: 0,
            parameters: parameters
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
            users: ["ana@example.com", "luis@example.com", "marta@example.com", "eva@example.com"]
                .map(user)
                .to_vec(),
            oidc_clients: vec!["dashboard".into()],
            mounts: Vec::new(),
            show_logs: std::env::var("SHOW_LOGS").is_ok(),
            ..Options::default()
        };
        adjust(&mut options);
        let platform = Platform::start(options.clone())
            .await
            .expect("the platform starts; build the functions first: cargo build --bins");
        let url = platform.url().to_owned();
        options.port = platform.port();
        Self { platform, url, options }
    }

    /// As a merchant finds it after deploying: with our defaults, by which the shop speaks for itself.
    pub async fn speaking(adjust: impl FnOnce(&mut Options)) -> Self {
        let stack = Self::started(adjust).await;
        stack.run_seed(&["--origin", &stack.url]).await;
        stack
    }

    /// Ends everything as a power cut does and starts it again on the same port and table, under connected clients.
    pub async fn restart(&mut self) {
        assert!(self.options.data.is_some(), "a table in memory would not survive");
        self.platform.shutdown();
        self.platform.ended().await;
        // It waits for the port by itself: the runtime drops the old listeners in a moment.
        self.platform = Platform::start(self.options.clone()).await.expect("the platform starts again");
    }

    /// The demo's sites and people, and so many conversations.
    pub async fn seed(&self, conversations: u32) {
        self.run_seed(&["--origin", &self.url, "--conversations", &conversations.to_string()]).await;
    }

    /// So many messages more in a conversation that nobody writes to meanwhile, past the functions.
    pub async fn lengthen(&self, conversation: ConversationId, messages: u32) {
        self.run_seed(&["--lengthen", &conversation.to_string(), "--messages", &messages.to_string()]).await;
    }

    async fn run_seed(&self, words: &[&str]) {
        let mut seed = Command::new(binaries().join("seed"));
        seed.args(["--table", self.platform.table()])
            .args(words)
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_ENDPOINT_URL_DYNAMODB", self.platform.dynamodb_url());
        let status = tokio::task::spawn_blocking(move || seed.status())
            .await
            .expect("no panic")
            .expect("the seed runs");
        assert!(status.success(), "the seed failed");
    }

    /// So many milliseconds pass at once.
    pub fn later(&self, ms: i64) {
        self.platform.move_clock(self.platform.metrics().clock.offset_ms + ms);
    }

    /// Puts an item into the table, past the functions: what a broken one does to them.
    pub async fn put_item(&self, item: serde_json::Value) -> Result<()> {
        let put = serde_json::json!({"TableName": self.platform.table(), "Item": item});
        self.aws(&self.platform.dynamodb_url(), "DynamoDB_20120810.PutItem", put).await.map(|_| ())
    }

    /// What lies in the table under a key.
    pub async fn item(&self, pk: &str, sk: &str) -> Result<Option<serde_json::Value>> {
        let key = serde_json::json!({"pk": {"S": pk}, "sk": {"S": sk}});
        let get = serde_json::json!({"TableName": self.platform.table(), "Key": key, "ConsistentRead": true});
        let answer = self.aws(&self.platform.dynamodb_url(), "DynamoDB_20120810.GetItem", get).await?;
        Ok(answer.get("Item").cloned())
    }

    /// What a queue (its logical id) holds and would give out now, at most ten bodies.
    pub async fn messages(&self, queue: &str) -> Result<Vec<String>> {
        let url = self.platform.queue_url(queue).context("no such queue")?;
        let ask = serde_json::json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0});
        let answer = self.aws(&self.platform.sqs_url(), "AmazonSQS.ReceiveMessage", ask).await?;
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        Ok(messages.iter().filter_map(|message| message["Body"].as_str().map(str::to_owned)).collect())
    }

    /// Waits until a queue (its logical id) holds nothing, delayed or taken, any more.
    pub async fn emptied(&self, queue: &str) -> Result<()> {
        let url = self.platform.queue_url(queue).context("no such queue")?;
        let ask = serde_json::json!({"QueueUrl": url, "AttributeNames": ["All"]});
        for _ in 0..600 {
            let answer =
                self.aws(&self.platform.sqs_url(), "AmazonSQS.GetQueueAttributes", ask.clone()).await?;
            let held = ["", "Delayed", "NotVisible"].map(|what| {
                answer["Attributes"][format!("ApproximateNumberOfMessages{what}")]
                    .as_str()
                    .unwrap_or("?")
                    .to_owned()
            });
            if held.iter().all(|number| number == "0") {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        anyhow::bail!("{queue} still holds something")
    }

    /// A call of AWS as an operator would make it.
    async fn aws(&self, url: &str, target: &str, body: serde_json::Value) -> Result<serde_json::Value> {
        let answer = reqwest::Client::new()
            .post(url)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=operator/20260101/eu-west-1/any/aws4_request",
            )
            .body(body.to_string())
            .send()
            .await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{target}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    pub async fn shopper(&self, site: &str) -> Account {
        Account::shopper(&self.url, site).await.expect("a shopper gets a session")
    }

    pub async fn agent(&self, site: &str, email: &str) -> Account {
        Account::agent(&self.url, site, email).await.expect("an agent signs in")
    }
}
