//! Access tokens: short-lived, signed with one algorithm and one key that is
//! made at the first start and kept in the database, for every node.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ringback_domain::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// Seconds that an access token is good for.
pub const ACCESS_SECONDS: u32 = 600;

const ISSUER: &str = "ringback";
const TYPE: &str = "at+jwt";

/// PKCS #8 wrapping of an Ed25519 seed, as the JWT library wants it (RFC 8410).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// What an access token says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The person.
    pub sub: UserId,
    /// The log-in session.
    pub sid: SessionId,
    iss: String,
    aud: String,
    iat: i64,
    /// Seconds since the Unix epoch.
    pub exp: i64,
}

/// Signs and checks access tokens.
pub struct Tokens {
    kid: String,
    signing: EncodingKey,
    checking: DecodingKey,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Over the key that the database keeps.
    ///
    /// # Errors
    /// A fault of ours if the key is not an Ed25519 seed.
    pub fn new(key_id: String, seed: Vec<u8>) -> Result<Self, Error> {
        let seed: [u8; 32] = seed
            .try_into()
            .map_err(|_| Error::Internal(anyhow::anyhow!("the kept signing key has a wrong length")))?;
        let public = SigningKey::from_bytes(&seed).verifying_key();
        let checking = DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(public.as_bytes()))
            .map_err(Error::internal)?;
        let der = [PKCS8_PREFIX.as_slice(), seed.as_slice()].concat();
        Ok(Self { kid: key_id, signing: EncodingKey::from_ed_der(&der), checking })
    }

    /// A new access token.
    pub fn sign(&self, user: UserId, session: SessionId, now: Timestamp) -> Result<String, Error> {
        let issued = now.micros().div_euclid(1_000_000);
        let claims = Claims {
            sub: user,
            sid: session,
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            iat: issued,
            exp: issued + i64::from(ACCESS_SECONDS),
        };
        let header = Header {
            typ: Some(TYPE.to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(Error::internal)
    }

    /// What a token says, if it is ours and in force.
    pub fn check(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[ISSUER]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Time is compared below, with our clock.
        rules.validate_exp = false;
        let data = jsonwebtoken::decode::<Claims>(token, &self.checking, &rules).ok()?;
        let ours = data.header.typ.as_deref() == Some(TYPE) && data.header.kid.as_deref() == Some(&*self.kid);
        let seconds = now.micros().div_euclid(1_000_000);
        (ours && seconds < data.claims.exp && data.claims.iat <= seconds + 30).then_some(data.claims)
    }
}

/// A secret of 256 bits for a machine or a cookie, as text.
pub fn new_secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// The hash under which such a secret is kept. It is random already, so a
/// quick hash is enough.
pub fn secret_hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
