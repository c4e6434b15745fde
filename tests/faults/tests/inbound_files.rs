//! What came with a mail, and the mail as it came: for whoever may read its entry, by links that end, never as a page.

use anyhow::{Context, Result, bail, ensure};
use domain::ConversationId;
use faults::letters::{self, Chat, Letter};
use faults::people::{Account, Reply};
use platform::Verdicts;
use protocol::http::{FileLink, OriginalMail};
use protocol::server::{Attached, Body, Entry, LogName};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
const PAGE: &[u8] = b"<!doctype html><html><script>alert(1)</script></html>";

fn path(conversation: ConversationId, log: &str, seq: u64, key: &str) -> String {
    format!("/v1/conversations/{conversation}/{log}/{seq}/attachments/{key}")
}

fn link(reply: &Reply) -> Result<FileLink> {
    ensure!(reply.status == 200, "no link: {} {}", reply.status, reply.raw);
    Ok(serde_json::from_value(reply.body.clone())?)
}

/// What a browser is answered that opens a link: status, disposition, type, bytes.
async fn opened(url: &str) -> Result<(u16, String, String, Vec<u8>)> {
    let answer = reqwest::Client::new().get(url).send().await?;
    let header = |name: &str| {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (status, disposition, kind) =
        (answer.status().as_u16(), header("content-disposition"), header("content-type"));
    Ok((status, disposition, kind, answer.bytes().await?.to_vec()))
}

/// The entry that came by mail, with its files.
fn with_files(entries: Vec<Entry>, log: LogName) -> Result<(u64, Vec<Attached>)> {
    let entry =
        entries.into_iter().find(|entry| entry.log == log && entry.mail.is_some()).context("an entry")?;
    Ok((entry.seq, entry.mail.context("a mark")?.attachments))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_3_a_4_files_of_a_mail_are_saved_by_those_of_its_thread_and_by_nobody_else() -> Result<()> {
    let chat = Chat::new().await?;
    let files: [(&str, &str, &[u8]); 4] = [
        ("caj\u{e3}.png", "image/png", PNG),
        ("logo.svg", "image/svg+xml", SVG),
        ("photo.jpg", "image/jpeg", PAGE),
        ("notes.txt", "text/plain", b"plain"),
    ];
    chat.receive(&Letter::of_eva("files", "").with_files("The box came like this", &files)).await?;
    let (seq, attached) = with_files(chat.entries(&chat.shopper).await?, LogName::Thread)?;
    let told: Vec<(&str, bool)> = attached.iter().map(|file| (file.name.as_str(), file.dangerous)).collect();
    ensure!(
        told == [("caj\u{e3}.png", false), ("logo.svg", true), ("photo.jpg", true), ("notes.txt", false)],
        "{told:?}"
    );

    // The shopper of the thread and an agent of the site; whatever it is, it is saved, and named as a picture only if it is one.
    for reader in [&chat.shopper, &chat.ana] {
        for (file, (_, _, bytes)) in attached.iter().zip(files) {
            let link = link(&reader.get(&path(chat.conversation, "thread", seq, &file.key)).await?)?;
            let (status, disposition, kind, body) = opened(&link.url).await?;
            ensure!(status == 200 && body == bytes, "{status} {}", file.name);
            ensure!(disposition.starts_with("attachment;"), "{}: {disposition}", file.name);
            let expected = if file.name.ends_with(".png") { "image/png" } else { "application/octet-stream" };
            ensure!(kind == expected, "{}: {kind}", file.name);
        }
    }

    // Foreign, guessed, of another entry: one answer, byte for byte.
    let key = &attached[0].key;
    let mine = path(chat.conversation, "thread", seq, key);
    let absent = chat.shopper.get(&path(chat.conversation, "thread", seq, &"0".repeat(32))).await?;
    ensure!(absent.status == 404, "{}", absent.raw);
    let stranger = chat.stack.shopper("demo").await;
    let elsewhere = letters::begin(&stranger, "Me too").await?;
    let marta = chat.stack.agent("second", "marta@example.com").await;
    let tries: [(&Account, String); 9] = [
        (&stranger, mine.clone()),
        (&stranger, path(elsewhere, "thread", 1, key)),
        (&marta, mine.clone()),
        (&chat.shopper, path(chat.conversation, "thread", 1, key)),
        (&chat.shopper, path(chat.conversation, "thread", 0, key)),
        (&chat.shopper, path(chat.conversation, "thread", 99, key)),
        (&chat.shopper, path(chat.conversation, "thread", seq, "..%2Fmail%2Fx")),
        (&chat.shopper, path(chat.conversation, "notes", seq, key)),
        (&chat.ana, path(chat.conversation, "thread", seq, &key.to_uppercase())),
    ];
    for (reader, path) in tries {
        let reply = reader.get(&path).await?;
        ensure!((reply.status, &reply.raw) == (404, &absent.raw), "{path}: {} {}", reply.status, reply.raw);
    }
    let nobody = Account { token: "none".into(), ..chat.shopper.clone() };
    ensure!(nobody.get(&mine).await?.status == 401, "without a session");

    // A link is for one file and for minutes, by the platform's clock.
    let url = link(&chat.shopper.get(&mine).await?)?.url;
    let swapped = url.replace(key, &attached[1].key);
    ensure!(swapped != url && opened(&swapped).await?.0 == 403, "a link opens what it was made for");
    let shown = url
        .replace("octet-stream", "html")
        .replace("image%2Fpng", "text%2Fhtml")
        .replace("attachment", "inline");
    ensure!(shown != url && opened(&shown).await?.0 == 403, "nobody may say otherwise how it is shown");
    ensure!(
        opened(url.split('?').next().context("a path")?).await?.0 == 403,
        "without a signature nothing opens"
    );
    chat.stack.platform.move_clock(4 * 60_000);
    ensure!(opened(&url).await?.0 == 200);
    chat.stack.platform.move_clock(6 * 60_000);
    ensure!(opened(&url).await?.0 == 403, "it has ended");
    let url = link(&chat.shopper.get(&mine).await?)?.url;
    ensure!(opened(&url).await?.0 == 200, "a new one bears the time that it is");
    chat.in_order().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_3_what_needs_review_has_files_for_agents_alone() -> Result<()> {
    let chat = Chat::new().await?;
    let letter = Letter { verdicts: Verdicts::forged(), ..Letter::of_eva("forged", "") };
    chat.receive(&letter.with_files("It is me", &[("contract.exe", "application/pdf", b"MZ\x90\0")])).await?;
    let (seq, attached) = with_files(chat.entries(&chat.ana).await?, LogName::Backstage)?;
    ensure!(attached[0].dangerous, "{attached:?}");
    let place = path(chat.conversation, "backstage", seq, &attached[0].key);
    let absent = chat.shopper.get(&path(chat.conversation, "backstage", seq, &"0".repeat(32))).await?;
    let foreign = chat.shopper.get(&place).await?;
    ensure!((foreign.status, &foreign.raw) == (404, &absent.raw), "{}", foreign.raw);
    let (status, disposition, kind, _) = opened(&link(&chat.ana.get(&place).await?)?.url).await?;
    ensure!(
        (status, kind.as_str()) == (200, "application/octet-stream") && disposition.starts_with("attachment")
    );
    chat.in_order().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_4_agents_see_a_mail_as_it_came_as_text_and_nobody_else_does() -> Result<()> {
    let chat = Chat::new().await?;
    let body = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>In blue, please.</p><script>steal()</script><blockquote type=cite>On Monday Taller Luz wrote:<br>Hi Eva https://shop.example/#mostrador-resume=mlk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef</blockquote>\r\n";
    let letter = Letter { body: body.into(), ..Letter::of_eva("original", "") };
    chat.receive(&letter).await?;
    let (seq, _) = with_files(chat.entries(&chat.ana).await?, LogName::Thread)?;
    let place = format!("/v1/agent/conversations/{}/thread/{seq}/original", chat.conversation);
    let reply = chat.ana.get(&place).await?;
    ensure!(reply.status == 200, "{} {}", reply.status, reply.raw);
    let original: OriginalMail = serde_json::from_value(reply.body)?;
    ensure!(original.header.contains("Message-ID: <original@shopper.example>"), "{}", original.header);
    ensure!(
        original.text.contains("In blue, please.") && original.text.contains("Hi Eva"),
        "with what it quotes: {}",
        original.text
    );
    ensure!(
        original.text.contains("mostrador-resume=") && !original.text.contains("mlk_"),
        "{}",
        original.text
    );
    ensure!(!original.text.contains("steal"), "{}", original.text);
    let whole = original.url.context("an admin may save it")?;
    let (status, disposition, kind, body) = opened(&whole).await?;
    ensure!(
        (status, kind.as_str()) == (200, "application/octet-stream") && disposition.starts_with("attachment")
    );
    ensure!(body.ends_with(&letter.raw()), "all of it");
    // The whole of it is for admins: what it quotes lets whoever has it speak as the shopper.
    let luis = chat.stack.agent("demo", "luis@example.com").await;
    let shown: OriginalMail = serde_json::from_value(luis.get(&place).await?.body)?;
    ensure!(shown.text == original.text && shown.url.is_none(), "{shown:?}");
    // Not the shopper who wrote it: its header says more than they need, and whoever has their session is not their mailbox.
    ensure!(chat.shopper.get(&place).await?.status == 403);
    let marta = chat.stack.agent("second", "marta@example.com").await;
    let foreign = marta.get(&place).await?;
    let absent = chat.ana.get(&place.replace(&format!("/thread/{seq}/"), "/thread/99/")).await?;
    ensure!((foreign.status, &foreign.raw) == (404, &absent.raw), "{} {}", foreign.raw, absent.raw);
    // What was said in a browser came by no mail.
    ensure!(chat.ana.get(&place.replace(&format!("/thread/{seq}/"), "/thread/1/")).await?.status == 404);
    // When the bucket's time is over, the conversation still says what was said.
    chat.stack.platform.move_clock(91 * 24 * 3_600_000);
    chat.stack.platform.sweep_expired()?;
    let ana = chat.ana.renewed().await?;
    let gone = ana.get(&place).await?;
    ensure!(gone.status == 404, "{} {}", gone.status, gone.raw);
    let entries = letters::entries(&ana, chat.conversation).await?;
    let Some(Body::Message { text }) =
        entries.into_iter().find(|entry| entry.seq == seq).map(|entry| entry.body)
    else {
        bail!("the message is gone")
    };
    ensure!(text == "In blue, please.", "{text}");
    Ok(())
}
