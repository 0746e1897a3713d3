//! WebAuthn: what a passkey signed, and for whom. ES256 alone, no attestation chains.
//!
//! Registrations give a [`Credential`] ([`enrol`]); assertions with it are verified against its record ([`verify`]). Both are
//! pure: they read no clock, keep no state, change no record and consume no challenge. The standard is W3C Web Authentication
//! Level 3; section 7 is the part for relying parties, and this module is stricter than it where a relying party may be.
//!
//! ```
//! use quorate::approval::approver::ApproverId;
//! use quorate::approval::webauthn::{
//!     Assertion, CredentialSet, Expected, Registration, Settings, WebauthnConfig, enrol, verify,
//! };
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # fn hex(text: &str) -> Vec<u8> { hex::decode(text).unwrap() }
//!
//! // The example "ES256 Credential with No Attestation" of the standard, section 16.2, with its bytes. Its user is not verified.
//! let mut settings = Settings::new(&["example.org"], &["https://example.org"]);
//! settings.require_uv = false;
//! let config = WebauthnConfig::new(settings)?;
//!
//! let challenge = hex("00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130");
//! let registration = Registration {
//!     client_data: br#"{"type":"webauthn.create","challenge":"AMMPt4UxxGTStncdq417YDwBFi8vpIa-pw8oOuVW4TA","origin":"https://example.org","crossOrigin":false,"extraData":"clientDataJSON may be extended with additional fields in the future, such as this: BkQeDjdcTBrXBiAwJTLE5Q"}"#,
//!     attestation_object: &hex(concat!(
//!         "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8",
//!         "edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3f",
//!         "b63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb2",
//!         "49c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
//!     )),
//!     user_handle: b"alice, as the browser was told",
//! };
//! let mut credentials = CredentialSet::new();
//! let new = enrol(&config, &challenge, &registration, &credentials)?;
//! let alice = ApproverId([1; 32]);
//! credentials.insert(alice, new.into_credential())?;
//!
//! let challenge = hex("39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408");
//! let assertion = Assertion {
//!     credential_id: &hex("f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4"),
//!     client_data: br#"{"type":"webauthn.get","challenge":"OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag","origin":"https://example.org","crossOrigin":false}"#,
//!     authenticator_data: &hex("bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000"),
//!     signature: &hex(concat!(
//!         "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f5",
//!         "75bf11a1dd5d78c6e486013f937295ea13653e331e87",
//!     )),
//!     user_handle: None,
//! };
//! let verified = verify(&config, &credentials, Expected { challenge: &challenge, owner: Some(alice) }, &assertion)?;
//! assert_eq!(verified.approver(), alice);
//! assert!(verified.flags().user_present() && !verified.flags().user_verified());
//!
//! // Once whatever the challenge stands for is accepted, and not before:
//! credentials.apply(verified.update())?;
//! # Ok(())
//! # }
//! ```
//!
//! # Configuration
//! A [`WebauthnConfig`] is made from the application's own settings, and nothing makes one from a header, a host name or a
//! URL of a request. There is an RP ID and an origin at least. RP IDs are host names in lower-case ASCII. Origins are written as
//! browsers serialise them, and the host of each is an RP ID or below one, unless the origin is listed as related. Plain `http` is
//! for `localhost` and names below it, and only by option. Origins of native apps are plain strings.
//!
//! | id | check | error |
//! |---|---|---|
//! | W0 | all of this, when the configuration is made | [`BadConfig`](WebauthnError::BadConfig) |
//!
//! # Assertions
//! [`verify`] checks in this order, and names the first that fails. `C` is `clientDataJSON`, `A` is `authenticatorData`.
//!
//! | id | check | error |
//! |---|---|---|
//! | W1 | sizes in bytes: expected challenge 16 to 64, C 1 to 4096, A 37 to 1024, signature 8 to 72, id 1 to 1023, user handle 1 to 64 if there is one | [`TooLarge`](WebauthnError::TooLarge) |
//! | W2 | the id names a credential of the expected owner, or of anybody if none is expected, and it is active | [`UnknownCredential`](WebauthnError::UnknownCredential), [`Inactive`](WebauthnError::Inactive) |
//! | W3 | the user handle, if there is one, is the record's; without an expected owner there is one | [`UserHandle`](WebauthnError::UserHandle) |
//! | W4 | C is read as below | [`ClientData`](WebauthnError::ClientData) |
//! | W5 | `type` is `webauthn.get` | [`WrongType`](WebauthnError::WrongType) |
//! | W6 | `challenge` is the base64url text, without padding, of the expected challenge; nothing is decoded | [`WrongChallenge`](WebauthnError::WrongChallenge) |
//! | W7 | `origin` is in the list, as a whole and byte for byte | [`OriginNotAllowed`](WebauthnError::OriginNotAllowed) |
//! | W8 | `crossOrigin` true, or a `topOrigin`, only where [`CrossOrigin::Allow`] is set; `topOrigin` only with `crossOrigin` true, and in its list | [`CrossOrigin`](WebauthnError::CrossOrigin), [`TopOrigin`](WebauthnError::TopOrigin) |
//! | W9 | A: flag AT clear; ED clear and 37 bytes, or ED set and then one map of canonical CBOR, and nothing after. Flags 1 and 5 are ignored | [`AuthData`](WebauthnError::AuthData) |
//! | W10 | the RP ID hash is of an RP ID in the list which is also the credential's | [`RpId`](WebauthnError::RpId) |
//! | W11, W12 | UP is set; UV is set where required | [`UserNotPresent`](WebauthnError::UserNotPresent), [`UserNotVerified`](WebauthnError::UserNotVerified) |
//! | W13 | BS only with BE | [`BackupFlags`](WebauthnError::BackupFlags) |
//! | W14 | BE is the record's | [`BackupChanged`](WebauthnError::BackupChanged) |
//! | W15 | the rule on backup | [`BackupForbidden`](WebauthnError::BackupForbidden) |
//! | W16 | the signature is strict DER ([`K8`](super::keyfmt)) | [`SignatureEncoding`](WebauthnError::SignatureEncoding) |
//! | W17 | ECDSA on P-256 with SHA-256, by the record's key, over `A \|\| SHA-256(C)`, all bytes as received | [`BadSignature`](WebauthnError::BadSignature) |
//! | W18 | the counter is above the record's; or both are zero; or it is the record's, and the challenge is the one last accepted for this credential, as in a retry. What else means is [`CounterRule`]'s to say | [`CounterRegressed`](WebauthnError::CounterRegressed) |
//!
//! # Client data
//! UTF-8, after one byte order mark at most; one object of strict JSON (RFC 8259) with at most 4 levels, 32 members an object, no
//! two members of one name at any level, no lone surrogates, and only white space around it. `type`, `challenge`, `origin` and,
//! if present, `topOrigin` are strings; `crossOrigin` is a boolean, false if absent. Other members are tolerated: browsers add
//! some at random, so that nobody compares the text with a template.
//!
//! # Registrations
//! | id | check, in this order | error |
//! |---|---|---|
//! | N1 | sizes: challenge and C as in W1, attestation object 1 to 16384, user handle 1 to 64; W4; `type` is `webauthn.create`; W6, W7, W8 | [`Webauthn`](EnrolError::Webauthn) |
//! | N2 | the attestation object is strict CBOR, keys in any order, and a map of exactly `fmt`, `attStmt`, `authData` | [`Attestation`](EnrolError::Attestation) |
//! | N3 | `authData`: AT set; aaguid 16, an id of 16 to 1023 bytes, a key ([`K1`](super::keyfmt)), then extensions as in W9 | [`AuthData`](EnrolError::AuthData) |
//! | N4 | the RP ID hash is of an RP ID in the list; W11, W12, W13, W15 | [`Webauthn`](EnrolError::Webauthn) |
//! | N5 | format `none`: the statement is the empty map | [`Attestation`](EnrolError::Attestation) |
//! | N6 | format `packed` without certificates: exactly the key's algorithm and a signature, which verifies by the new key over `authData \|\| SHA-256(C)` | [`Attestation`](EnrolError::Attestation) |
//! | N7 | every other attestation: only where [`Settings::accept_unverified`] is set, and then it counts as none | [`UnsupportedAttestation`](EnrolError::UnsupportedAttestation) |
//! | N8 | no credential of the set, active or not, has this id or this key | [`DuplicateCredential`](EnrolError::DuplicateCredential) |
//!
//! # The caller's duties
//! - A challenge binds what it approves, is made for one purpose, and is accepted once. None of that follows from a passkey.
//! - The [`RecordUpdate`] is stored only after what was approved has been accepted, by compare-and-set on the old counter.
//! - Under [`CounterRule::Strict`] the answers of a key that counts are good only in the order in which it gave them. One that waited
//!   while a later one was accepted is asked for anew, and so is the first of two that were for one request, if that is decided again.
//! - The standard wants another factor before `uv_initialised` turns from false to true. Who relies on it must see to that.
//!
//! # What an assertion does not prove
//! On which device the key is, whether there are copies of it (BE and BS are claims; the counter is a hint), when it was signed,
//! and what its user was shown. UV says that the authenticator verified somebody by its own means. The aaguid is a claim too.

mod assertion;
mod authdata;
mod clientdata;
mod config;
mod credential;
mod error;
mod registration;
mod set;

pub use assertion::{Assertion, Expected, Verified, verify};
pub use authdata::Flags;
pub use config::{BackupRule, CounterRule, CrossOrigin, Settings, WebauthnConfig};
pub use credential::{Attestation, Credential, Parts, RecordUpdate, StaleUpdate};
pub use error::{
    AttestationFault, AuthDataFault, ClientDataFault, ConfigFault, EnrolError, Field, Member, WebauthnError,
};
pub use registration::{NewCredential, Registration, enrol};
pub use set::{CredentialSet, Entry};
