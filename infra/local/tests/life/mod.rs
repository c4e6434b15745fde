//! Roles, kills, and how platforms begin and end.

use crate::common::{ask, folder, get, open, options, start};
use platform::faults::{KillRule, When};
use platform::{Options, Platform};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::test]
async fn what_a_policy_does_not_allow_is_refused() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    assert_eq!(ask(&mut socket, json!({ "do": "put", "key": "OK#1" })).await, "put 200");
    assert_eq!(ask(&mut socket, json!({ "do": "put", "key": "FOREIGN#1" })).await, "put 400");
    assert_eq!(ask(&mut socket, json!({ "do": "scan" })).await, "scan 400 true");
    let metrics = platform.metrics();
    assert_eq!(metrics.denied.len(), 2, "{:?}", metrics.denied);
    assert!(metrics.used["Echo"].contains("dynamodb:PutItem OK"));
    assert_eq!(get(&platform, "FOREIGN#1", "-").await, Value::Null);
}

#[tokio::test]
async fn a_process_is_killed_at_the_call_that_a_rule_names() {
    let platform = start().await;
    let mut socket = open(&platform).await;
    for (when, stored) in [(When::Before, false), (When::After, true)] {
        let pk = format!("OK#{when:?}");
        platform.faults().kill_rule(KillRule { function: "Echo".into(), call: 1, when });
        assert!(ask(&mut socket, json!({ "do": "put", "key": pk })).await.contains("Internal server error"));
        assert_eq!(get(&platform, &pk, "-").await.is_object(), stored, "{pk}");
    }
    assert_eq!(ask(&mut socket, json!({ "do": "put", "key": "OK#3" })).await, "put 200");
}

#[tokio::test]
async fn after_a_kill_a_fresh_process_takes_over() {
    let platform = start().await;
    let url = format!("{}/x", platform.url());
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    assert_eq!(platform.kill("Echo"), 1);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    assert_eq!(platform.metrics().functions["Echo"].cold, 2);
}

#[tokio::test]
async fn a_port_in_use_and_a_missing_binary_are_refused_by_name() {
    let first = start().await;
    let error = Platform::start(Options { port: first.port(), ..options() }).await.unwrap_err();
    assert!(format!("{error:#}").contains(&format!("port {} is in use", first.port())), "{error:#}");
    let error = Platform::start(Options { binaries: folder("empty"), ..options() }).await.unwrap_err();
    assert!(format!("{error:#}").contains("echo-function"), "{error:#}");
}

#[tokio::test]
async fn a_function_that_fails_at_its_start_is_an_error_and_not_a_wait() {
    let platform = Platform::start(Options {
        environment: BTreeMap::from([("FAIL_AT_START".into(), "1".into())]),
        ..options()
    })
    .await
    .unwrap();
    assert_eq!(reqwest::get(format!("{}/", platform.url()) + "x").await.unwrap().status(), 500);
}

/// The binary itself, ended politely and not: in either case no process of a function stays behind.
#[tokio::test]
async fn no_process_outlives_the_platform() {
    for signal in ["TERM", "KILL"] {
        let options = options();
        let folder = folder(signal);
        let config = folder.join("local.toml");
        let text = format!(
            "template = {:?}\nport = 0\noidc_clients = []\nusers = []\n[parameters]\nConnectionsUrl = \"{{url}}/stage\"\n[mounts]\n",
            options.template
        );
        std::fs::write(&config, text).unwrap();
        let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_mostrador-local"))
            .arg("--config")
            .arg(&config)
            .arg("--bin-dir")
            .arg(&options.binaries)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.next_line().await.unwrap().unwrap();
        let url = ready.split(' ').nth(1).unwrap();
        assert_eq!(reqwest::get(format!("{url}/x")).await.unwrap().status(), 200);
        let pid = child.id().unwrap();
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let processes: Vec<String> = std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter(|entry| {
                std::fs::read_to_string(entry.path().join("stat")).is_ok_and(|stat| {
                    stat.rsplit(')')
                        .next()
                        .is_some_and(|rest| rest.split(' ').nth(2) == Some(&pid.to_string()))
                })
            })
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(processes.len(), 1, "{children}");
        tokio::process::Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(pid.to_string())
            .status()
            .await
            .unwrap();
        child.wait().await.unwrap();
        // The function's process learns of the end by its own broken connection: wait for that, not for a time.
        let gone = async {
            while std::fs::read_to_string(format!("/proc/{}/cmdline", processes[0]))
                .is_ok_and(|line| line.contains("echo-function"))
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), gone)
            .await
            .unwrap_or_else(|_| panic!("a process outlived SIG{signal}"));
    }
}
