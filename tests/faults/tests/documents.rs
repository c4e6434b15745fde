//! Triggers, groups and scenarios on the deployed binaries, under the roles that they are deployed with.

use domain::ConversationId;
use faults::line::Line;
use faults::people::Account;
use faults::stack::Stack;
use protocol::client::{Assign, Send};
use protocol::{Command, ErrorCode, ServerFrame};
use reqwest::Method;
use serde_json::{Value, json};

const SITE: &str = "/v1/agent/sites/demo";
const SCRIPT: &str = "<img src=x onerror=alert(1)>\u{2069}";

fn trigger(id: &str, text: &str, sender: Value) -> Value {
    json!({
        "id": id, "name": format!("Trigger {id}"), "enabled": true, "when": "both",
        "conditions": [{"kind": "page", "is": true, "patterns": [{"kind": "contains", "text": "/cart"}]}],
        "actions": [{"kind": "message", "sender": sender, "texts": {"en": text}, "display": "teaser"}],
        "frequency": {"kind": "once_per_visit"},
    })
}

fn by_bot(text: &str) -> Value {
    json!({"triggers": [trigger("a", text, json!({"kind": "bot"}))]})
}

fn groups(agent: &str, ids: &[&str]) -> Value {
    let group = |id: &&str| json!({"id": id, "name": format!("Group {id}"), "agents": [agent]});
    json!({"groups": ids.iter().map(group).collect::<Vec<_>>()})
}

fn scenario(to: Value) -> Value {
    json!({"id": "help", "name": "Help", "start": "by_trigger", "first": "a", "steps": [
        {"id": "a", "texts": {"en": "Hello"}, "next": {"kind": "hand_over", "to": to}, "x": 0, "y": 0},
    ]})
}

async fn put(who: &Account, what: &str, expected: u64, value: Value) -> faults::people::Reply {
    let body = json!({"expected": expected, "value": value});
    who.request(Method::PUT, &format!("{SITE}/{what}"), Some(body)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_25_documents_are_published_by_admins_of_the_site_and_by_nobody_else() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let luis = stack.agent("demo", "luis@example.com").await;
    let marta = stack.agent("demo-two", "marta@example.com").await;
    let shopper = stack.shopper("demo").await;
    let publish = json!({"expected": 0, "value": by_bot("Hello")});
    let doors = [
        (Method::GET, "triggers", None),
        (Method::PUT, "triggers", Some(publish.clone())),
        (Method::PUT, "groups", Some(publish.clone())),
        (Method::GET, "scenarios", None),
        (Method::GET, "scenarios/help", None),
        (Method::PUT, "scenarios/help", Some(publish.clone())),
        (Method::DELETE, "scenarios/help?expected=1", None),
        (Method::GET, "triggers/history", None),
        (Method::GET, "groups/history/1", None),
        (Method::POST, "scenarios/help/history/1/restore", Some(json!({"expected": 0}))),
    ];
    // A 22: another site's are as those that there are not.
    for (who, status) in [(&luis, 403), (&marta, 404), (&shopper, 403)] {
        for (method, path, body) in &doors {
            let reply = who.request(method.clone(), &format!("{SITE}/{path}"), body.clone()).await.unwrap();
            assert_eq!(reply.status, status, "{method} {path}: {}", reply.raw);
        }
    }
    let read = luis.get(&format!("{SITE}/groups")).await.unwrap();
    assert_eq!(
        (read.status, &read.body["value"], &read.body["version"]),
        (200, &json!({"groups": []}), &json!(0))
    );
    assert_eq!(marta.get(&format!("{SITE}/groups")).await.unwrap().status, 404);
    // A 11: what is no id is nothing.
    for path in ["scenarios/a%23b", "scenarios/Help", "scenarios/..", "scenarios/help/steps", "documents"] {
        let reply = ana.get(&format!("{SITE}/{path}")).await.unwrap();
        assert_eq!(reply.status, 404, "{path}: {}", reply.raw);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f_15_a_12_a_5_what_is_published_stands_as_it_was_written_and_nothing_else_does() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let config = async || {
        let answer = reqwest::get(format!("{}/v1/sites/demo/config", stack.url)).await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    let before = config().await;
    assert_eq!(before.get("proactive"), None);
    let first = put(&ana, "triggers", 0, by_bot(SCRIPT)).await;
    assert_eq!((first.status, &first.body["document"]), (200, &json!("triggers")), "{}", first.raw);
    // The answer was lost: the same. With something else on an old version: what stands is told.
    let again = put(&ana, "triggers", 0, by_bot(SCRIPT)).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let stale = put(&ana, "triggers", 0, by_bot("Other")).await;
    assert_eq!((stale.status, &stale.body["error"]["code"]), (409, &json!("conflict")));
    assert_eq!(stale.body["error"]["current"], first.body);
    // Several at once on one version: one of them stands, and the others are told.
    let wishes: Vec<Value> = (0..4).map(|n| by_bot(&format!("Wish {n}"))).collect();
    let replies =
        futures::future::join_all(wishes.iter().map(|wish| put(&ana, "triggers", 1, wish.clone()))).await;
    let stands = ana.get(&format!("{SITE}/triggers")).await.unwrap().body;
    assert_eq!(stands["version"], 2);
    for (wish, reply) in wishes.iter().zip(replies) {
        match reply.status {
            200 => assert_eq!(stands["value"], *wish),
            409 => assert_eq!(reply.body["error"]["current"], stands),
            503 => assert_eq!(reply.body["error"]["code"], "retry"),
            _ => panic!("{}", reply.raw),
        }
    }
    // Fields that there are not, in whatever depth, and what else bad input gets: nothing moves.
    let mut deep = by_bot("x");
    deep["triggers"][0]["conditions"][0]["secret"] = json!(1);
    let mut wrong = by_bot("x");
    wrong["triggers"][0]["conditions"][0]["patterns"][0] = json!({"kind": "regex", "text": "(a"});
    for (value, status) in [(deep, 400), (wrong, 422), (json!([]), 400), (json!({"triggers": 1}), 400)] {
        let reply = put(&ana, "triggers", 2, value).await;
        assert_eq!(reply.status, status, "{}", reply.raw);
    }
    let forced = json!({"expected": 2, "value": by_bot("x"), "by": "agt_x", "version": 9});
    let forced = ana.request(Method::PUT, &format!("{SITE}/triggers"), Some(forced)).await.unwrap();
    assert_eq!((forced.status, &forced.body["error"]["code"]), (400, &json!("unknown_field")));
    assert_eq!(ana.get(&format!("{SITE}/triggers")).await.unwrap().body, stands);
    let after = config().await;
    assert_eq!(after["proactive"]["sieve"]["pages"], json!(["/cart"]));
    assert!(
        !after.to_string().contains("Wish"),
        "a page is told where to ask, and nothing of what would be said"
    );
    assert!(after["version"].as_u64() > before["version"].as_u64());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_9_who_publishes_too_often_is_refused_with_nothing_stored_and_others_publish_and_read_on() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let mut version = 0;
    let refused = loop {
        let reply = put(&ana, "triggers", version, by_bot(&format!("Text {version}"))).await;
        if reply.status != 200 {
            break reply;
        }
        version += 1;
        assert_eq!(reply.body["version"], version);
        assert!(version <= 60, "nobody said stop");
    };
    assert_eq!((refused.status, &refused.body["error"]["code"]), (429, &json!("rate_limited")));
    assert!(refused.body["error"]["retry_after_ms"].as_u64().unwrap() > 0);
    assert!(version > 30, "hardly anything may be published: {version}");
    // Whatever it is that she publishes; and nothing of it is there.
    let scenario = scenario(json!({"kind": "anyone"}));
    for (what, expected, value) in [
        ("triggers", version, by_bot("x")),
        ("groups", 0, json!({"groups": []})),
        ("scenarios/help", 0, scenario),
    ] {
        assert_eq!(put(&ana, what, expected, value).await.status, 429, "{what}");
    }
    let stands = ana.get(&format!("{SITE}/triggers")).await.unwrap();
    assert_eq!((stands.status, &stands.body["version"]), (200, &json!(version)));
    assert_eq!(ana.get(&format!("{SITE}/groups")).await.unwrap().body["version"], 0);
    assert_eq!(ana.get(&format!("{SITE}/scenarios/help")).await.unwrap().status, 404);
    // Others: a colleague reads, another shop publishes, a shopper writes.
    let luis = stack.agent("demo", "luis@example.com").await;
    assert_eq!(luis.get(&format!("{SITE}/groups")).await.unwrap().status, 200);
    let marta = stack.agent("demo-two", "marta@example.com").await;
    let body = json!({"expected": 0, "value": by_bot("Hello")});
    let theirs = marta.request(Method::PUT, "/v1/agent/sites/demo-two/triggers", Some(body)).await.unwrap();
    assert_eq!(theirs.status, 200, "{}", theirs.raw);
    let mut line = Line::ready(&stack.shopper("demo").await, Vec::new()).await.unwrap();
    let send = Send { text: "Hola".into(), ..Send::default() };
    assert!(matches!(line.ask(Command::Send(send)).await.unwrap(), ServerFrame::Ack(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_version_of_a_document_is_read_and_brought_back() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    // A scenario may be called like the route.
    let mut help = scenario(json!({"kind": "anyone"}));
    help["id"] = json!("history");
    let other = json!({"triggers": []});
    for (what, first, second) in [
        ("triggers", by_bot(SCRIPT), other),
        ("scenarios/history", help.clone(), {
            let mut next = help;
            next["name"] = json!("Next");
            next
        }),
    ] {
        let published = put(&ana, what, 0, first).await;
        assert_eq!(published.status, 200, "{}", published.raw);
        assert_eq!(put(&ana, what, 1, second).await.status, 200);
        let told = ana.get(&format!("{SITE}/{what}/history")).await.unwrap();
        let versions: Vec<u64> = told.body["versions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["version"].as_u64().unwrap())
            .collect();
        assert_eq!((told.status, versions), (200, vec![2, 1]), "{}", told.raw);
        let earlier = ana.get(&format!("{SITE}/{what}/history/1")).await.unwrap();
        assert_eq!((earlier.status, &earlier.body), (200, &published.body));
        let path = format!("{SITE}/{what}/history/1/restore");
        let restore = |body: Value| ana.request(Method::POST, &path, Some(body));
        let back = restore(json!({"expected": 2})).await.unwrap();
        assert_eq!((back.status, &back.body["version"], &back.body["restored"]), (200, &json!(3), &json!(1)));
        assert_eq!(back.body["value"], published.body["value"]);
        // The answer was lost; and somebody who is late.
        assert_eq!(restore(json!({"expected": 2})).await.unwrap().body, back.body);
        assert_eq!(restore(json!({"expected": 1})).await.unwrap().status, 409);
        assert_eq!(restore(json!({"expected": 3, "by": "agt_x"})).await.unwrap().status, 400);
        assert_eq!(ana.get(&format!("{SITE}/{what}")).await.unwrap().body, back.body);
        for (path, status) in
            [("history?before=x", 400), ("history/9", 404), ("history/x", 404), ("history/1/undo", 404)]
        {
            let reply = ana.get(&format!("{SITE}/{what}/{path}")).await.unwrap();
            assert_eq!(reply.status, status, "{what}/{path}: {}", reply.raw);
        }
    }
    assert_eq!(ana.get(&format!("{SITE}/scenarios/none/history")).await.unwrap().status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leans_on_something_is_named_when_that_would_go() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let me = ana.get("/v1/agent/me").await.unwrap().body["agent_id"].as_str().unwrap().to_owned();
    assert_eq!(put(&ana, "groups", 0, groups(&me, &["orders", "care"])).await.status, 200);
    let to_care = scenario(json!({"kind": "group", "group": "care"}));
    assert_eq!(put(&ana, "scenarios/help", 0, to_care).await.status, 200);
    let speaks = json!({"triggers": [
        trigger("says", "Hello", json!({"kind": "group", "group": "orders"})),
        {"id": "starts", "name": "Starts", "enabled": false, "when": "both", "conditions": [],
         "actions": [{"kind": "start_scenario", "scenario": "help"}], "frequency": {"kind": "once_ever"}},
    ]});
    let published = put(&ana, "triggers", 0, speaks).await;
    assert_eq!(published.status, 200, "{}", published.raw);
    let gone = put(&ana, "groups", 1, groups(&me, &["other"])).await;
    let problems = gone.body["error"]["problems"].as_array().unwrap();
    let said: Vec<&str> = problems.iter().map(|problem| problem["message"].as_str().unwrap()).collect();
    assert_eq!((gone.status, problems[0]["code"].as_str()), (422, Some("in_use")));
    assert!(said[0].contains("“Trigger says”") && said[1].contains("“Help”"), "{said:?}");
    let taken =
        ana.request(Method::DELETE, &format!("{SITE}/scenarios/help?expected=1"), None).await.unwrap();
    assert!(taken.status == 422 && taken.raw.contains("Starts"), "{}", taken.raw);
    assert_eq!(put(&ana, "triggers", 1, json!({"triggers": []})).await.status, 200);
    for _ in 0..2 {
        let taken = ana.request(Method::DELETE, &format!("{SITE}/scenarios/help?expected=1"), None).await;
        assert_eq!(taken.unwrap().status, 204);
    }
    assert_eq!(ana.get(&format!("{SITE}/scenarios")).await.unwrap().body, json!({"scenarios": []}));
    assert_eq!(put(&ana, "groups", 1, groups(&me, &["other"])).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_4_a_first_message_is_for_a_group_and_agents_give_it_to_another() {
    let stack = Stack::start().await;
    let ana = stack.agent("demo", "ana@example.com").await;
    let me = ana.get("/v1/agent/me").await.unwrap().body["agent_id"].as_str().unwrap().to_owned();
    assert_eq!(put(&ana, "groups", 0, groups(&me, &["orders", "care"])).await.status, 200);
    let shopper = stack.shopper("demo").await;
    let mut line = Line::ready(&shopper, Vec::new()).await.unwrap();
    let send = Send { text: "Hola".into(), group: Some("orders".into()), ..Send::default() };
    let ServerFrame::Ack(begun) = line.ask(Command::Send(send)).await.unwrap() else { panic!("none began") };
    let conversation_id: ConversationId = begun.conversation_id.unwrap().parse().unwrap();
    let rows = async |group: &str| {
        let path = format!("{SITE}/conversations?list=queue&group={group}");
        ana.get(&path).await.unwrap().body["rows"].as_array().unwrap().len()
    };
    assert_eq!((rows("orders").await, rows("care").await), (1, 0));
    let entries = ana.get(&format!("/v1/conversations/{conversation_id}/entries")).await.unwrap();
    let grouped: Vec<&Value> = entries.body["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["kind"] == "grouped")
        .collect();
    assert_eq!(grouped[0]["to"], json!({"id": "orders", "name": "Group orders"}));
    assert_eq!(
        (&grouped[0]["author"]["role"], &entries.body["head"]["group"]),
        (&json!("shopper"), &json!("orders"))
    );
    let theirs = shopper.get(&format!("/v1/conversations/{conversation_id}/entries")).await.unwrap();
    assert!(!theirs.raw.contains("orders"), "{}", theirs.raw);
    // Given to another by an agent; to one that there is not, and by a shopper, nothing.
    let mut desk = Line::ready(&ana, Vec::new()).await.unwrap();
    let give = |group: &str| {
        Command::Assign(Assign { conversation_id, to: None, expected: None, group: Some(Some(group.into())) })
    };
    assert!(matches!(desk.ask(give("care")).await.unwrap(), ServerFrame::Ack(_)));
    for (line, group, code) in
        [(&mut desk, "nowhere", ErrorCode::NotFound), (&mut line, "orders", ErrorCode::Forbidden)]
    {
        let answer = line.ask(give(group)).await.unwrap();
        assert!(matches!(&answer, ServerFrame::Error(error) if error.code == code), "{answer:?}");
    }
    assert_eq!((rows("orders").await, rows("care").await), (0, 1));
}
