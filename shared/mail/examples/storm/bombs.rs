//! Mails that want to cost more than they weigh: each is as large as a mail may be.

const SIZE: usize = (10 << 20) - 4096;

fn body(headers: &str, unit: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(SIZE + 4096);
    raw.extend_from_slice(
        format!(
            "From: a@b.example
{headers}

"
        )
        .as_bytes(),
    );
    let count = (SIZE - raw.len()) / unit.len();
    (0..count).for_each(|_| raw.extend_from_slice(unit));
    raw
}

fn headers(unit: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(SIZE + 4096);
    raw.extend_from_slice(
        b"From: a@b.example
",
    );
    let count = (SIZE - raw.len()) / unit.len();
    (0..count).for_each(|_| raw.extend_from_slice(unit));
    raw.extend_from_slice(
        b"

hola",
    );
    raw
}

fn headers_of_parts() -> Vec<u8> {
    let mut raw = Vec::with_capacity(SIZE + 4096);
    raw.extend_from_slice(b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n");
    for _ in 0..100 {
        raw.extend_from_slice(b"--b\r\n");
        raw.extend(b"a:\n".repeat(SIZE / 100 / 3 - 10));
        raw.extend_from_slice(b"\r\nhola\r\n");
    }
    raw
}

pub type Bomb = Box<dyn Fn() -> Vec<u8>>;

/// Each by its name; made when it is asked for, one at a time.
pub fn all() -> Vec<(&'static str, Bomb)> {
    let html = "Content-Type: text/html; charset=utf-8";
    let mixed = "Content-Type: multipart/mixed; boundary=b";
    vec![
        ("forwarded within forwarded", Box::new(move || body("", b"Content-Type: message/rfc822\n\n"))),
        ("forwarded from the start", Box::new(move || headers(b"Content-Type: message/rfc822\r\n\r\n"))),
        ("a digest", Box::new(move || body("Content-Type: multipart/digest; boundary=b", b"--b\n\n"))),
        ("boundaries", Box::new(move || body(mixed, b"--b\n"))),
        ("parts", Box::new(move || body(mixed, b"--b\r\n\r\nx\r\n"))),
        (
            "multiparts",
            Box::new(move || body(mixed, b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n")),
        ),
        ("headers", Box::new(move || headers(b"a:\n"))),
        ("addresses", Box::new(move || headers(b"To: a,\n"))),
        ("one long header", Box::new(move || headers(b"x"))),
        ("one folded header", Box::new(move || headers(b"\r\n x"))),
        ("comments", Box::new(move || headers(b"To: ((((((((((((((((\r\n"))),
        ("encoded words", Box::new(move || headers(b"Subject: =?utf-8?B?w7E=?= =?utf-8?Q?=C3=B1?=\r\n"))),
        ("a list of ids", Box::new(move || headers(b"References: <a@b> <c@d>\r\n <e@f>\r\n"))),
        ("headers of parts", Box::new(headers_of_parts)),
        ("line breaks", Box::new(move || body("", b"\n"))),
        ("line breaks in HTML", Box::new(move || body(html, b"<br>"))),
        ("quotes", Box::new(move || body("", b"> "))),
        ("quotes in lines", Box::new(move || body("", b">\n"))),
        ("attributions", Box::new(move || body("", b"On 1 a@b wrote:\n"))),
        ("beginnings of attributions", Box::new(move || body("", b"On 1 a@b wrote\n"))),
        ("header blocks", Box::new(move || body("", b"From: a@b\nTo: c\n"))),
        ("marks of HTML", Box::new(move || body(html, b"<div id=divRplyFwdMsg>"))),
        ("signatures", Box::new(move || body(html, b"<div class=gmail_signature>"))),
        ("blockquotes", Box::new(move || body(html, b"<blockquote>"))),
        ("blockquotes with words", Box::new(move || body(html, b"<blockquote>a<br>"))),
        ("attributes", Box::new(move || body(html, b"<a "))),
        ("names of attributes", Box::new(move || body(&format!("{html}\r\n\r\n<a"), b" x1"))),
        ("tags that never end", Box::new(move || body(html, b"<a b=\""))),
        ("comments in HTML", Box::new(move || body(html, b"<!--"))),
        ("scripts", Box::new(move || body(html, b"<script>"))),
        ("entities", Box::new(move || body(html, b"&amp"))),
        ("links", Box::new(move || body(html, b"<a href=https://a.example>b"))),
        ("base64", Box::new(move || body("Content-Transfer-Encoding: base64", b"aG9sYQ0K"))),
        ("broken base64", Box::new(move || body("Content-Transfer-Encoding: base64", b"aG9s!"))),
        (
            "quoted-printable",
            Box::new(move || body("Content-Transfer-Encoding: quoted-printable", b"=C3=B1")),
        ),
        ("soft line breaks", Box::new(move || body("Content-Transfer-Encoding: quoted-printable", b"=\r\n"))),
        ("flowed", Box::new(move || body("Content-Type: text/plain; format=flowed", b"a \n"))),
        (
            "iso-2022-jp",
            Box::new(move || body("Content-Type: text/plain; charset=iso-2022-jp", b"\x1b$B$O\x1b(B")),
        ),
        ("utf-7", Box::new(move || body("Content-Type: text/plain; charset=utf-7", b"+AOk-"))),
        ("utf-16", Box::new(move || body("Content-Type: text/plain; charset=utf-16", b"a"))),
        ("NULs", Box::new(move || body("", b"\0"))),
        (
            "an attachment",
            Box::new(move || {
                body(
                    "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64",
                    b"UEsDBBQA",
                )
            }),
        ),
        (
            "a report",
            Box::new(move || {
                body(
                    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status",
                    b"Final-Recipient: rfc822; a@b.example\n\n",
                )
            }),
        ),
        ("a calendar", Box::new(move || body("Content-Type: text/calendar", b"BEGIN:VCALENDAR\r\n"))),
    ]
}
