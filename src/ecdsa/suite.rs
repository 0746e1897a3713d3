//! ECDSA over one curve: the integers of a nonce point, and the types of the curve's own crate.

use alloc::vec::Vec;
use core::fmt::Debug;

use ff::{Field, PrimeField};

use crate::curve::{Curve, read_scalar};
use crate::key::Derive;
use crate::secret::published_in_place;
use crate::vole::VoleCurve;

type Scalar<C> = <C as Curve>::Scalar;

/// A scheme that signs with ECDSA. Its curve is one of SEC 1 with q of 256 bits: points of 33 bytes, scalars of 32, cofactor 1.
///
/// Sealed, like [`Scheme`](crate::curve::Scheme).
pub trait EcdsaScheme: Derive<Curve: VoleCurve> {
    /// Whether signatures have s at most (q-1)/2 without anyone asking. So it is on secp256k1, where Bitcoin and Ethereum refuse others.
    const LOW_S_ALWAYS: bool;

    /// `r` and `s`, both in 1..q, as the curve's crate has them.
    #[doc(hidden)]
    type Pair: Copy + Eq + Debug + Send + Sync + 'static;
    /// `None` if one is zero.
    #[doc(hidden)]
    fn pair(r: &Scalar<Self::Curve>, s: &Scalar<Self::Curve>) -> Option<Self::Pair>;
    /// `r` and `s`.
    #[doc(hidden)]
    fn scalars(pair: &Self::Pair) -> (Scalar<Self::Curve>, Scalar<Self::Curve>);
}

/// What a signature takes from its nonce point R: `r = x(R) mod q`, and which of the up to four points with this `r` it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NonceImage<C: Curve> {
    /// Not zero.
    pub(crate) r: Scalar<C>,
    /// `(y(R) is odd) | (x(R) >= q) << 1`.
    pub(crate) recovery_id: u8,
}

impl<C: Curve> NonceImage<C> {
    /// [S2.7] `None` if R is the identity or r is zero.
    pub(crate) fn of(nonce: &C::Point) -> Option<Self> {
        Self::of_all(core::slice::from_ref(nonce))?.pop()
    }

    /// Of many points, at the price of one field inversion. `None` if it is of one of them.
    pub(crate) fn of_all(nonces: &[C::Point]) -> Option<Vec<Self>> {
        let mut encoded = Vec::with_capacity(nonces.len() * C::POINT_LEN);
        C::encode_points(nonces, &mut encoded)?;
        // Sums of what all signers have opened; r is half of the signature.
        published_in_place(encoded.as_slice());
        let image = |encoded: &[u8]| {
            let (sign, x) = encoded.split_first()?;
            Self::from_coordinates(x.try_into().ok()?, sign & 1 == 1)
        };
        encoded.chunks_exact(C::POINT_LEN).map(image).collect()
    }

    /// Of the point with this x, as an integer big-endian, and a y of this parity.
    pub(crate) fn from_coordinates(x: &[u8; 32], y_is_odd: bool) -> Option<Self> {
        let r = reduce::<C>(x);
        let x_is_reduced = read_scalar::<C>(x).is_none();
        let recovery_id = u8::from(y_is_odd) | u8::from(x_is_reduced) << 1;
        (!bool::from(r.is_zero())).then_some(Self { r, recovery_id })
    }
}

/// The integer that 32 bytes spell, big-endian, modulo q: `h` of a digest, `r` of a coordinate.
pub(crate) fn reduce<C: Curve>(bytes: &[u8; 32]) -> C::Scalar {
    let mut wide = [0; 64];
    wide.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
    C::scalar_from_wide(&wide)
}

/// Whether `s > (q-1)/2`, that is, whether -s is the smaller one; variable time.
pub(crate) fn is_high<C: Curve>(s: &C::Scalar) -> bool {
    s.to_repr().as_ref() > (-*s).to_repr().as_ref()
}

macro_rules! ecdsa {
    ($feature:literal, $scheme:ident, $curve:ident, $low_s_always:literal) => {
        #[cfg(feature = $feature)]
        const _: () = {
            use $curve::ProjectivePoint;
            use $curve::ecdsa::{RecoveryId, Signature as Pair, VerifyingKey};
            use $curve::elliptic_curve::point::NonIdentity;

            use crate::curve::{Scheme, $scheme};
            use crate::ecdsa::Signature;
            use crate::key::{Derived, PublicKey, Sharing};

            impl EcdsaScheme for $scheme {
                const LOW_S_ALWAYS: bool = $low_s_always;
                type Pair = Pair;

                fn pair(r: &Scalar<Self::Curve>, s: &Scalar<Self::Curve>) -> Option<Pair> {
                    Pair::from_scalars(*r, *s).ok()
                }

                fn scalars(pair: &Pair) -> (Scalar<Self::Curve>, Scalar<Self::Curve>) {
                    let (r, s) = pair.split_scalars();
                    (*r, *s)
                }
            }

            impl From<Signature<$scheme>> for Pair {
                fn from(signature: Signature<$scheme>) -> Self {
                    *signature.pair()
                }
            }

            impl From<Signature<$scheme>> for RecoveryId {
                fn from(signature: Signature<$scheme>) -> Self {
                    let id = signature.recovery_id();
                    Self::new(id & 1 != 0, id & 2 != 0)
                }
            }

            impl From<Signature<$scheme>> for (Pair, RecoveryId) {
                fn from(signature: Signature<$scheme>) -> Self {
                    (signature.into(), signature.into())
                }
            }

            /// The points of a [`Sharing`] and of a [`Derived`] are never the identity, so the first turn returns.
            fn verifying_key(mut point: ProjectivePoint) -> VerifyingKey {
                loop {
                    if let Some(point) = NonIdentity::new(point).into_option() {
                        return $curve::PublicKey::from(point).into();
                    }
                    point = ProjectivePoint::GENERATOR;
                }
            }

            impl From<&Sharing<$scheme>> for VerifyingKey {
                fn from(sharing: &Sharing<$scheme>) -> Self {
                    verifying_key(sharing.commitment().public_key())
                }
            }

            impl From<&PublicKey<$scheme>> for VerifyingKey {
                fn from(key: &PublicKey<$scheme>) -> Self {
                    verifying_key(key.commitment().public_key())
                }
            }

            impl From<&Derived<<$scheme as Scheme>::Curve>> for VerifyingKey {
                fn from(key: &Derived<<$scheme as Scheme>::Curve>) -> Self {
                    verifying_key(*key.point())
                }
            }
        };
    };
}

ecdsa!("secp256k1", EcdsaSecp256k1, k256, true);
ecdsa!("p256", EcdsaP256, p256, false);
