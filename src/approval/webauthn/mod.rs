//! WebAuthn: assertions and registrations, ES256.

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
