//! Passwords: which are taken, and Argon2 within the machine's means.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use phony_kernel::error::Faults;
use phony_kernel::{Error, Result};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Fewest characters of a password.
pub(crate) const MIN_CHARS: usize = 12;
/// Most characters of a password.
pub(crate) const MAX_CHARS: usize = 128;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Runs that may wait for a core.
const QUEUE: usize = 64;

/// Words that make a bad password, alone or with digits and signs around them; lower case. Ours, and the commonest of
/// those that breaches brought to light, as the MIT-licensed zxcvbn 4.5 ranks them: the letters of the first 15,000, and
/// whole what is long enough to be a password here.
static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let ours = include_str!("common_passwords.txt").lines();
    ours.chain(include_str!("breached_passwords.txt").lines())
        .filter(|line| !line.is_empty())
        .collect()
});

/// Notes a fault when no account can have this password, for its length.
pub(crate) fn check_length(faults: &mut Faults, param: &str, password: &SecretString) {
    if password.expose_secret().chars().count() > MAX_CHARS {
        faults.add(
            param,
            "too_long",
            format!("must have at most {MAX_CHARS} characters"),
        );
    }
}

/// Notes a fault unless `password` may be chosen.
pub(crate) fn check(faults: &mut Faults, param: &str, password: &SecretString) {
    let text = password.expose_secret();
    let count = text.chars().count();
    if count < MIN_CHARS {
        faults.add(
            param,
            "too_short",
            format!("must have at least {MIN_CHARS} characters"),
        );
    } else if count > MAX_CHARS {
        faults.add(
            param,
            "too_long",
            format!("must have at most {MAX_CHARS} characters"),
        );
    } else if is_common(text) {
        faults.add(param, "too_common", "is among the first that anybody would guess");
    }
}

fn is_common(text: &str) -> bool {
    let lower = text.to_lowercase();
    let letters: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    COMMON.contains(lower.as_str())
        || COMMON.contains(letters.as_str())
        || letters.is_empty() && is_run(&lower)
        || repeats_itself(&lower)
}

/// `123456789012`, `987654321098`: each digit follows the one before.
fn is_run(text: &str) -> bool {
    let step = |step: i32| {
        let digits: Option<Vec<i32>> = text
            .chars()
            .map(|c| c.to_digit(10).and_then(|digit| i32::try_from(digit).ok()))
            .collect();
        digits.is_some_and(|digits| {
            digits
                .windows(2)
                .all(|pair| (pair[1] - pair[0]).rem_euclid(10) == step)
        })
    };
    step(1) || step(9)
}

/// `aaaaaaaaaaaa`, `abcabcabcabc`, `monkeymonkey`.
fn repeats_itself(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=chars.len() / 2).any(|unit| chars.iter().zip(chars.iter().skip(unit)).all(|(a, b)| a == b))
}

/// Hashes and verifies passwords, as many at once as there are cores.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    cores: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Verified against when there is no account, so that an unknown address costs the same.
    decoy: Arc<str>,
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32))
        .map_err(|fault| Error::internal(anyhow::anyhow!("argon2 does not take its parameters: {fault}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &[u8]) -> Result<String> {
    let salt = super::secrets::random::<16>()?;
    let hash = argon2()?
        .hash_password_with_salt(password, &salt)
        .map_err(|fault| Error::internal(anyhow::anyhow!("argon2 failed: {fault}")))?;
    Ok(hash.to_string())
}

impl Passwords {
    /// Costs one Argon2 run.
    ///
    /// # Errors
    /// When Argon2 fails.
    pub(crate) fn new() -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            cores: Arc::new(Semaphore::new(cores)),
            places: Arc::new(Semaphore::new(cores + QUEUE)),
            decoy: hash_now(&super::secrets::random::<32>()?)?.into(),
        })
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// `unavailable` when too many wait.
    pub(crate) async fn turn(&self) -> Result<Turn> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(Error::unavailable)?;
        let core = Arc::clone(&self.cores)
            .acquire_owned()
            .await
            .map_err(Error::internal)?;
        Ok(Turn {
            held: (place, core),
            decoy: Arc::clone(&self.decoy),
        })
    }

    /// Hashes a password for storing.
    ///
    /// # Errors
    /// `unavailable` when too many wait.
    pub(crate) async fn hash(&self, password: &SecretString) -> Result<String> {
        let password = password.clone();
        let turn = self.turn().await?;
        turn.run(move || hash_now(password.expose_secret().as_bytes()))
            .await
    }
}

/// A place in the queue and a core. What is looked up for a sign-in is looked up in its turn, so that a flood of them
/// asks no more of the database than Argon2 lets through.
#[derive(Debug)]
pub(crate) struct Turn {
    held: (OwnedSemaphorePermit, OwnedSemaphorePermit),
    decoy: Arc<str>,
}

impl Turn {
    /// Which of the stored hashes the password is right for, the first of them; one that is not there takes as long as
    /// one that is and is not right.
    ///
    /// # Errors
    /// When Argon2 fails.
    pub(crate) async fn verify<const N: usize>(
        self,
        password: &SecretString,
        stored: [Option<String>; N],
    ) -> Result<Option<usize>> {
        let decoy = Arc::clone(&self.decoy);
        let password = password.clone();
        self.run(move || {
            let text = password.expose_secret();
            // What could never have been chosen needs no long work of its own, only the same.
            let text = if text.chars().count() > MAX_CHARS {
                ""
            } else {
                text
            };
            let argon2 = argon2()?;
            Ok(stored.iter().position(|stored| {
                let hash = stored.as_deref().unwrap_or(&decoy);
                let right = argon2.verify_password(text.as_bytes(), hash).is_ok();
                right && stored.is_some()
            }))
        })
        .await
    }

    async fn run<T: Send + 'static>(self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let held = self.held;
        // The permits go with the work: a caller who leaves does not make room before it is done.
        tokio::task::spawn_blocking(move || {
            let _held = held;
            work()
        })
        .await
        .map_err(Error::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(password: &str) -> Option<String> {
        let mut faults = Faults::new();
        check(&mut faults, "password", &SecretString::from(password));
        faults
            .finish()
            .err()
            .map(|error| error.fields()[0].code.to_string())
    }

    #[test]
    fn long_passwords_are_taken_as_typed() {
        for good in [
            "river tallow mint 7",
            "kQ8#vbT2!zLp",
            "ünïcödé wörds",
            "horse staple battery lamp",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
    }

    #[test]
    fn short_long_and_common_passwords_are_refused() {
        assert_eq!(fault("short").as_deref(), Some("too_short"));
        assert_eq!(fault(&"x7".repeat(65)).as_deref(), Some("too_long"));
        for bad in [
            "password1234",
            "Password123456",
            "123456789012",
            "987654321098",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "qwertyuiop123",
            "phonyphony12",
            "iloveyou2024!",
            "welcome12345!",
            "letmeinletmein",
            "monkeymonkey",
            "unbelievable",
            "linkinpark12",
        ] {
            assert_eq!(fault(bad).as_deref(), Some("too_common"), "{bad}");
        }
    }

    #[test]
    fn what_breaches_brought_to_light_is_refused_with_digits_and_signs_too() {
        assert!(COMMON.len() > 10_000, "{}", COMMON.len());
        for bad in [
            "1qaz2wsx3edc",
            "slipknot-666-2024",
            "Gandalf!!2019",
            "mustang.1967.1967",
        ] {
            assert_eq!(fault(bad).as_deref(), Some("too_common"), "{bad}");
        }
    }

    #[test]
    fn the_stored_form_names_its_parameters() {
        let stored = hash_now(b"river tallow mint 7").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    }

    #[tokio::test]
    async fn only_the_right_password_verifies() {
        let passwords = Passwords::new().unwrap();
        let password = SecretString::from("river tallow mint 7");
        let stored = passwords.hash(&password).await.unwrap();
        let verify = async |password: &SecretString, stored: [Option<String>; 2]| {
            passwords
                .turn()
                .await
                .unwrap()
                .verify(password, stored)
                .await
                .unwrap()
        };
        let another = SecretString::from("another one, quite long");
        let (right, other) = (Some(stored), Some(passwords.hash(&another).await.unwrap()));
        assert_eq!(verify(&password, [right.clone(), other.clone()]).await, Some(0));
        assert_eq!(verify(&password, [other.clone(), right.clone()]).await, Some(1));
        assert_eq!(verify(&password, [None, right.clone()]).await, Some(1));
        assert_eq!(verify(&password, [other, None]).await, None);
        assert_eq!(
            verify(&SecretString::from("a third, just as long"), [right, None]).await,
            None
        );
        assert_eq!(verify(&password, [None, None]).await, None);
    }

    #[tokio::test]
    async fn a_full_queue_is_said_at_once() {
        let passwords = Passwords::new().unwrap();
        let all = passwords.places.available_permits();
        let _taken = Arc::clone(&passwords.places)
            .try_acquire_many_owned(u32::try_from(all).unwrap())
            .unwrap();
        let refused = passwords
            .hash(&SecretString::from("river tallow mint 7"))
            .await
            .unwrap_err();
        assert_eq!(refused.kind(), phony_kernel::Kind::Unavailable);
    }
}
