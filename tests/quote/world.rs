//! A shop and a wallet.

use std::convert::Infallible;

use base64ct::{Base64, Encoding};
use k256::ecdsa::SigningKey;
use quorate::approval::fact::Amount;
use quorate::approval::quote::{
    Address, Authorization, MacKey, MacKeys, Offer, Payment, Quote, Served, Shop, TokenDomain,
};
use quorate::secret::Secret;
use rand_core::{TryCryptoRng, TryRng};
use sha2::Digest as _;
use sha3::Keccak256;

pub(crate) const NOW: u64 = 1_800_000_000;

/// Always the same byte, so that a quote's id is known.
pub(crate) struct Constant(pub(crate) u8);

impl TryRng for Constant {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Constant {}

pub(crate) fn key(n: u8) -> MacKey {
    MacKey::new([n; 16], Secret::new((n - 1..n + 31).collect())).unwrap()
}

pub(crate) fn keys() -> MacKeys {
    MacKeys::new(key(1), None).unwrap()
}

pub(crate) fn address(n: u8) -> Address {
    Address([n; 20])
}

pub(crate) fn domain() -> TokenDomain {
    TokenDomain {
        network: "eip155:84532".into(),
        alias: Some("base-sepolia".into()),
        chain_id: 84532,
        contract: Address::from_text("0x036CbD53842c5426634e7929541eC2318f3dCF7e").unwrap(),
        name: "USDC".into(),
        version: "2".into(),
    }
}

pub(crate) fn shop() -> Shop {
    Shop { keys: keys(), domain: domain(), max_lifetime_s: 300, margin_s: 30 }
}

pub(crate) fn served() -> Served<'static> {
    Served { method: "POST", resource: b"/report?id=7", body: b"{\"deep\":true}" }
}

pub(crate) fn offer() -> Offer {
    Offer {
        method: "POST".into(),
        resource: b"/report?id=7".to_vec(),
        body: sha2::Sha256::digest(b"{\"deep\":true}").into(),
        network: "eip155:84532".into(),
        asset: domain().contract,
        pay_to: address(0x33),
        payer: Wallet::default().address(),
        amount: Amount::from(10_000),
    }
}

pub(crate) type Authorized = (Authorization, [u8; 65]);

/// An account, by the byte that its secret is made of.
pub(crate) struct Wallet(pub(crate) u8);

impl Default for Wallet {
    fn default() -> Self {
        Self(0x0b)
    }
}

impl Wallet {
    fn key(&self) -> SigningKey {
        SigningKey::from_slice(&[self.0; 32]).unwrap()
    }

    pub(crate) fn address(&self) -> Address {
        let point = self.key().verifying_key().to_sec1_point(false);
        let hash: [u8; 32] = Keccak256::digest(&point.as_bytes()[1..]).into();
        Address(hash[12..].try_into().unwrap())
    }

    /// Signs what pays the quote, after a change.
    pub(crate) fn authorize(&self, quote: &Quote, change: impl Fn(&mut Authorization)) -> Authorized {
        let mut authorization = Authorization {
            from: self.address(),
            to: quote.offer().pay_to,
            value: quote.offer().amount,
            valid_after: NOW - 10,
            valid_before: NOW + 150,
            nonce: quote.nonce(),
        };
        change(&mut authorization);
        let digest = domain().digest(&authorization);
        let (signature, recovery) = self.key().sign_prehash_recoverable(&digest);
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&signature.to_bytes());
        bytes[64] = 27 + recovery.to_byte();
        (authorization, bytes)
    }

    pub(crate) fn pay(&self, quote: &Quote, change: impl Fn(&mut Authorization)) -> Payment {
        read(&header(&self.authorize(quote, change), None))
    }
}

pub(crate) fn read(json: &str) -> Payment {
    Payment::from_header(Base64::encode_string(json.as_bytes()).as_bytes()).unwrap()
}

fn payload((authorization, signature): &Authorized) -> String {
    let Authorization { from, to, value, valid_after, valid_before, nonce } = authorization;
    let value = u128::from_be_bytes(value.0[16..].try_into().unwrap());
    format!(
        r#"{{"signature":"0x{}","authorization":{{"from":"{from:?}","to":"{to:?}","value":"{value}","validAfter":"{valid_after}","validBefore":"{valid_before}","nonce":"0x{}"}}}}"#,
        hex::encode(signature),
        hex::encode(nonce)
    )
}

/// As version 2 has it. What was accepted is the offer of these tests.
pub(crate) fn header(authorized: &Authorized, token: Option<&str>) -> String {
    let Offer { network, asset, pay_to, .. } = offer();
    let extensions = token.map_or(String::new(), |token| {
        format!(r#","extensions":{{"quote":{{"info":{{"token":"{token}"}}}}}}"#)
    });
    format!(
        r#"{{"x402Version":2,"accepted":{{"scheme":"exact","network":"{network}","amount":"10000","asset":"{asset:?}","payTo":"{pay_to:?}","maxTimeoutSeconds":60}},"payload":{}{extensions}}}"#,
        payload(authorized)
    )
}

/// As version 1 has it.
pub(crate) fn header_v1(authorized: &Authorized, network: &str, token: &str) -> String {
    format!(
        r#"{{"x402Version":1,"scheme":"exact","network":"{network}","payload":{},"extra":{{"quote":"{token}"}}}}"#,
        payload(authorized)
    )
}

/// A token and what pays it.
pub(crate) fn signed() -> (String, Payment) {
    let (quote, token) = keys().quote(offer(), NOW, 300, &mut Constant(1)).unwrap();
    let payment = Wallet::default().pay(&quote, |_| {});
    (token, payment)
}
