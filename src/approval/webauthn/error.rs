//! What a registration or an assertion is refused for.

use crate::approval::cbor::CborFault;
use crate::approval::json::JsonFault;
use crate::approval::keyfmt::KeyFormatError;

/// An input whose size has bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Field {
    /// The challenge that the caller expects: 16 to 64 bytes.
    Challenge,
    /// `clientDataJSON`: 1 to 4096 bytes.
    ClientData,
    /// `authenticatorData` of an assertion: 37 to 1024 bytes.
    AuthenticatorData,
    /// The signature of an assertion: 8 to 72 bytes.
    Signature,
    /// The credential id: 1 to 1023 bytes.
    CredentialId,
    /// The user handle: 1 to 64 bytes.
    UserHandle,
    /// The attestation object: 1 to 16384 bytes.
    AttestationObject,
}

/// A mistake in a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFault {
    /// There is no RP ID, or no origin.
    #[error("no RP ID or no origin")]
    Empty,
    /// An RP ID is not a host name in lower case.
    #[error("an RP ID is not a host name in lower case")]
    RpId,
    /// An origin is not `https://host` or `https://host:port` in the form that browsers write, or `http` where that is not allowed.
    #[error("an origin is not in the form that browsers write")]
    Origin,
    /// An origin is under no RP ID, and not listed as related.
    #[error("an origin is under no RP ID")]
    ForeignOrigin,
    /// The origin of a native app is empty, too long, `null`, of the web, or has characters beside printable ASCII.
    #[error("not the origin of a native app")]
    NativeOrigin,
}

/// A member of `clientDataJSON`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Member {
    /// `type`, a string.
    Type,
    /// `challenge`, a string.
    Challenge,
    /// `origin`, a string.
    Origin,
    /// `crossOrigin`, a boolean, may be absent.
    CrossOrigin,
    /// `topOrigin`, a string, may be absent.
    TopOrigin,
}

/// Why `clientDataJSON` cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientDataFault {
    /// It is not one object of strict JSON.
    #[error("not strict JSON: {0}")]
    Json(JsonFault),
    /// A member is missing.
    #[error("the member {0:?} is missing")]
    Missing(Member),
    /// A member has a value of another kind.
    #[error("the member {0:?} is of another kind")]
    Kind(Member),
}

/// Why authenticator data cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthDataFault {
    /// It ends too early.
    #[error("the authenticator data end too early")]
    Truncated,
    /// An assertion has attested credential data.
    #[error("attested credential data in an assertion")]
    Attested,
    /// A registration has no attested credential data.
    #[error("no attested credential data in a registration")]
    NotAttested,
    /// The credential id of a registration has fewer than 16 bytes, or more than 1023.
    #[error("a credential id of {0} bytes")]
    CredentialIdLength(u16),
    /// The credential's key is refused.
    #[error("the credential's key: {0}")]
    Key(KeyFormatError),
    /// The key or the extensions are not canonical CBOR.
    #[error("not canonical CBOR: {0}")]
    Cbor(CborFault),
    /// The extensions are not a map.
    #[error("the extensions are not a map")]
    ExtensionsKind,
    /// Bytes follow.
    #[error("bytes after the authenticator data")]
    Trailing,
}

/// Why an attestation is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationFault {
    /// N2: The object is not strict CBOR.
    #[error("not strict CBOR: {0}")]
    Cbor(CborFault),
    /// N2: The object is not a map of exactly `fmt`, `attStmt` and `authData`.
    #[error("not a map of exactly fmt, attStmt and authData")]
    Members,
    /// N5: The statement of format `none` is not the empty map.
    #[error("a statement where the format is none")]
    NotEmpty,
    /// N6: The statement of a self attestation is not exactly an algorithm, the key's, and a signature.
    #[error("not the statement of a self attestation")]
    Statement,
    /// N6: The signature of a self attestation does not verify.
    #[error("the self attestation does not verify")]
    Signature,
}

/// An assertion, or what a registration shares with one, is refused. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebauthnError {
    /// W0: The configuration is not possible.
    #[error("not a possible configuration: {0}")]
    BadConfig(ConfigFault),
    /// W1: An input is larger than it may be, or smaller.
    #[error("the size of {0:?} is out of bounds")]
    TooLarge(Field),
    /// W2: The expected owner, or the set, has no such credential.
    #[error("no such credential")]
    UnknownCredential,
    /// W2: The credential is not active.
    #[error("the credential is not active")]
    Inactive,
    /// W3: The user handle is not the record's, or absent where the owner is not known.
    #[error("the user handle is another, or missing")]
    UserHandle,
    /// W4: `clientDataJSON` cannot be read.
    #[error("client data: {0}")]
    ClientData(ClientDataFault),
    /// W5: It is of another ceremony.
    #[error("the client data are of another type")]
    WrongType,
    /// W6: It answers another challenge.
    #[error("the answer to another challenge")]
    WrongChallenge,
    /// W7: The origin is not in the list.
    #[error("the origin is not in the list")]
    OriginNotAllowed,
    /// W8: It was made in a frame of another origin.
    #[error("made in a frame of another origin")]
    CrossOrigin,
    /// W8: The origin of the page around the frame is not in the list, or given where there is no frame.
    #[error("the origin of the page around is not in the list")]
    TopOrigin,
    /// W9: The authenticator data cannot be read.
    #[error("authenticator data: {0}")]
    AuthData(AuthDataFault),
    /// W10: It is for an RP ID that is not the credential's, or not in the list.
    #[error("for another RP ID")]
    RpId,
    /// W11: Nobody touched the authenticator.
    #[error("the user was not present")]
    UserNotPresent,
    /// W12: The authenticator did not verify the user.
    #[error("the user was not verified")]
    UserNotVerified,
    /// W13: The credential is backed up, and cannot be.
    #[error("backed up, but not eligible for backup")]
    BackupFlags,
    /// W14: Eligibility for backup changed, which it cannot.
    #[error("the eligibility for backup changed")]
    BackupChanged,
    /// W15: The configuration forbids such credentials.
    #[error("credentials that are backed up are not allowed")]
    BackupForbidden,
    /// W16: The signature is not in the one form.
    #[error("the signature is not in DER form")]
    SignatureEncoding,
    /// W17: The signature does not verify.
    #[error("the signature does not verify")]
    BadSignature,
    /// W18: The signature counter did not rise: there may be a copy of the key.
    #[error("the signature counter did not rise")]
    CounterRegressed,
}

impl WebauthnError {
    /// A stable number: 5400, and the check's.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::BadConfig(_) => 5400,
            Self::TooLarge(_) => 5401,
            Self::UnknownCredential | Self::Inactive => 5402,
            Self::UserHandle => 5403,
            Self::ClientData(_) => 5404,
            Self::WrongType => 5405,
            Self::WrongChallenge => 5406,
            Self::OriginNotAllowed => 5407,
            Self::CrossOrigin | Self::TopOrigin => 5408,
            Self::AuthData(_) => 5409,
            Self::RpId => 5410,
            Self::UserNotPresent => 5411,
            Self::UserNotVerified => 5412,
            Self::BackupFlags => 5413,
            Self::BackupChanged => 5414,
            Self::BackupForbidden => 5415,
            Self::SignatureEncoding => 5416,
            Self::BadSignature => 5417,
            Self::CounterRegressed => 5418,
        }
    }
}

/// A registration is refused. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolError {
    /// N1, N4: A check that assertions have too.
    #[error(transparent)]
    Webauthn(#[from] WebauthnError),
    /// N2, N5, N6: The attestation is refused.
    #[error("attestation: {0}")]
    Attestation(AttestationFault),
    /// N3: The authenticator data cannot be read.
    #[error("authenticator data: {0}")]
    AuthData(AuthDataFault),
    /// N7: An attestation that this crate does not verify, and the configuration does not take unverified.
    #[error("an attestation that is not supported")]
    UnsupportedAttestation,
    /// N8: The id or the key is that of a credential in the set.
    #[error("the credential is in the set already")]
    DuplicateCredential,
}

impl EnrolError {
    /// A stable number: that of the shared check, or 5450 and the check's.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Webauthn(error) => error.code(),
            Self::Attestation(AttestationFault::Cbor(_) | AttestationFault::Members) => 5452,
            Self::AuthData(_) => 5453,
            Self::Attestation(AttestationFault::NotEmpty) => 5455,
            Self::Attestation(AttestationFault::Statement | AttestationFault::Signature) => 5456,
            Self::UnsupportedAttestation => 5457,
            Self::DuplicateCredential => 5458,
        }
    }
}
