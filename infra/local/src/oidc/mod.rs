//! An OpenID provider with a few people in it: code flow with PKCE, refresh tokens, and for scripts the password grant.
//! It stands in for the user pool of the template and serves whoever is named in the configuration.

use crate::{World, clock};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::EncodePrivateKey;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

/// Somebody who may sign in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    pub email: String,
    pub name: String,
    pub password: String,
}

const TOKEN_SECONDS: u64 = 3_600;
const CODE_SECONDS: u64 = 60;
/// A refresh token that was used is replaced, and good for so much longer: two tabs may use it at once. Cognito allows it, too.
const GRACE_SECONDS: u64 = 60;

struct Grant {
    client: String,
    email: String,
    nonce: Option<String>,
    challenge: String,
    redirect: String,
    until_ms: u64,
}

struct Refresh {
    email: String,
    client: String,
    /// Once it has been used.
    until_ms: Option<u64>,
    /// The code that it goes back to: who brings that code a second time ends what came of the first.
    code: Option<String>,
}

#[derive(Default)]
pub(crate) struct Oidc {
    codes: Mutex<HashMap<String, Grant>>,
    refreshes: Mutex<HashMap<String, Refresh>>,
}

struct Key {
    signing: EncodingKey,
    public: Value,
}

/// One key for the life of the process: a platform that is started again still honours the tokens that it gave.
fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| {
        let secret = loop {
            let bytes: [u8; 32] = rand::random();
            // All but some 2^-32 of all numbers are keys.
            if let Ok(secret) = p256::SecretKey::from_slice(&bytes) {
                break secret;
            }
        };
        let point = secret.public_key().to_encoded_point(false);
        let part = |part: Option<&p256::FieldBytes>| part.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default();
        let der = secret.to_pkcs8_der().expect("a key that was just made can be written");
        Key {
            signing: EncodingKey::from_ec_der(der.as_bytes()),
            public: json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "local-1", "x": part(point.x()), "y": part(point.y()) }),
        }
    })
}

pub(crate) async fn handle(
    world: &World,
    method: &Method,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let issuer = format!("{}/oidc", world.place.origin);
    let mut response = match (method.as_str(), path.trim_start_matches("/oidc")) {
        ("OPTIONS", _) => StatusCode::NO_CONTENT.into_response(),
        ("GET", "/.well-known/openid-configuration") => reply(StatusCode::OK, &discovery(&issuer)),
        ("GET", "/jwks.json") => reply(StatusCode::OK, &json!({ "keys": [key().public] })),
        ("GET", "/authorize") => authorize(world, &fields(query.as_bytes()), None),
        ("POST", "/authorize") => authorize(world, &fields(query.as_bytes()), Some(&fields(&body))),
        ("POST", "/token") => token(world, &issuer, &fields(&body)),
        ("GET" | "POST", "/userinfo") => userinfo(world, headers),
        ("GET", "/logout") => logout(&fields(query.as_bytes())),
        _ => reply(StatusCode::NOT_FOUND, &json!({ "error": "not_found" })),
    };
    if !path.ends_with("/authorize") {
        let headers = response.headers_mut();
        headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
        headers
            .insert("access-control-allow-headers", HeaderValue::from_static("authorization, content-type"));
        headers.insert("cache-control", HeaderValue::from_static("no-store"));
    }
    response
}

fn discovery(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "jwks_uri": format!("{issuer}/jwks.json"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "password"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid", "email", "profile", "offline_access"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["sub", "email", "email_verified", "name"],
    })
}

type Fields = HashMap<String, String>;

fn fields(encoded: &[u8]) -> Fields {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

/// The sign-in page, or its answer when the form comes back.
fn authorize(world: &World, request: &Fields, form: Option<&Fields>) -> Response {
    let options = &world.options;
    let (client, redirect) = (field(request, "client_id"), field(request, "redirect_uri"));
    // Without these two there is nobody to send an error to: it is shown to the person.
    let problem = if !options.oidc_clients.iter().any(|known| known == client) {
        Some(format!("client_id must be one of: {}", options.oidc_clients.join(", ")))
    } else if !is_local(redirect) {
        Some("redirect_uri must be on localhost".to_owned())
    } else {
        None
    };
    if let Some(problem) = problem {
        return (StatusCode::BAD_REQUEST, format!("This sign-in request cannot be answered: {problem}.\n"))
            .into_response();
    }
    let state = field(request, "state");
    let back = |error: &str, why: &str| {
        go(redirect, &[("error", error), ("error_description", why), ("state", state)])
    };
    if field(request, "response_type") != "code" {
        return back("unsupported_response_type", "response_type must be code");
    }
    if field(request, "code_challenge_method") != "S256" || field(request, "code_challenge").is_empty() {
        return back("invalid_request", "PKCE is required: code_challenge with code_challenge_method S256");
    }
    if !field(request, "scope").split(' ').any(|scope| scope == "openid") {
        return back("invalid_scope", "scope must hold openid");
    }
    if field(request, "prompt") == "none" {
        return back("login_required", "nobody stays signed in at this provider");
    }
    let Some(form) = form else {
        return sign_in_page(world, field(request, "login_hint"), "");
    };
    let email = field(form, "email").trim().to_lowercase();
    let Some(person) = options
        .users
        .iter()
        .find(|person| person.email == email && person.password == field(form, "password"))
    else {
        return sign_in_page(
            world,
            &email,
            "That address and password do not belong together. The demo's people are listed below.",
        );
    };
    let code = secret();
    world.oidc.codes.lock().expect("no holder panics").insert(
        code.clone(),
        Grant {
            client: client.to_owned(),
            email: person.email.clone(),
            nonce: request.get("nonce").cloned(),
            challenge: field(request, "code_challenge").to_owned(),
            redirect: redirect.to_owned(),
            until_ms: clock::now_ms() + CODE_SECONDS * 1_000,
        },
    );
    go(redirect, &[("code", &code), ("state", state)])
}

fn go(to: &str, parameters: &[(&str, &str)]) -> Response {
    let Ok(mut to) = url::Url::parse(to) else {
        return (StatusCode::BAD_REQUEST, "That is not an address to go back to.\n").into_response();
    };
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        to.query_pairs_mut().append_pair(name, value);
    }
    (StatusCode::SEE_OTHER, [("location", to.to_string())]).into_response()
}

fn token(world: &World, issuer: &str, form: &Fields) -> Response {
    let wrong = |code: &str, why: &str| {
        reply(StatusCode::BAD_REQUEST, &json!({ "error": code, "error_description": why }))
    };
    let client = field(form, "client_id");
    if !world.options.oidc_clients.iter().any(|known| known == client) {
        return wrong("invalid_client", "unknown client_id");
    }
    let mut code = None;
    let (email, nonce) = match field(form, "grant_type") {
        "authorization_code" => {
            let brought = field(form, "code");
            let grant = world.oidc.codes.lock().expect("no holder panics").remove(brought);
            let Some(grant) =
                grant.filter(|grant| grant.until_ms > clock::now_ms() && grant.client == client)
            else {
                world
                    .oidc
                    .refreshes
                    .lock()
                    .expect("no holder panics")
                    .retain(|_, refresh| brought.is_empty() || refresh.code.as_deref() != Some(brought));
                return wrong("invalid_grant", "the code is unknown, used or too old");
            };
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(field(form, "code_verifier").as_bytes()));
            if challenge != grant.challenge || field(form, "redirect_uri") != grant.redirect {
                return wrong(
                    "invalid_grant",
                    "the code verifier or the redirect_uri is not the one that the code was asked with",
                );
            }
            code = Some(brought.to_owned());
            (grant.email, grant.nonce)
        }
        "refresh_token" => {
            let now = clock::now_ms();
            let mut refreshes = world.oidc.refreshes.lock().expect("no holder panics");
            match refreshes.get_mut(field(form, "refresh_token")).filter(|refresh| {
                refresh.client == client && refresh.until_ms.is_none_or(|until| until > now)
            }) {
                Some(refresh) => {
                    refresh.until_ms.get_or_insert(now + GRACE_SECONDS * 1_000);
                    code.clone_from(&refresh.code);
                    (refresh.email.clone(), None)
                }
                None => return wrong("invalid_grant", "the refresh token is unknown, or was used"),
            }
        }
        "password" => {
            let email = field(form, "username").trim().to_lowercase();
            if !world
                .options
                .users
                .iter()
                .any(|person| person.email == email && person.password == field(form, "password"))
            {
                return wrong("invalid_grant", "that address and password do not belong together");
            }
            (email, None)
        }
        "" => return wrong("invalid_request", "grant_type is missing"),
        other => return wrong("unsupported_grant_type", other),
    };
    let Some(person) = world.options.users.iter().find(|person| person.email == email) else {
        return wrong("invalid_grant", "that person is gone");
    };
    let now = clock::now_ms() / 1_000;
    let mut claims = json!({
        "iss": issuer, "sub": subject(&person.email), "aud": client, "iat": now, "auth_time": now, "exp": now + TOKEN_SECONDS,
        "email": person.email, "email_verified": true, "name": person.name, "token_use": "id",
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    let access = json!({
        "iss": issuer, "sub": subject(&person.email), "client_id": client, "iat": now, "exp": now + TOKEN_SECONDS,
        "token_use": "access", "scope": "openid email profile",
    });
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("local-1".to_owned());
    let (Ok(id_token), Ok(access_token)) =
        (encode(&header, &claims, &key().signing), encode(&header, &access, &key().signing))
    else {
        return reply(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "server_error" }));
    };
    let refresh = secret();
    let remembered = Refresh { email, client: client.to_owned(), until_ms: None, code };
    world.oidc.refreshes.lock().expect("no holder panics").insert(refresh.clone(), remembered);
    reply(
        StatusCode::OK,
        &json!({
            "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": "openid email profile",
            "id_token": id_token, "access_token": access_token, "refresh_token": refresh,
        }),
    )
}

/// Codes go to pages of this machine only, whichever port a development server chose.
fn is_local(address: &str) -> bool {
    url::Url::parse(address)
        .is_ok_and(|url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")))
}

/// A stable subject, as opaque as other providers': from the address, which here never changes.
fn subject(email: &str) -> String {
    let hash = Sha256::digest(email.as_bytes());
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn userinfo(world: &World, headers: &HeaderMap) -> Response {
    let claims = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .and_then(verified);
    let person = claims.and_then(|claims| {
        world.options.users.iter().find(|person| claims["sub"] == subject(&person.email).as_str())
    });
    match person {
        Some(person) => reply(
            StatusCode::OK,
            &json!({ "sub": subject(&person.email), "email": person.email, "email_verified": true, "name": person.name }),
        ),
        None => {
            let mut response = reply(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_token" }));
            let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            response.headers_mut().insert("www-authenticate", challenge);
            response
        }
    }
}

fn verified(token: &str) -> Option<Value> {
    let jwk = serde_json::from_value(key().public.clone()).ok()?;
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).ok()?;
    let mut validation = jsonwebtoken::Validation::new(Algorithm::ES256);
    validation.validate_aud = false;
    Some(jsonwebtoken::decode::<Value>(token, &key, &validation).ok()?.claims)
}

fn logout(request: &Fields) -> Response {
    let back = field(request, "post_logout_redirect_uri");
    if is_local(back) {
        return go(back, &[("state", field(request, "state"))]);
    }
    "You are signed out.\n".into_response()
}

fn secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

fn reply(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

fn sign_in_page(world: &World, email: &str, problem: &str) -> Response {
    let person = |person: &User| {
        format!(
            "<li><button type=\"button\" data-email=\"{0}\" data-password=\"{1}\"><b>{2}</b><span>{0}</span></button></li>",
            crate::console::escape(&person.email),
            crate::console::escape(&person.password),
            crate::console::escape(&person.name)
        )
    };
    let problem = if problem.is_empty() {
        String::new()
    } else {
        format!("<p class=\"problem\" role=\"alert\">{}</p>", crate::console::escape(problem))
    };
    let page = include_str!("sign_in.html")
        .replace("{{style}}", crate::console::STYLE)
        .replace("{{email}}", &crate::console::escape(email))
        .replace("{{problem}}", &problem)
        .replace("{{people}}", &world.options.users.iter().map(person).collect::<String>());
    crate::console::page(page)
}
