//! Access tokens: short-lived JWTs. All nodes sign with the same key, which is
//! generated at the first start and stored in the database.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ringback_domain::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;

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

/// Signs and checks access tokens.
pub struct Tokens {
    kid: String,
    signing_key: EncodingKey,
    verifying_key: DecodingKey,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Uses the signing key from the database.
    ///
    /// # Errors
    /// [`Error::Internal`] if the key is not an Ed25519 seed.
    pub fn new(key_id: String, seed: Vec<u8>) -> Result<Self, Error> {
        let seed: [u8; 32] = seed.try_into().map_err(|_| {
            Error::Internal(anyhow::anyhow!("the signing key in the database has a wrong length"))
        })?;
        let public = SigningKey::from_bytes(&seed).verifying_key();
        let verifying_key = DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(public.as_bytes()))
            .map_err(Error::internal)?;
        let der = [PKCS8_PREFIX.as_slice(), seed.as_slice()].concat();
        Ok(Self { kid: key_id, signing_key: EncodingKey::from_ed_der(&der), verifying_key })
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
        let data = jsonwebtoken::decode::<Claims>(token, &self.verifying_key, &validation).ok()?;
        let is_ours =
            data.header.typ.as_deref() == Some(TYPE) && data.header.kid.as_deref() == Some(&*self.kid);
        let seconds = now.micros().div_euclid(1_000_000);
        (is_ours && seconds < data.claims.exp && data.claims.iat <= seconds + 30).then_some(data.claims)
    }
}

/// A secret of 256 random bits, as text.
pub fn new_secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// The hash under which a secret is stored. The secret is random, so a fast hash
/// is enough.
pub fn secret_hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
