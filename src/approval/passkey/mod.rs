//! A distributed passkey: a threshold P-256 key that signs as a WebAuthn authenticator, for one relying party, or as an owner of one Safe.
//!
//! What a passkey signs is not a message that somebody hands over but two structures that the browser and the authenticator make: client data
//! with challenge and origin, and authenticator data with the hash of the RP ID and the flags. Here there is neither, so **every holder of a
//! share makes both itself**, from its own record of the key and a payload that it has compared with that record, and signs only what it made.
//! A coordinator that lies about any of it gets signatures of nothing.
//!
//! # What it is, and what not
//! It is one P-256 key that no device has, which a quorum uses, whose loss of a device is survivable and whose holders can be replaced without
//! a transaction on the chain. It is not attested by hardware; not a platform passkey: a client or an extension must present its assertions;
//! not private among the holders, who see every login. After a reshare the old shares must be erased: nothing on the chain revokes them.
//! The flags UP and UV are the quorum's word, and the relying party cannot tell from outside what stands behind it; behind UV stands that each
//! holder verified an approval with a real passkey and user verification for this very request (X6). Real passkeys approve, the quorum signs; so never enrol a
//! distributed passkey as an approver of its own holders, and never make a web key the owner of a Safe.
//!
//! # The key and its record
//! The key is an `EcdsaP256` key, used whole: nothing is derived from it. The [`Record`] says for which RP ID, origin and mode it signs, and in
//! mode Safe for which chain and Safe. Credential id: `H("dpk/cred"; public key 33, rp id)`, 32 bytes.
//!
//! # What is asked for, and what is signed
//! A request of action Sign under digest rule 6, whose payload is a [`Payload`] and whose facts are [`Payload::facts`] ([`PasskeyDecoder`]). A web payload has the
//! challenge of the relying party. A Safe's has the transaction, and as challenge its hash ([`safe`]), which the Safe's signer contract
//! recomputes and puts into the client data. The bytes that are hashed and signed are in [`client`].
//!
//! # Checks
//! Each holder makes them before it signs ([`check()`]), in this order. The error of check n has the number 6100 + n ([`PasskeyError::code`]).
//!
//! | id | check | error |
//! |---|---|---|
//! | X1 | the RP ID is the record's | `WrongRp` |
//! | X2 | origin and mode are the record's; the record's origin is an https origin at or below the RP ID, or a native app's, which is checked when a record is made or read. Were the mode not compared, a web request on a Safe's key could have the hash of a transaction as its challenge, past X4 and X5 | `WrongOrigin`, `WrongMode` |
//! | X3 | challenge of 16 to 64 bytes, a Safe's of exactly 32; flags `19` (UP, BE, BS) or `1d` (and UV), a Safe's `1d` | `Challenge`, `Flags` |
//! | X4 | chain and Safe are the record's, and the challenge is the hash of the fields, recomputed | `WrongSafeTx` |
//! | X5 | no delegate call; what is paid back for gas is a fee among the facts | `DelegateCall` |
//! | X6 | UV is set only if this holder verified an approval by a passkey with user verification for this request; an operator's key is none | `NoUserEvidence` |
//! | X7 | there is no other path: every digest rule but 6, and every path but the empty one, is refused | `RawRefused` |
//!
//! The signer contract checks the signature and UV. It does not look at UP, origin, RP ID or counter, so X1 to X5 are the only such checks
//! there are. Other contracts differ: what takes an assertion as a structure with indices into the client data, as Base's verifier does, is not served.
//!
//! # What comes out
//! [`Statement::finish`] takes the quorum's signature, verifies it, and gives the [`Assertion`], always with low s: in DER for a relying party,
//! or encoded for the signer contract and the Safe ([`owners`]). [`register`] makes what a relying party enrols the key with.
//!
//! ```
//! use quorate::approval::keyfmt::P256Key;
//! use quorate::approval::passkey::{Mode, Payload, Record, check};
//! # use p256::ecdsa::{Signature, SigningKey, signature::Signer};
//! # let secret = SigningKey::from_slice(&[7; 32])?;
//! # let key = P256Key::from_sec1(secret.verifying_key().to_sec1_point(true).as_bytes())?;
//! // Each holder has the key's record.
//! let record = Record::new(key, "bank.example", "https://app.bank.example", Mode::Web)?;
//!
//! // Somebody wants to log in. The payload travels in a request.
//! let payload = Payload::web(&record, &[0x5a; 32], false).to_bytes()?;
//!
//! // A holder reads it, checks it, and signs the preimage together with the others. The request's hash and the approvals for it come from
//! // the gate; without user verification none is needed.
//! let statement = check(&record, &Payload::from_bytes(&payload)?, &[1; 32], None)?;
//! assert_eq!(statement.preimage().len(), 37 + 32);
//! # let signature: Signature = secret.sign(&statement.preimage());
//! # let signature: [u8; 64] = signature.to_bytes().into();
//! let assertion = statement.finish(&signature)?;
//! assert_eq!(assertion.credential_id(), record.credential_id());
//! assert!(assertion.client_data_json().starts_with(br#"{"type":"webauthn.get","challenge":"WlpaWlpa"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
pub mod client;
mod error;
mod facts;
mod output;
pub mod owners;
mod payload;
mod record;
pub mod safe;

pub use check::{Statement, UserEvidence, check};
pub use error::PasskeyError;
pub use facts::PasskeyDecoder;
pub use output::{Assertion, Registration, register};
pub use payload::{MAX_DATA, Payload, Transaction};
pub use record::{MAX_ORIGIN, MAX_RP_ID, Mode, Record};
