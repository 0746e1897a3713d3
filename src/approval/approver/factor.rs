//! Factors: by what an approver proved to be there.

use core::fmt;

/// By what an approver proved to be there.
///
/// [`Factor::PasskeyUv`] and [`Factor::Passkey`] are phishing-resistant: the browser binds them to an origin. A TOTP code says nothing about
/// the request, and every verifier holds its secret, so it can add to another factor and never stand for one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[repr(u8)]
pub enum Factor {
    /// A passkey whose authenticator verified its user.
    PasskeyUv = 1,
    /// A passkey. One with user verification counts as this too.
    Passkey = 2,
    /// A signature of a key: an operator's, or a KMS.
    Key = 3,
    /// A one-time code, beside one of the others.
    Totp = 4,
}

impl Factor {
    const ALL: [Self; 4] = [Self::PasskeyUv, Self::Passkey, Self::Key, Self::Totp];

    pub(crate) fn from_wire(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| *factor as u8 == number)
    }

    /// The name in policies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasskeyUv => "passkey_uv",
            Self::Passkey => "passkey",
            Self::Key => "key",
            Self::Totp => "totp",
        }
    }

    const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// A set of factors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Factors(u8);

impl Factors {
    /// None.
    pub const NONE: Self = Self(0);
    /// What counts for an action of high risk.
    pub(crate) const STRONG: Self = Self(Factor::PasskeyUv.bit() | Factor::Key.bit());

    /// Adds one.
    #[must_use]
    pub const fn with(self, factor: Factor) -> Self {
        Self(self.0 | factor.bit())
    }

    /// Whether one is in it.
    #[must_use]
    pub const fn has(self, factor: Factor) -> bool {
        self.0 & factor.bit() != 0
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it has one of these.
    #[must_use]
    pub const fn meets(self, wanted: Self) -> bool {
        !self.both(wanted).is_empty()
    }

    /// What is in this and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The members, ascending.
    pub fn iter(self) -> impl Iterator<Item = Factor> {
        Factor::ALL.into_iter().filter(move |factor| self.has(*factor))
    }
}

impl FromIterator<Factor> for Factors {
    fn from_iter<I: IntoIterator<Item = Factor>>(factors: I) -> Self {
        factors.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Factors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
