//! Numbers of people who may not know us are kept by their keyed hash: found again by the number, read by nobody.
//!
//! Each tenant has a key of its own, made when it is first needed and sealed; so two tenants' hashes say nothing of
//! each other, and a rotation of the keys that seal leaves them as they are.

use std::fmt;

use aws_lc_rs::hmac;
use phony_db::TenantTx;
use phony_db::outbound_policy::{HashedNumber, number_keys};
use phony_kernel::{E164, Error, Result, redact};
use secrecy::SecretString;

use crate::identity::secrets::random;
use crate::sealing::{Place, Sealer};

/// Bytes of a key.
const KEY: usize = 32;

/// Gives tenants their keys. Cheap to clone.
#[derive(Debug, Clone)]
pub struct NumberKeys {
    sealer: Sealer,
}

/// The key of one tenant.
pub struct NumberKey(hmac::Key);

impl fmt::Debug for NumberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NumberKey")
    }
}

impl NumberKeys {
    /// With the keys of the installation.
    ///
    /// # Errors
    /// When the master key is not one.
    pub fn new(master_key: &SecretString) -> Result<Self> {
        Ok(Self {
            sealer: Sealer::new(master_key)?,
        })
    }

    /// The key of the tenant, a new one if it has none.
    ///
    /// # Errors
    /// When it does not open, or those of the database.
    pub async fn of(&self, tx: &mut TenantTx) -> Result<NumberKey> {
        let tenant = tx.tenant();
        let place = Place {
            table: "number_keys",
            column: "key_sealed",
            tenant,
            record: "1",
        };
        let sealed = match number_keys::find(tx).await? {
            Some(sealed) => sealed,
            None => {
                let fresh = self.sealer.seal(&place, &random::<KEY>()?)?;
                number_keys::insert(tx, fresh.as_bytes()).await?;
                // Somebody else's, if they were first.
                number_keys::find(tx).await?.ok_or_else(Error::not_found)?
            }
        };
        let key = self.sealer.open(&place, &sealed)?;
        Ok(NumberKey(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// A number as it is kept.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub async fn hash(&self, tx: &mut TenantTx, number: &E164) -> Result<HashedNumber> {
        Ok(self.of(tx).await?.hash(number))
    }
}

impl NumberKey {
    /// A number as it is kept.
    #[must_use]
    pub fn hash(&self, number: &E164) -> HashedNumber {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hmac::sign(&self.0, number.as_str().as_bytes()).as_ref());
        HashedNumber {
            hmac: bytes,
            masked: redact::phone(number.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use phony_db::Db;
    use phony_kernel::TenantId;
    use phony_testkit::TestDb;
    use sqlx::{Connection as _, PgConnection};

    use super::*;

    #[tokio::test]
    async fn a_number_has_one_hash_in_a_tenant_and_another_in_the_next() {
        let servers = TestDb::create().await;
        let db = Db::connect_lazy(&servers.app_url, 4).unwrap();
        let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
        let (acme, globex) = (TenantId::new(), TenantId::new());
        for (tenant, slug) in [(acme, "acme"), (globex, "globex")] {
            sqlx::query("INSERT INTO phony.tenants (id, slug, name, plan) VALUES ($1, $2, $2, 'basic')")
                .bind(tenant.uuid())
                .bind(slug)
                .execute(&mut admin)
                .await
                .unwrap();
        }
        let master = SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        let number = E164::from_canonical("+14155550134").unwrap();
        let hash = async |master: &SecretString, tenant| {
            let keys = NumberKeys::new(master).unwrap();
            let mut tx = db.tenant(tenant).await.unwrap();
            let hashed = keys.hash(&mut tx, &number).await;
            tx.commit().await.unwrap();
            hashed
        };
        // Both make the key, and one of them finds that of the other.
        let (one, other) = tokio::join!(hash(&master, acme), hash(&master, acme));
        let one = one.unwrap();
        assert_eq!(one, other.unwrap());
        assert_eq!(one.masked, "+1415•••••34");
        assert_ne!(one.hmac, hash(&master, globex).await.unwrap().hmac);
        // A new master key before the old one changes no hash; without the old one there is none.
        let new = "b:HxwdGhsYGRYXFBUSExAREA8ODQwLCgkIBwYFBAMCAQA";
        let both = SecretString::from(format!("{new},AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="));
        assert_eq!(hash(&both, acme).await.unwrap(), one);
        assert!(hash(&SecretString::from(new), acme).await.is_err());
    }
}
