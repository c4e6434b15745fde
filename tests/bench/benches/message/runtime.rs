//! The least of a Lambda Runtime API: one function, one invocation at a time.

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// Longer than any cold start under a quota.
const PATIENCE: Duration = Duration::from_secs(60);

struct Ends {
    work: Mutex<mpsc::Receiver<String>>,
    answers: mpsc::Sender<Result<(), String>>,
}

/// Where a function asks for work.
pub struct Runtime {
    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub address: String,
    work: mpsc::Sender<String>,
    answers: mpsc::Receiver<Result<(), String>>,
    server: tokio::task::JoinHandle<()>,
}

impl Runtime {
    pub async fn start() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (work, inbox) = mpsc::channel(1);
        let (outbox, answers) = mpsc::channel(1);
        let ends = Arc::new(Ends { work: Mutex::new(inbox), answers: outbox });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{outcome}", post(answer))
            .with_state(ends);
        let server = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("a listener that is bound can serve");
        });
        Ok(Self { address, work, answers, server })
    }

    /// Hands over one event and waits for its answer.
    pub async fn invoke(&mut self, event: String) -> Result<()> {
        self.work.send(event).await?;
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        match answer.context("the function does not answer")?.context("the runtime has ended")? {
            Ok(()) => Ok(()),
            Err(error) => bail!("the function failed: {error}"),
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(ends): State<Arc<Ends>>) -> Response {
    let Some(event) = ends.work.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    (
        [
            ("content-type", "application/json"),
            ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
            ("lambda-runtime-deadline-ms", "9999999999999"),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:000000000000:function:bench"),
        ],
        event,
    )
        .into_response()
}

async fn answer(
    State(ends): State<Arc<Ends>>,
    Path((_, outcome)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let answer = match outcome.as_str() {
        "response" => Ok(()),
        _ => Err(String::from_utf8_lossy(&body).into_owned()),
    };
    // Whoever asked may have given up.
    let _ = ends.answers.send(answer).await;
    StatusCode::ACCEPTED
}
