//! Mails that were mails once: cut, doubled, with bytes turned and pieces of others within.

/// A generator of numbers that a seed replays (splitmix64).
pub struct Chance(pub u64);

/// What parsers trip over.
const PIECES: [&[u8]; 36] = [
    b"\r\n",
    b"\n\n",
    b"\r\n\r\n",
    b"--",
    b"--b\r\n",
    b"\0",
    b"\xff\xfe",
    b"=?utf-8?B?",
    b"?=",
    b"=?",
    b"Content-Type: multipart/mixed; boundary=\"\"\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"=",
    b"=0",
    b"=\r\n",
    b"<blockquote>",
    b"</div>",
    b"<!--",
    b"<a href=\"",
    b"&#x110000;",
    b"&#0;",
    b"&",
    b">",
    b"> ",
    b"On 1 a@b wrote:",
    b"-- \r\n",
    b"\xe2\x80\xae",
    b"From: ",
    b"charset=iso-2022-jp",
    b"charset=utf-16",
    b"format=flowed; delsp=yes",
    b"filename*0*=utf-8''%ff;",
    b"\x1b$B",
    b"\xf0\x9f",
];

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub fn mail(&mut self, sources: &[Vec<u8>]) -> Vec<u8> {
        if self.below(50) == 0 {
            let length = self.below(4_000);
            return (0..length).map(|_| self.next() as u8).collect();
        }
        let mut raw = sources[self.below(sources.len())].clone();
        for _ in 0..=self.below(12) {
            let (from, to) = (self.below(raw.len()), self.below(raw.len()));
            let (from, to) = (from.min(to), from.max(to));
            match self.below(7) {
                0 => raw.truncate(to),
                1 => drop(raw.drain(from..to.min(from + 200))),
                2 => {
                    let piece = raw[from..to.min(from + 400)].to_vec();
                    let at = self.below(raw.len());
                    raw.splice(at..at, piece);
                }
                3 => {
                    if let Some(byte) = raw.get_mut(from) {
                        *byte = self.next() as u8;
                    }
                }
                4 => {
                    let piece = PIECES[self.below(PIECES.len())].repeat(1 + self.below(30));
                    raw.splice(from..from, piece);
                }
                5 => {
                    let other = &sources[self.below(sources.len())];
                    let begin = self.below(other.len());
                    let end = (begin + self.below(2_000)).min(other.len());
                    raw.splice(from..from, other[begin..end].iter().copied());
                }
                _ => {
                    let piece = PIECES[self.below(PIECES.len())];
                    raw.splice(from..to.min(from + piece.len()), piece.iter().copied());
                }
            }
        }
        raw
    }
}

/// What programs write to programs, for the storm to start from beside the mails of people.
pub fn reports() -> Vec<Vec<u8>> {
    let report = |kind: &str, part: &str, fields: &str, original: &str| {
        format!("Return-Path: <>\nFrom: mailer-daemon@mx.example\nTo: x@reply.example\nSubject: Undelivered\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type={kind}; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nSorry.\n--b\nContent-Type: {part}\n\n{fields}\n--b\nContent-Type: {original}\n\nFrom: shop@example.org\nMessage-ID: <0102@eu-west-1.amazonses.com>\n\nHola\n--b--\n")
            .replace('\n', "\r\n")
            .into_bytes()
    };
    let failed = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; zoe@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no\n such user\n";
    let abuse = "Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <zoe@example.com>\n";
    let vacation = b"From: a@b.example\r\nAuto-Submitted: auto-replied\r\nPrecedence: bulk\r\nX-Mostrador-Loop: demo\r\n\r\nAway.\r\n";
    vec![
        report("delivery-status", "message/delivery-status", failed, "message/rfc822"),
        report("feedback-report", "message/feedback-report", abuse, "text/rfc822-headers"),
        vacation.to_vec(),
    ]
}
