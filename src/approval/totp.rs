//! Time-based one-time passwords (RFC 6238) as a second factor: HMAC-SHA-1, steps of 30 seconds, six digits.
//!
//! A code says nothing about a request, can be passed on by whoever is asked for it on a false page, and its secret lies with every verifier.
//! So it only ever adds a factor to an approver whose other evidence has verified, and never for an action of high risk
//! ([`super::approver`]). Recovery is for other approvers and a delay, or a second passkey, not for this.
//!
//! | id | check | error |
//! |---|---|---|
//! | O1 | the secret has 16 to 64 bytes (20 are advised, RFC 4226 section 4) | `Config` |
//! | O2 | the code is that of the present step, the one before or the one after: all three are computed, and compared in constant time | `WrongCode` |
//! | O3 | the step is not before the last one accepted, and was not used for another challenge: for the same challenge it is accepted again, since a batch or a retry asks twice | `Reused` |
//! | O4 | five failures of an approver within 900 seconds: codes are not even looked at | `Throttled` |
//!
//! The error of check n has the number 5580 + n ([`TotpError::code`]).

use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::approver::ApproverId;
use super::registry::{Claim, Registry, RegistryError, Space};
use crate::hash::{Tag, Transcript};
use crate::secret::{Secret, published, verdict};

/// Seconds of a step.
pub const STEP_S: u64 = 30;
/// Failures of an approver, within [`super::registry::FAIL_WINDOW_S`], after which no code is looked at.
pub const MAX_FAILURES: u8 = 5;

/// Why a code is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TotpError {
    /// O1: the secret is too short or too long.
    #[error("the secret has not 16 to 64 bytes")]
    Config,
    /// O2: not the code of a step near now.
    #[error("wrong code")]
    WrongCode,
    /// O3: used before.
    #[error("the code was used before")]
    Reused,
    /// O4: too many failures.
    #[error("too many wrong codes")]
    Throttled,
    /// The registry refuses, and so must the verifier.
    #[error("the registry: {0}")]
    Registry(#[from] RegistryError),
}

impl TotpError {
    /// A stable number: 5580 and the number of the check, or the registry's own.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Config => 5581,
            Self::WrongCode => 5582,
            Self::Reused => 5583,
            Self::Throttled => 5584,
            Self::Registry(error) => error.code(),
        }
    }
}

/// An approver's secret, with the last step that was accepted.
#[derive(Debug)]
pub struct Totp {
    secret: Secret<Vec<u8>>,
    last_step: u64,
}

impl Totp {
    /// From what was stored; a new secret has `last_step` 0.
    ///
    /// # Errors
    /// [`TotpError::Config`].
    pub fn new(secret: Secret<Vec<u8>>, last_step: u64) -> Result<Self, TotpError> {
        // [O1]
        if !(16..=64).contains(&secret.expose().len()) {
            return Err(TotpError::Config);
        }
        Ok(Self { secret, last_step })
    }

    /// The last step that was accepted: to be stored, and given to [`Totp::new`].
    #[must_use]
    pub const fn last_step(&self) -> u64 {
        self.last_step
    }

    /// The code of the step that `now` is in.
    #[must_use]
    pub fn code_at(&self, now: u64) -> [u8; 6] {
        self.code(now / STEP_S)
    }

    /// The last six digits of the truncated HMAC of the step (RFC 4226 section 5.3).
    fn code(&self, step: u64) -> [u8; 6] {
        let mut mac = [0u8; 20];
        // HMAC takes a key of any length.
        if let Ok(hmac) = Hmac::<Sha1>::new_from_slice(self.secret.expose()) {
            mac = hmac.chain_update(step.to_be_bytes()).finalize().into_bytes().into();
        }
        // The offset is as secret as the code: all sixteen words are looked at, and one is taken.
        let offset = mac.last().map_or(0, |last| last & 15);
        let mut word = 0u32;
        for (place, bytes) in (0u8..16).zip(mac.windows(4)) {
            let found = bytes.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
            word.conditional_assign(&found, place.ct_eq(&offset));
        }
        let (mut rest, mut digits) = (word & 0x7fff_ffff, [0; 6]);
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        digits
    }

    /// O2 to O4: takes a code that `approver` gave beside evidence under `challenge`, and uses its step up for that challenge.
    ///
    /// # Errors
    /// [`TotpError`]. A wrong code counts as a failure.
    pub fn accept(
        &mut self,
        approver: &ApproverId,
        code: &[u8; 6],
        challenge: &[u8; 32],
        registry: &mut dyn Registry,
        now: u64,
    ) -> Result<(), TotpError> {
        // [O4]
        if registry.failures(Space::Totp, &approver.0, now)? >= MAX_FAILURES {
            return Err(TotpError::Throttled);
        }
        let now = registry.clock(now)?;
        // [O2]
        let Some(step) = self.matched(code, now) else {
            registry.fail(Space::Totp, &approver.0, now)?;
            return Err(TotpError::WrongCode);
        };
        // [O3]
        if step < self.last_step {
            return Err(TotpError::Reused);
        }
        let id = Transcript::new(Tag::TotpUsed).bytes(&approver.0).bytes(&step.to_be_bytes()).finish();
        let mut owner = [0; 16];
        owner.iter_mut().zip(id).for_each(|(to, from)| *to = from);
        // From then on the code is too old by itself.
        let expires = step.saturating_add(2).saturating_mul(STEP_S);
        let claim = Claim { space: Space::Totp, id, bind: *challenge, owner, expires, max_attempts: 1 };
        match registry.consume(&claim, challenge, now) {
            Ok(()) | Err(RegistryError::Done(_)) => {}
            Err(RegistryError::Conflict) => return Err(TotpError::Reused),
            Err(error) => return Err(error.into()),
        }
        self.last_step = step;
        Ok(())
    }

    /// The step near `now` that the code is of; the latest, should two have one code.
    fn matched(&self, code: &[u8; 6], now: u64) -> Option<u64> {
        let present = now / STEP_S;
        let near = [present.saturating_sub(1), present, present.saturating_add(1)];
        let (mut step, mut found) = (0u64, subtle::Choice::from(0));
        for candidate in near {
            let equal = self.code(candidate).ct_eq(code);
            step.conditional_assign(&candidate, equal);
            found |= equal;
        }
        // Whether a code is right shows, and so does the step, which is stored.
        verdict(found).then_some(published(step))
    }
}
