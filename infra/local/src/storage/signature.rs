//! Links that were signed for somebody else to open (SigV4 in the query). The secret of a key of this platform is the key itself.

use axum::http::{HeaderMap, Method};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A week: AWS signs nothing for longer.
const LONGEST_S: u64 = 604_800;
/// How far the signer's clock may be ahead.
const SKEW_MS: u64 = 900_000;

/// Why a link opens nothing; code and message are S3's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unsigned(pub(super) &'static str, pub(super) String);

/// The access key that signed the request, if the signature holds at that time.
pub(super) fn check(
    method: &Method,
    raw_path: &str,
    query: &str,
    headers: &HeaderMap,
    now_ms: u64,
) -> Result<String, Unsigned> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let field = |name: &str| {
        pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).ok_or_else(|| {
            Unsigned("AuthorizationQueryParametersError", format!("The query string lacks {name}."))
        })
    };
    let (credential, date) = (field("X-Amz-Credential")?, field("X-Amz-Date")?);
    let (key, scope) = credential.split_once('/').unwrap_or((credential, ""));
    let scope_parts: Vec<&str> = scope.split('/').collect();
    let [day, region, service, "aws4_request"] = scope_parts[..] else {
        return Err(Unsigned(
            "AuthorizationQueryParametersError",
            "The X-Amz-Credential is malformed.".into(),
        ));
    };
    let lifetime_s: u64 =
        field("X-Amz-Expires")?.parse().ok().filter(|s| (1..=LONGEST_S).contains(s)).ok_or_else(|| {
            let why = "X-Amz-Expires must be a number of seconds from 1 to 604800.";
            Unsigned("AuthorizationQueryParametersError", why.into())
        })?;
    let signed_ms = moment(date).ok_or_else(|| {
        Unsigned(
            "AuthorizationQueryParametersError",
            "X-Amz-Date must be in the ISO8601 basic format.".into(),
        )
    })?;

    let mut canonical: Vec<String> = pairs
        .iter()
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    canonical.sort_unstable();
    let signed_headers = field("X-Amz-SignedHeaders")?;
    let mut lines = String::new();
    for name in signed_headers.split(';') {
        let values: Vec<&str> =
            headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::trim).collect();
        let _ = writeln!(lines, "{name}:{}", values.join(","));
    }
    let request =
        format!("{method}\n{raw_path}\n{}\n{lines}\n{signed_headers}\nUNSIGNED-PAYLOAD", canonical.join("&"));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(request)));
    let signing_key = [day, region, service, "aws4_request"]
        .iter()
        .fold(format!("AWS4{key}").into_bytes(), |key, part| sign(&key, part.as_bytes()));
    let given = unhex(field("X-Amz-Signature")?);
    let mut mac = mac(&signing_key);
    mac.update(to_sign.as_bytes());
    if mac.verify_slice(&given).is_err() {
        let why = "The request signature we calculated does not match the signature you provided.";
        return Err(Unsigned("SignatureDoesNotMatch", why.into()));
    }
    if now_ms > signed_ms + lifetime_s * 1_000 {
        return Err(Unsigned("AccessDenied", "Request has expired".into()));
    }
    if signed_ms > now_ms + SKEW_MS {
        return Err(Unsigned("AccessDenied", "Request is not valid yet".into()));
    }
    Ok(key.to_owned())
}

/// `20261121T100405Z`, in milliseconds since 1970.
fn moment(text: &str) -> Option<u64> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    u64::try_from(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()).ok()
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key of any length will do")
}

fn sign(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = mac(key);
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// As SigV4 wants it: all but the unreserved, by bytes.
pub(super) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_signers_write_it() {
        assert_eq!(moment("20240229T123456Z"), Some(1_709_210_096_000));
        assert_eq!(moment("2024-02-29"), None);
    }
}
