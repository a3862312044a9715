//! The password of the page, as it is stored: a hash, made and checked here.

use argon2::password_hash::{Output, PasswordHash, PasswordHasher, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Characters that a password has at least. Logins that fail are slowed down, so guessing one this long is hopeless.
pub(crate) const SHORTEST: usize = 10;

/// Blocks of 1 kB that a check may take: 128 MB. More is a hash of another program, or a broken file.
const MOST_BLOCKS: usize = 128 << 10;

/// The C library gives a request above 32 MB pages of its own, whatever was asked for before, and the pages back to the
/// system when it is freed (`DEFAULT_MMAP_THRESHOLD_MAX` in mallopt(3)). It keeps what a smaller one took.
const PAGES_OF_ITS_OWN: usize = (32 << 20) / Block::SIZE + 1;

/// Why no password was made, or none can be checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The password has only so many characters.
    #[error("a password has at least {SHORTEST} characters, this one has {0}")]
    Short(usize),
    /// The stored text is no hash that can be checked.
    #[error("this is not a password hash as `moodbox password` writes it: {0}")]
    Malformed(String),
    /// The system gave no random bytes.
    #[error("the system gave no random numbers: {0}")]
    Random(getrandom::Error),
}

/// A password as it is stored: Argon2id in the PHC format, with its salt and its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPassword(String);

impl StoredPassword {
    /// Reads what [`StoredPassword::make`] wrote.
    ///
    /// # Errors
    /// For anything that is not an Argon2 hash: a password in clear text, most of all.
    pub fn read(text: &str) -> Result<StoredPassword, PasswordError> {
        let text = text.trim();
        let malformed = |why: String| PasswordError::Malformed(why);
        let hash = PasswordHash::new(text).map_err(|error| malformed(error.to_string()))?;
        if Algorithm::try_from(hash.algorithm).is_err() || hash.hash.is_none() || hash.salt.is_none() {
            return Err(malformed("it is not made by Argon2".into()));
        }
        let cost = Params::try_from(&hash).map_err(|error| malformed(error.to_string()))?;
        if cost.block_count() > MOST_BLOCKS {
            return Err(malformed(format!(
                "it takes {} MB, which is too much here",
                cost.block_count() >> 10
            )));
        }
        Ok(StoredPassword(text.to_owned()))
    }

    /// Hashes a password with a new salt.
    ///
    /// # Errors
    /// When the password is too short, or the system gives no random bytes.
    pub fn make(password: &str) -> Result<StoredPassword, PasswordError> {
        let letters = password.chars().count();
        if letters < SHORTEST {
            return Err(PasswordError::Short(letters));
        }
        let malformed = |error: argon2::password_hash::Error| PasswordError::Malformed(error.to_string());
        let salt = SaltString::encode_b64(&random::<16>()?).map_err(malformed)?;
        let hash = hasher().hash_password(password.as_bytes(), &salt).map_err(malformed)?;
        Ok(StoredPassword(hash.to_string()))
    }

    /// The text for the file.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the password. Slow on purpose; what it takes of memory is given back.
    pub fn accepts(&self, password: &str) -> bool {
        PasswordHash::new(&self.0).is_ok_and(|stored| agrees(&stored, password).unwrap_or(false))
    }
}

/// Whether a password has this hash.
fn agrees(stored: &PasswordHash<'_>, password: &str) -> argon2::password_hash::Result<bool> {
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else { return Ok(false) };
    let cost = Params::try_from(stored)?;
    let mut memory = Vec::with_capacity(cost.block_count().max(PAGES_OF_ITS_OWN));
    memory.resize(cost.block_count(), Block::new());
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from)?;
    let hasher = Argon2::new(Algorithm::try_from(stored.algorithm)?, version, cost);
    let (mut bytes, mut hash) = ([0; Salt::RECOMMENDED_LENGTH * 4], [0; Output::MAX_LENGTH]);
    let hash = &mut hash[..expected.len()];
    hasher.hash_password_into_with_memory(
        password.as_bytes(),
        salt.decode_b64(&mut bytes)?,
        hash,
        &mut memory,
    )?;
    // Compares in a time that tells nothing.
    Ok(Output::new(hash)? == expected)
}

/// What OWASP recommends for Argon2id: 19 MiB, two passes, one lane.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// Random bytes of the system.
///
/// # Errors
/// When the system has none.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], PasswordError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(PasswordError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_stored_as_a_hash_with_a_salt_of_its_own_and_known_again() {
        let stored = StoredPassword::make("correct horse battery").unwrap();
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", stored.as_str());
        assert_ne!(stored, StoredPassword::make("correct horse battery").unwrap());
        let read = StoredPassword::read(&format!("{}\n", stored.as_str())).unwrap();
        assert!(read.accepts("correct horse battery"));
        assert!(!read.accepts("correct horse batteri") && !read.accepts(""));
    }

    #[test]
    fn a_short_password_and_a_password_in_clear_text_are_refused() {
        assert!(matches!(StoredPassword::make("12345"), Err(PasswordError::Short(5))));
        for text in
            ["", "correct horse battery", "$argon2id$v=19$m=19456,t=2,p=1$", "$2b$12$abcdefghijklmnopqrstuv"]
                .map(str::to_owned)
                .into_iter()
                .chain([StoredPassword::make("correct horse battery").unwrap().0.replace("19456", "194560")])
        {
            assert!(StoredPassword::read(&text).is_err(), "{text}");
        }
    }
}
