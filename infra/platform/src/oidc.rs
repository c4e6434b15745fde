//! An OpenID provider for home: discovery, keys, code flow with PKCE, refresh, and for scripts the password grant.

use crate::Shared;
use crate::metrics::now_ms;
use axum::Form;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::EncodePrivateKey;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Seconds that a token is good for.
const TOKEN_LIFE: u64 = 3600;

#[derive(Debug, Clone, Deserialize)]
pub struct User {
    pub email: String,
    pub name: String,
    pub password: String,
}

pub struct Provider {
    issuer: String,
    users: Vec<User>,
    clients: Vec<String>,
    key: EncodingKey,
    jwk: Value,
    grants: Mutex<HashMap<String, Grant>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// A code that was given out, or a refresh token.
#[derive(Debug, Clone)]
struct Grant {
    email: String,
    client: String,
    nonce: Option<String>,
    redirect: Option<String>,
    challenge: Option<String>,
    expires_at: u64,
}

impl Provider {
    pub(crate) fn new(url: &str, users: Vec<User>, clients: Vec<String>) -> Self {
        let secret = p256::SecretKey::random(&mut p256::elliptic_curve::rand_core::OsRng);
        let der = secret.to_pkcs8_der().expect("a fresh key can be written");
        let point = secret.public_key().to_encoded_point(false);
        let coordinate = |bytes: Option<&p256::FieldBytes>| bytes.map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": coordinate(point.x()), "y": coordinate(point.y()), "kid": "local", "use": "sig", "alg": "ES256"});
        Self {
            issuer: format!("{url}/oidc"),
            users,
            clients,
            key: EncodingKey::from_ec_der(der.as_bytes()),
            jwk,
            grants: Mutex::default(),
        }
    }

    fn user(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email.eq_ignore_ascii_case(email.trim()))
    }

    fn keep(&self, grant: Grant) -> String {
        let secret = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
        self.grants.lock().expect("no holder panics").insert(secret.clone(), grant);
        secret
    }

    fn take(&self, secret: &str) -> Option<Grant> {
        let grant = self.grants.lock().expect("no holder panics").remove(secret)?;
        (grant.expires_at > now_ms()).then_some(grant)
    }

    fn tokens(&self, grant: Grant) -> Value {
        let user = self.user(&grant.email).expect("a grant is for a user");
        let now = now_ms() / 1000;
        let sub = hex(&Sha256::digest(user.email.as_bytes())[..16]);
        let mut claims = json!({
            "iss": self.issuer, "aud": grant.client, "sub": sub, "iat": now, "exp": now + TOKEN_LIFE,
            "email": user.email, "email_verified": true, "name": user.name,
        });
        if let Some(nonce) = &grant.nonce {
            claims["nonce"] = json!(nonce);
        }
        let header = Header { kid: Some("local".into()), ..Header::new(Algorithm::ES256) };
        let id_token = jsonwebtoken::encode(&header, &claims, &self.key).expect("claims are JSON");
        let refresh = Grant { challenge: None, redirect: None, expires_at: now_ms() + 30 * 86_400_000, ..grant };
        json!({
            "access_token": id_token, "id_token": id_token, "token_type": "Bearer", "expires_in": TOKEN_LIFE,
            "refresh_token": self.keep(refresh), "scope": "openid email profile",
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refuse(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response()
}

pub(crate) async fn discovery(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let issuer = &shared.oidc.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "refresh_token", "password"],
        "scopes_supported": ["openid", "email", "profile", "offline_access"],
    }))
}

pub(crate) async fn jwks(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({"keys": [shared.oidc.jwk]}))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    client_id: String,
    redirect_uri: String,
    state: String,
    nonce: Option<String>,
    code_challenge: String,
    code_challenge_method: String,
    email: String,
    password: String,
}

impl Asked {
    /// A client that is known, a page of this machine, and PKCE: nothing else gets a code.
    fn fault(&self, shared: &Shared) -> Option<&'static str> {
        let home = ["http://localhost", "http://127.0.0.1"].iter().any(|home| {
            self.redirect_uri.strip_prefix(home).is_some_and(|rest| rest.starts_with(':') || rest.starts_with('/'))
        });
        if !shared.oidc.clients.contains(&self.client_id) {
            Some("unknown client_id")
        } else if !home {
            Some("redirect_uri is not a page of this machine")
        } else if self.code_challenge.is_empty() || self.code_challenge_method != "S256" {
            Some("code_challenge with S256 is needed")
        } else {
            None
        }
    }
}

pub(crate) async fn sign_in_page(State(shared): State<Arc<Shared>>, Query(asked): Query<Asked>) -> Response {
    match asked.fault(&shared) {
        Some(fault) => (StatusCode::BAD_REQUEST, fault).into_response(),
        None => page(&shared, &asked, "").into_response(),
    }
}

pub(crate) async fn sign_in(State(shared): State<Arc<Shared>>, Form(asked): Form<Asked>) -> Response {
    if let Some(fault) = asked.fault(&shared) {
        return (StatusCode::BAD_REQUEST, fault).into_response();
    }
    let known = shared.oidc.user(&asked.email).filter(|user| user.password == asked.password);
    let Some(user) = known else {
        return (StatusCode::UNAUTHORIZED, page(&shared, &asked, "This email and password do not belong together.")).into_response();
    };
    let code = shared.oidc.keep(Grant {
        email: user.email.clone(),
        client: asked.client_id.clone(),
        nonce: asked.nonce.clone(),
        redirect: Some(asked.redirect_uri.clone()),
        challenge: Some(asked.code_challenge.clone()),
        expires_at: now_ms() + 60_000,
    });
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("code", &code).append_pair("state", &asked.state).finish();
    let joint = if asked.redirect_uri.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{}{joint}{query}", asked.redirect_uri)).into_response()
}

fn page(shared: &Shared, asked: &Asked, fault: &str) -> Html<String> {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let hidden: String = [
        ("client_id", asked.client_id.as_str()),
        ("redirect_uri", &asked.redirect_uri),
        ("state", &asked.state),
        ("nonce", asked.nonce.as_deref().unwrap_or_default()),
        ("code_challenge", &asked.code_challenge),
        ("code_challenge_method", &asked.code_challenge_method),
    ]
    .iter()
    .map(|(name, value)| format!("<input type=hidden name={name} value=\"{}\">", escape(value)))
    .collect();
    let people: String = shared
        .oidc
        .users
        .iter()
        .map(|user| format!("<li><button type=submit name=email value=\"{0}\" formnovalidate><b>{1}</b><span>{0}</span></button></li>", escape(&user.email), escape(&user.name)))
        .collect();
    let fault = if fault.is_empty() { String::new() } else { format!("<p class=fault role=alert>{}</p>", escape(fault)) };
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'><title>Sign in</title><style>{STYLE}</style>\
<main><h1>Sign in</h1><p>This machine's own sign-in, for the demo. The password is <code>mostrador</code>.</p>{fault}\
<form method=post>{hidden}<label>Email<input name=email type=email autocomplete=username required value=\"{}\"></label>\
<label>Password<input name=password type=password autocomplete=current-password required></label><button class=primary>Sign in</button></form>\
<form method=post class=people>{hidden}<input type=hidden name=password value=mostrador><h2>Or be one of the demo's people</h2><ul>{people}</ul></form></main></html>",
        escape(&asked.email)
    ))
}

const STYLE: &str = crate::console::STYLE;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TokenRequest {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
    refresh_token: String,
    client_id: String,
    username: String,
    password: String,
}

pub(crate) async fn token(State(shared): State<Arc<Shared>>, Form(request): Form<TokenRequest>) -> Response {
    let provider = &shared.oidc;
    let grant = match request.grant_type.as_str() {
        "authorization_code" => provider.take(&request.code).filter(|grant| {
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(request.code_verifier.as_bytes()));
            grant.client == request.client_id && grant.redirect.as_deref() == Some(&request.redirect_uri) && grant.challenge.as_deref() == Some(&challenge)
        }),
        "refresh_token" => provider.take(&request.refresh_token).filter(|grant| grant.redirect.is_none() && grant.client == request.client_id),
        "password" if provider.clients.contains(&request.client_id) => {
            provider.user(&request.username).filter(|user| user.password == request.password).map(|user| Grant {
                email: user.email.clone(),
                client: request.client_id.clone(),
                nonce: None,
                redirect: None,
                challenge: None,
                expires_at: 0,
            })
        }
        "password" => return refuse("invalid_client"),
        _ => return refuse("unsupported_grant_type"),
    };
    match grant {
        Some(grant) => ([(header::CACHE_CONTROL, "no-store"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(provider.tokens(grant))).into_response(),
        None => refuse("invalid_grant"),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Logout {
    post_logout_redirect_uri: String,
}

pub(crate) async fn logout(State(shared): State<Arc<Shared>>, Query(asked): Query<Logout>) -> Response {
    let home = format!("{}/", shared.url);
    let target = if asked.post_logout_redirect_uri.starts_with(&home) { asked.post_logout_redirect_uri } else { home };
    Redirect::to(&target).into_response()
}
