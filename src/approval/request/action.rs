//! What is asked for, and how a payload becomes what is signed.

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[repr(u8)]
pub enum Action {
    /// A signature over a payload that is decoded.
    Sign = 1,
    /// New shares for the same holders.
    Refresh = 2,
    /// New shares for other holders.
    Reshare = 3,
    /// A lost share is given back.
    Repair = 4,
    /// The key's secret is put together.
    Export = 5,
    /// A secret from outside becomes a key.
    Import = 6,
    /// Another policy.
    PolicyChange = 7,
    /// Other approvers, with the policy that names them.
    ApproverChange = 8,
    /// Other members of the cluster.
    RosterChange = 9,
    /// A backup leaves.
    BackupExport = 10,
    /// A signature over a payload that need not be readable, or over a hash.
    SignRaw = 11,
}

impl Action {
    pub(crate) const ALL: [Self; 11] = [
        Self::Sign,
        Self::Refresh,
        Self::Reshare,
        Self::Repair,
        Self::Export,
        Self::Import,
        Self::PolicyChange,
        Self::ApproverChange,
        Self::RosterChange,
        Self::BackupExport,
        Self::SignRaw,
    ];

    pub(crate) fn from_wire(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|action| *action as u8 == number)
    }

    /// All but [`Action::Sign`] and [`Action::Refresh`]: a minimum of approval is fixed in code for them.
    #[must_use]
    pub const fn is_high_risk(self) -> bool {
        !matches!(self, Self::Sign | Self::Refresh)
    }

    /// Whether something is signed, so that there are facts.
    #[must_use]
    pub const fn signs(self) -> bool {
        matches!(self, Self::Sign | Self::SignRaw)
    }

    /// Whether it is about one key. Of the others the payload says what is meant.
    #[must_use]
    pub const fn has_key(self) -> bool {
        matches!(
            self,
            Self::Sign | Self::Refresh | Self::Reshare | Self::Repair | Self::Export | Self::SignRaw
        )
    }

    /// The name in policies and traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Refresh => "refresh",
            Self::Reshare => "reshare",
            Self::Repair => "repair",
            Self::Export => "export",
            Self::Import => "import",
            Self::PolicyChange => "policy_change",
            Self::ApproverChange => "approver_change",
            Self::RosterChange => "roster_change",
            Self::BackupExport => "backup_export",
            Self::SignRaw => "sign_raw",
        }
    }
}

/// How the payload becomes what is signed. The digest is always computed by the holder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum DigestRule {
    /// Nothing is signed: the payload is the canonical bytes of a change.
    None = 0,
    /// The payload is the message (FROST).
    Message = 1,
    /// SHA-256 (ECDSA).
    Sha256 = 2,
    /// SHA-256 of SHA-256 (ECDSA).
    DoubleSha256 = 3,
    /// Keccak-256 (ECDSA).
    Keccak256 = 4,
    /// The hash tagged `TapSighash` of BIP-341; the payload starts with the epoch byte, which is 0 (Taproot).
    TapSighash = 5,
    /// An assertion that each holder builds itself (ECDSA on P-256 as a passkey).
    Webauthn = 6,
    /// The payload is the 32 bytes to sign. [`Action::SignRaw`] only.
    Prehashed = 7,
}

impl DigestRule {
    const ALL: [Self; 8] = [
        Self::None,
        Self::Message,
        Self::Sha256,
        Self::DoubleSha256,
        Self::Keccak256,
        Self::TapSighash,
        Self::Webauthn,
        Self::Prehashed,
    ];

    pub(crate) fn from_wire(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| *rule as u8 == number)
    }

    /// Whether the scheme with this number signs so. The numbers are those of [`crate::curve::Scheme::ID`]: 1 and 2 are ECDSA, 4 is Taproot,
    /// 3, 5, 6 and 7 are the FROST suites of RFC 9591.
    const fn fits_scheme(self, scheme: u8) -> bool {
        match self {
            Self::None => scheme <= 7,
            Self::Message => matches!(scheme, 3 | 5 | 6 | 7),
            Self::Sha256 | Self::DoubleSha256 | Self::Keccak256 => matches!(scheme, 1 | 2),
            Self::TapSighash => scheme == 4,
            Self::Webauthn => scheme == 2,
            Self::Prehashed => matches!(scheme, 1..=7),
        }
    }

    const fn fits_action(self, action: Action) -> bool {
        match (action, self) {
            (Action::Sign, Self::None | Self::Prehashed) | (Action::SignRaw, Self::None | Self::Webauthn) => {
                false
            }
            (Action::Sign | Action::SignRaw, _) | (_, Self::None) => true,
            _ => false,
        }
    }

    fn fits_payload(self, payload: &[u8]) -> bool {
        match self {
            Self::TapSighash => payload.first() == Some(&0),
            Self::Prehashed => payload.len() == 32,
            _ => true,
        }
    }

    /// Whether all four go together; scheme 0 is none.
    pub(super) fn fits(self, action: Action, scheme: u8, payload: &[u8]) -> bool {
        let scheme_there = (scheme != 0) == action.has_key();
        scheme_there && self.fits_action(action) && self.fits_scheme(scheme) && self.fits_payload(payload)
    }
}
