//! Who wrote it, what came with it, and what bad input gets.

use mostrador_mail::{
    AttachmentKind, Evidence, Flag, Inbound, Kind, Limits, Verdict, Verdicts, attachment_bytes, read,
    read_within,
};

fn of(headers: &str, body: &str) -> Inbound {
    let raw = format!("From: Ana <ana@example.com>\nTo: x@reply.example\n{headers}\n\n{body}")
        .replace('\n', "\r\n");
    read(raw.as_bytes(), Verdicts::default())
}

#[test]
fn f17_a_program_is_told_from_a_person() {
    let auto = Kind::AutoResponder;
    let table = [
        ("Subject: hola", Kind::Person, &[][..]),
        ("Auto-Submitted: no", Kind::Person, &[]),
        ("Auto-Submitted: auto-replied", auto.clone(), &[Evidence::AutoSubmitted]),
        ("Auto-Submitted: auto-generated; owner-email=x", auto.clone(), &[Evidence::AutoSubmitted]),
        ("auto-submitted: (vacation) auto-replied", auto.clone(), &[Evidence::AutoSubmitted]),
        ("Precedence: bulk", auto.clone(), &[Evidence::Precedence]),
        ("Precedence: AUTO_REPLY", auto.clone(), &[Evidence::Precedence]),
        ("Precedence: first-class", Kind::Person, &[]),
        ("X-Auto-Response-Suppress: All", auto.clone(), &[Evidence::ResponseSuppressed]),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", auto.clone(), &[Evidence::ResponseSuppressed]),
        ("X-Auto-Response-Suppress: DR, RN, NRN", Kind::Person, &[]),
        ("X-Autoreply: yes", auto.clone(), &[Evidence::AutoResponseHeader]),
        ("X-Autorespond: Away", auto.clone(), &[Evidence::AutoResponseHeader]),
        ("List-Id: News <news.example.com>", auto.clone(), &[Evidence::MailingList]),
        ("List-Unsubscribe: <https://x.example>", auto.clone(), &[Evidence::MailingList]),
        ("Return-Path: <>", auto.clone(), &[Evidence::EmptyReturnPath]),
        ("Return-Path: <ana@example.com>", Kind::Person, &[]),
        ("X-Mostrador-Loop: demo", Kind::Loop, &[Evidence::LoopMark]),
        ("Subject: Automatic reply: K7Q2", Kind::Person, &[Evidence::AbsenceSubject]),
        ("Subject: Respuesta =?utf-8?q?autom=C3=A1tica:?= x", Kind::Person, &[Evidence::AbsenceSubject]),
        ("Subject: Abwesenheitsnotiz", Kind::Person, &[Evidence::AbsenceSubject]),
        ("Subject: mi ausencia", Kind::Person, &[]),
        (
            "Subject: Fuera de la oficina\nAuto-Submitted: auto-replied\nPrecedence: junk",
            auto,
            &[Evidence::AutoSubmitted, Evidence::Precedence, Evidence::AbsenceSubject],
        ),
    ];
    for (headers, kind, evidence) in table {
        let mail = of(headers, "Hola");
        assert_eq!(mail.kind, kind, "{headers}");
        assert_eq!(mail.evidence, evidence, "{headers}");
        assert_eq!(mail.new_text, "Hola", "{headers}");
    }
    assert_eq!(of("X-Mostrador-Loop: demo", "").loop_mark.unwrap().as_str(), "demo");
    let hops = "Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000\n".repeat(31);
    assert_eq!(of(hops.trim_end(), "x").kind, Kind::Loop);
    let hops = "Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000\n".repeat(12);
    assert_eq!(of(hops.trim_end(), "x").kind, Kind::Person);
}

fn dsn(status: &str, action: &str) -> Inbound {
    let raw = format!(
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nTo: x@reply.example\nSubject: Delivery Status Notification (Failure)\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=\"delivery-status\"; boundary=\"b\"\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nAddress not found\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; googlemail.com\nArrival-Date: Fri, 20 Nov 2026 02:00:00 -0800\n\nFinal-Recipient: rfc822; zoe@example.com\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550-5.1.1 The email account\n  does not exist\n\n--b\nContent-Type: message/rfc822\n\nFrom: shop@example.org\nMessage-ID: <0102@eu-west-1.amazonses.com>\nX-Mostrador-Loop: demo\nSubject: Hola\n\nTexto\n--b--\n"
    );
    read(raw.replace('\n', "\r\n").as_bytes(), Verdicts::default())
}

#[test]
fn f17_a_bounce_says_whom_it_is_about_and_whether_for_good() {
    let Kind::Bounce(bounce) = dsn("5.1.1", "failed").kind else { panic!("no bounce") };
    assert_eq!(bounce.original_message_id.as_deref(), Some("0102@eu-west-1.amazonses.com"));
    let [recipient] = &bounce.recipients[..] else { panic!("{:?}", bounce.recipients) };
    assert_eq!(recipient.address.as_ref().unwrap().as_str(), "zoe@example.com");
    assert!(recipient.permanent);
    assert_eq!(recipient.status, "5.1.1");
    assert_eq!(recipient.diagnostic, "smtp; 550-5.1.1 The email account does not exist");
    let later = dsn("4.2.2", "delayed");
    assert!(later.attachments.is_empty(), "a report is no attachment");
    let Kind::Bounce(bounce) = later.kind else { panic!("no bounce") };
    assert!(!bounce.recipients[0].permanent);
    assert_eq!(dsn("2.0.0", "delivered").kind, Kind::AutoResponder, "a receipt");
    // Without a report: qmail, and whoever writes his own.
    let raw = b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: x@reply.example\r\nSubject: failure notice\r\n\r\nSorry, no mailbox here by that name.\r\n";
    assert_eq!(read(raw, Verdicts::default()).kind, Kind::Bounce(mostrador_mail::Bounce::default()));
}

#[test]
fn f17_a_complaint_is_read_and_a_read_receipt_is_none() {
    let raw = "From: <staff@hotmail.example>\nTo: fbl@reply.example\nSubject: complaint about message\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Some/1.0\nVersion: 1\nOriginal-Rcpt-To: <zoe@example.com>\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <0102@eu-west-1.amazonses.com>\nFrom: shop@example.org\n--b--\n";
    let Kind::Complaint(complaint) = read(raw.as_bytes(), Verdicts::default()).kind else {
        panic!("no complaint")
    };
    assert_eq!(complaint.feedback_type, "abuse");
    assert_eq!(complaint.recipient.unwrap().as_str(), "zoe@example.com");
    assert_eq!(complaint.original_message_id.as_deref(), Some("0102@eu-west-1.amazonses.com"));
    let receipt = "From: a@b.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nRead.\n--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n";
    assert_eq!(read(receipt.as_bytes(), Verdicts::default()).kind, Kind::AutoResponder);
}

/// What a mail claims of who wrote it is a claim; two claims are none.
#[test]
fn a_29_several_authors_are_no_author() {
    let author = |headers: &str| {
        let mail = read(format!("{headers}\r\n\r\nhola").as_bytes(), Verdicts::default());
        (mail.author().map(|a| a.as_str().to_owned()), mail.flags)
    };
    assert_eq!(author("From: Zoe <zoe@example.com>"), (Some("zoe@example.com".into()), vec![]));
    assert_eq!(author("From: a@b.example, c@d.example"), (None, vec![Flag::SeveralFrom]));
    assert_eq!(author("From: a@b.example\r\nFrom: c@d.example"), (None, vec![Flag::SeveralFrom]));
    assert_eq!(author("From: undisclosed"), (None, vec![]));
    assert_eq!(author("Subject: x"), (None, vec![Flag::NoFrom]));
    assert_eq!(
        author("From: \"agent@shop.example\" <evil@bad.example>").0.as_deref(),
        Some("evil@bad.example")
    );
    assert_eq!(
        author("From: \u{202e}moc.pohs@tnega\u{202c} <evil@bad.example>").1,
        vec![Flag::DirectionOverride]
    );
    let claims = "Authentication-Results: x; dmarc=pass\r\nX-SES-Spam-Verdict: PASS\r\nFrom: a@b.example";
    let mail = read(
        format!("{claims}\r\n\r\nx").as_bytes(),
        Verdicts { dmarc: Verdict::Fail, ..Verdicts::default() },
    );
    assert_eq!(
        (mail.verdicts.dmarc, mail.verdicts.spam),
        (Verdict::Fail, Verdict::Unknown),
        "never from the mail"
    );
}

#[test]
fn verdicts_are_named_as_ses_names_them() {
    let names = ["PASS", "FAIL", "GRAY", "PROCESSING_FAILED", "pass", ""];
    let found = names.map(Verdict::named);
    let expect = [
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Gray,
        Verdict::ProcessingFailed,
        Verdict::Unknown,
        Verdict::Unknown,
    ];
    assert_eq!(found, expect);
}

fn with_file(kind: &str, name: &str, bytes: &[u8]) -> (Vec<u8>, Inbound) {
    let encoded = data_encoding::BASE64.encode(bytes);
    let raw = format!("From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhola\r\n--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--b--\r\n").into_bytes();
    let mail = read(&raw, Verdicts::default());
    (raw, mail)
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

#[test]
fn a_4_files_are_judged_by_their_bytes() {
    use AttachmentKind as K;
    let svg =
        b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let gif_page = b"GIF89a/*<script>alert(1)</script>*/=1;";
    let table: &[(&str, &str, &[u8], K, bool)] = &[
        ("image/png", "a.png", PNG, K::Image, false),
        ("application/octet-stream", "a.bin", PNG, K::Image, false),
        ("image/png", "a.png", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", K::Other, true),
        ("image/svg+xml", "a.svg", svg, K::Other, true),
        ("image/png", "a.png", svg, K::Other, true),
        ("image/gif", "a.gif", gif_page, K::Other, true),
        ("text/plain", "a.txt", b"<html><body>x", K::Other, true),
        ("text/html", "a.htm", b"hola", K::Text, true),
        ("application/x-msdownload", "a.exe", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", K::Other, true),
        ("application/pdf", "invoice.pdf.js", b"alert(1)", K::Text, true),
        ("application/pdf", "a.pdf", b"%PDF-1.7\n%", K::Pdf, false),
        ("application/pdf", "a.pdf", b"hola", K::Text, true),
        ("application/zip", "a.zip", b"PK\x03\x04\x14\0\0\0\x08\0", K::Archive, false),
        ("text/plain", "nota.txt", "añadido".as_bytes(), K::Text, false),
        ("text/calendar", "i.ics", b"BEGIN:VCALENDAR\r\n", K::Calendar, false),
        ("text/vcard", "z.vcf", b"BEGIN:VCARD\r\n", K::Contact, false),
        ("video/mp4", "v.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0", K::Video, false),
        ("application/octet-stream", "x", b"\0\x01\x02", K::Other, false),
    ];
    for (declared, name, bytes, kind, dangerous) in table {
        let (raw, mail) = with_file(declared, name, bytes);
        let [file] = &mail.attachments[..] else { panic!("{name}: {:?}", mail.attachments) };
        assert_eq!((file.kind, file.dangerous), (*kind, *dangerous), "{declared} {name}: {}", file.sniffed);
        assert_eq!(file.name.as_str(), *name);
        assert_eq!(file.bytes, bytes.len() as u64);
        assert_eq!(attachment_bytes(&raw, file), *bytes);
        assert_eq!(mail.has(Flag::DangerousAttachment), *dangerous, "{name}");
        assert_eq!(mail.new_text, "hola");
    }
}

#[test]
fn a_4_a_name_is_a_name_and_no_path() {
    let name =
        |given: &str| with_file("image/png", given, PNG).1.attachments.remove(0).name.as_str().to_owned();
    assert_eq!(name("../../etc/passwd"), "passwd");
    assert_eq!(name("C:/dir/foto.png"), "foto.png");
    assert_eq!(name("...png"), "png");
    assert_eq!(name(""), "file.png");
    let (_, mail) = with_file("image/png", "foto\u{202e}gnp.exe", PNG);
    assert_eq!(mail.attachments[0].name.as_str(), "fotognp.exe");
    assert!(mail.has(Flag::DirectionOverride) && mail.attachments[0].dangerous);
}

#[test]
fn odd_mails_are_flagged() {
    let flags = |raw: &str| read(raw.replace('\n', "\r\n").as_bytes(), Verdicts::default()).flags;
    assert_eq!(flags("From: a@b.example\n\n"), [Flag::Empty]);
    assert_eq!(flags(""), [Flag::Empty, Flag::NoFrom]);
    assert_eq!(flags("From: a@b.example\nContent-Type: text/html\n\n<p>x"), [Flag::OnlyHtml]);
    assert_eq!(flags("From: a@b.example\n\n> hola\n"), [Flag::OnlyQuotes]);
    assert_eq!(flags("From: a@b.example\n\n> a?\nsí\n> b?\nno\n"), [Flag::Interleaved]);
    assert_eq!(
        flags("From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\nhola"),
        [Flag::BrokenMime]
    );
    assert_eq!(flags("From: a@b.example\nContent-Type: multipart/mixed\n\nhola"), [Flag::BrokenMime]);
    assert_eq!(
        flags("From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhola"),
        [Flag::BrokenMime]
    );
    assert_eq!(flags("From: a@b.example\nContent-Type: text/plain; charset=nope\n\nñ"), []);
    assert_eq!(
        flags("From: a@b.example\nContent-Type: text/plain; charset=iso-8859-1\n\nñ"),
        [Flag::WrongCharset]
    );
    let encrypted = "From: a@b.example\nContent-Type: multipart/encrypted; boundary=x; protocol=\"application/pgp-encrypted\"\n\n--x\nContent-Type: application/octet-stream; name=e.asc\n\n-----BEGIN PGP MESSAGE-----\n--x--\n";
    assert!(flags(encrypted).contains(&Flag::Encrypted));
}

#[test]
fn what_can_be_read_of_a_broken_mail_is_read() {
    let text = |raw: &str| read(raw.replace('\n', "\r\n").as_bytes(), Verdicts::default()).new_text;
    let head = "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n";
    assert_eq!(text(&format!("{head}hola")), "hola");
    assert_eq!(text(&format!("{head}--x\n\nhola")), "hola");
    assert_eq!(text(&format!("{head}preamble\n--x\n\nhola\n--x--\nepilogue")), "hola");
    assert_eq!(
        text("From: a@b.example\nContent-Transfer-Encoding: base64\n\naG9sYQ==\n-- list footer"),
        "hola"
    );
    assert_eq!(
        text("From: a@b.example\nContent-Transfer-Encoding: base64\n\nno base64, at all, as anybody can see"),
        "no base64, at all, as anybody can see"
    );
    assert_eq!(
        text("From: a@b.example\nContent-Transfer-Encoding: quoted-printable\n\n=C3=B1 =ZZ ="),
        "ñ =ZZ ="
    );
    assert_eq!(text("no headers at all"), "");
}

fn nested(depth: usize) -> Vec<u8> {
    let mut raw = b"From: a@b.example\r\n".to_vec();
    for n in 0..depth {
        raw.extend(format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n").into_bytes());
    }
    raw.extend_from_slice(b"\r\nhola\r\n");
    for n in (0..depth).rev() {
        raw.extend(format!("--b{n}--\r\n").into_bytes());
    }
    raw
}

fn many(parts: usize) -> Vec<u8> {
    let mut raw = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
    raw.extend(b"--b\r\n\r\nhola\r\n".repeat(parts));
    raw.extend_from_slice(b"--b--\r\n");
    raw
}

#[test]
fn a_33_the_limits_are_where_they_are_said_to_be() {
    let check = |raw: &[u8], flag: Option<Flag>| {
        let mail = read(raw, Verdicts::default());
        assert_eq!(
            mail.flags.first().copied(),
            flag.or(mail.flags.first().copied().filter(|f| *f == Flag::TextCut))
        );
        assert_eq!(
            mail.author().map(|a| a.as_str()),
            Some("a@b.example"),
            "the headers are read in any case"
        );
        assert_eq!(mail.new_text.is_empty(), flag.is_some());
    };
    check(&nested(10), None);
    check(&nested(11), Some(Flag::TooDeep));
    check(&many(100), None);
    check(&many(101), Some(Flag::TooManyParts));
    let sized = |bytes: usize| {
        let mut raw = b"From: a@b.example\r\n\r\nhola ".to_vec();
        raw.resize(bytes, b'x');
        raw
    };
    check(&sized(10 << 20), None);
    check(&sized((10 << 20) + 1), Some(Flag::TooLarge));
    let small = Limits { bytes: 30, parts: 1, depth: 1, header_bytes: 20, text_bytes: 10 };
    assert!(read_within(&sized(40), Verdicts::default(), &small).has(Flag::TooLarge));
    assert!(read_within(&many(1), Verdicts::default(), &small).has(Flag::HeadersCut));
}
