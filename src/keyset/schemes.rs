//! The schemes that a set may have keys of, as values: one line each.
// A build without any scheme has no keys: the functions are there, and nothing to call them with.
#![cfg_attr(
    not(any(feature = "ed25519", feature = "secp256k1", feature = "p256", feature = "ristretto255")),
    allow(unused_imports, unused_variables)
)]

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::part::{Held, Part};
use crate::curve::Scheme;
use crate::dkg;
use crate::error::SetupError;
use crate::identity::Roster;
use crate::key::{KeyShare, PendingShare, Place};
use crate::party::{PartyId, Threshold};
use crate::secret::Secret;
use crate::wire::SessionId;

/// A scheme that a set may have keys of: every scheme there is.
pub trait SetScheme: Scheme {
    /// The scheme as a value.
    const SCHEME: AnyScheme;

    /// A share of this scheme.
    fn any(share: KeyShare<Self>) -> AnyShare;

    /// The share, if it is of this scheme.
    fn of(share: &AnyShare) -> Option<&KeyShare<Self>>;

    /// The share, to be changed, if it is of this scheme.
    fn of_mut(share: &mut AnyShare) -> Option<&mut KeyShare<Self>>;

    /// The share, if it is of this scheme; else it comes back.
    ///
    /// # Errors
    /// The share.
    fn take(share: AnyShare) -> Result<KeyShare<Self>, Box<AnyShare>>;
}

macro_rules! schemes {
    ($($feature:literal $name:ident $what:literal,)*) => {
        /// A scheme as a value, for lists that are known when the program runs.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum AnyScheme {$(
            #[cfg(feature = $feature)]
            #[doc = $what]
            $name,
        )*}

        impl AnyScheme {
            /// All that this build has.
            pub const ALL: &[Self] = &[$(#[cfg(feature = $feature)] Self::$name,)*];

            /// The scheme's number.
            #[must_use]
            pub const fn id(self) -> u8 {
                match self {$(
                    #[cfg(feature = $feature)]
                    Self::$name => crate::curve::$name::ID,
                )*}
            }

            /// The scheme's name, for people.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {$(
                    #[cfg(feature = $feature)]
                    Self::$name => crate::curve::$name::NAME,
                )*}
            }

            pub(super) fn part(
                self,
                threshold: Threshold,
                roster: Roster,
                session: SessionId,
                place: Place,
            ) -> Result<Box<dyn Part>, SetupError> {
                match self {$(
                    #[cfg(feature = $feature)]
                    Self::$name => Ok(Box::new(dkg::Run::<crate::curve::$name>::in_set(
                        threshold, roster, session, place,
                    )?)),
                )*}
            }

            pub(super) fn read_held(self, bytes: &[u8]) -> Option<Box<dyn Held>> {
                match self {$(
                    #[cfg(feature = $feature)]
                    Self::$name => Some(Box::new(PendingShare::<crate::curve::$name>::from_bytes(bytes)?)),
                )*}
            }

            pub(crate) fn read_share(self, bytes: &[u8]) -> Option<AnyShare> {
                match self {$(
                    #[cfg(feature = $feature)]
                    Self::$name => KeyShare::from_bytes(bytes).map(AnyShare::$name),
                )*}
            }
        }

        /// A key share of some scheme: match it, or ask for the type that you want.
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum AnyShare {$(
            #[cfg(feature = $feature)]
            #[doc = $what]
            $name(KeyShare<crate::curve::$name>),
        )*}

        /// Applies an expression to the share, whatever its scheme.
        macro_rules! each {
            ($any:expr, $share:ident => $value:expr) => {
                match *$any {$(
                    #[cfg(feature = $feature)]
                    AnyShare::$name(ref $share) => $value,
                )*}
            };
        }

        impl AnyShare {
            /// Its scheme.
            #[must_use]
            pub const fn scheme(&self) -> AnyScheme {
                match *self {$(
                    #[cfg(feature = $feature)]
                    Self::$name(_) => AnyScheme::$name,
                )*}
            }

            /// Whose share it is.
            #[must_use]
            pub const fn id(&self) -> PartyId {
                each!(self, share => share.id())
            }

            /// The name of the key.
            #[must_use]
            pub fn key_id(&self) -> &[u8; 32] {
                each!(self, share => share.public().key_id())
            }

            /// The epoch of the key.
            #[must_use]
            pub fn epoch(&self) -> u32 {
                each!(self, share => share.public().epoch())
            }

            /// The public key, encoded as its scheme has it.
            #[must_use]
            pub fn public_key(&self) -> Vec<u8> {
                each!(self, share => share.public().public_key())
            }

            pub(super) fn to_bytes(&self) -> Secret<Vec<u8>> {
                each!(self, share => share.to_bytes())
            }
        }

        $(
            #[cfg(feature = $feature)]
            impl SetScheme for crate::curve::$name {
                const SCHEME: AnyScheme = AnyScheme::$name;

                fn any(share: KeyShare<Self>) -> AnyShare {
                    AnyShare::$name(share)
                }

                fn of(share: &AnyShare) -> Option<&KeyShare<Self>> {
                    match share {
                        AnyShare::$name(share) => Some(share),
                        #[allow(unreachable_patterns)] // where it is the only scheme
                        _ => None,
                    }
                }

                fn of_mut(share: &mut AnyShare) -> Option<&mut KeyShare<Self>> {
                    match share {
                        AnyShare::$name(share) => Some(share),
                        #[allow(unreachable_patterns)] // where it is the only scheme
                        _ => None,
                    }
                }

                fn take(share: AnyShare) -> Result<KeyShare<Self>, Box<AnyShare>> {
                    match share {
                        AnyShare::$name(share) => Ok(share),
                        #[allow(unreachable_patterns)] // where it is the only scheme
                        other => Err(Box::new(other)),
                    }
                }
            }

            #[cfg(feature = $feature)]
            impl From<KeyShare<crate::curve::$name>> for AnyShare {
                fn from(share: KeyShare<crate::curve::$name>) -> Self {
                    Self::$name(share)
                }
            }
        )*
    };
}

schemes! {
    "secp256k1" EcdsaSecp256k1 "ECDSA over secp256k1.",
    "p256" EcdsaP256 "ECDSA over P-256.",
    "ed25519" FrostEd25519 "FROST(Ed25519, SHA-512).",
    "secp256k1" FrostTaproot "FROST over secp256k1 for Taproot (BIP-340).",
    "p256" FrostP256 "FROST(P-256, SHA-256).",
    "ristretto255" FrostRistretto255 "FROST(ristretto255, SHA-512).",
    "secp256k1" FrostSecp256k1 "FROST(secp256k1, SHA-256).",
}

impl AnyScheme {
    /// The scheme of a number; `None` if this build has none of it.
    pub(crate) fn from_id(id: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|scheme| scheme.id() == id)
    }
}

impl AnyShare {
    /// The share, if it is of scheme `S`.
    #[must_use]
    pub fn of<S: SetScheme>(&self) -> Option<&KeyShare<S>> {
        S::of(self)
    }

    /// The share, if it is of scheme `S`.
    ///
    /// # Errors
    /// The share comes back.
    pub fn into_share<S: SetScheme>(self) -> Result<KeyShare<S>, Box<Self>> {
        S::take(self)
    }
}
