//! Access tokens: short-lived JWTs. All nodes sign with the same key, which is
//! generated at the first start and stored in the database.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ringback_domain::{HoldToken, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::Error;
use crate::store::sessions::ServerKey;

/// Lifetime of an access token.
pub const ACCESS_SECONDS: u32 = 600;

const ISSUER: &str = "ringback";
const TYPE: &str = "at+jwt";

/// Makes an Ed25519 seed a PKCS #8 key, which the JWT library expects (RFC 8410).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The claims of an access token.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The person.
    pub sub: UserId,
    /// The log-in session.
    pub sid: SessionId,
    iss: String,
    aud: String,
    iat: i64,
    /// Expiry in seconds since the Unix epoch.
    pub exp: i64,
}

/// The purpose of the keys that sign access tokens.
pub const PURPOSE: &str = "access_token";

/// How long a key is accepted after its successor was made: until other nodes know
/// of the new one, and what was signed by then has expired.
pub const OLD_KEY_SECONDS: i64 = ACCESS_SECONDS as i64 + 60;

/// Signs and checks access tokens.
pub struct Tokens {
    kid: String,
    signing_key: EncodingKey,
    /// The key that signs, and those before it, by their ids.
    verifying_keys: Vec<(String, DecodingKey)>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Uses the signing keys from the database, the newest first.
    ///
    /// # Errors
    /// [`Error::Internal`] if there is none, or one is not an Ed25519 seed.
    pub fn new(keys: Vec<ServerKey>, now: Timestamp) -> Result<Self, Error> {
        let wrong = |what: &str| Error::Internal(anyhow::anyhow!("the signing key in the database {what}"));
        let mut verifying_keys = Vec::new();
        let mut signing = None;
        let mut successor: Option<Timestamp> = None;
        for key in keys {
            // Whoever removes old keys may be late.
            if successor.is_some_and(|made| made.plus_seconds(OLD_KEY_SECONDS) <= now) {
                break;
            }
            let seed: [u8; 32] = key.secret.try_into().map_err(|_| wrong("has a wrong length"))?;
            let public = SigningKey::from_bytes(&seed).verifying_key();
            let verifying_key = DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(public.as_bytes()))
                .map_err(Error::internal)?;
            let der = [PKCS8_PREFIX.as_slice(), seed.as_slice()].concat();
            signing.get_or_insert_with(|| (key.id.clone(), EncodingKey::from_ed_der(&der)));
            verifying_keys.push((key.id, verifying_key));
            successor = Some(key.created_at);
        }
        let (kid, signing_key) = signing.ok_or_else(|| wrong("is missing"))?;
        Ok(Self { kid, signing_key, verifying_keys })
    }

    /// A new access token.
    pub fn sign(&self, user: UserId, session: SessionId, now: Timestamp) -> Result<String, Error> {
        let issued_at = now.micros().div_euclid(1_000_000);
        let claims = Claims {
            sub: user,
            sid: session,
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            iat: issued_at,
            exp: issued_at + i64::from(ACCESS_SECONDS),
        };
        let header = Header {
            typ: Some(TYPE.to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims, &self.signing_key).map_err(Error::internal)
    }

    /// The claims of a token; `None` unless it is authentic and has not expired.
    pub fn check(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would use the machine's clock instead of `Clock`.
        validation.validate_exp = false;
        let named = jsonwebtoken::decode_header(token).ok()?.kid?;
        let (_, key) = self.verifying_keys.iter().find(|(kid, _)| *kid == named)?;
        let data = jsonwebtoken::decode::<Claims>(token, key, &validation).ok()?;
        let is_ours = data.header.typ.as_deref() == Some(TYPE);
        let seconds = now.micros().div_euclid(1_000_000);
        (is_ours && seconds < data.claims.exp && data.claims.iat <= seconds + 30).then_some(data.claims)
    }
}

/// A secret of 256 random bits, as text.
pub fn new_secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// The secret of a new hold.
pub fn new_hold_token() -> HoldToken {
    HoldToken(Uuid::from_u128(rand::random()))
}

/// The hash under which a secret is stored. The secret is random, so a fast hash
/// is enough.
pub fn secret_hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
