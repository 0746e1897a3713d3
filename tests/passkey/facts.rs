//! What holders read out of a payload.

use super::given::{RP, login, with};
use quorate::approval::fact::{Amount, Fact};
use quorate::approval::passkey::safe::SafeTx;

const CHAIN: &str = "eip155:1";
const COIN: &str = "eip155:1/slip44:60";
const TO: &str = "0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0";
const TOKEN: &str = "eip155:1/erc20:0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0";
const PAYEE: &str = "0xabababababababababababababababababababab";

/// Of a transaction to [`TO`] with this value and these data.
fn facts(value: u128, data: &[u8]) -> Vec<Fact> {
    with(|t| (t.tx.value, t.tx.data) = (Amount::from(value), data.to_vec())).facts()
}

/// A token's function of two arguments, the first an address.
fn function(selector: [u8; 4], party: [u8; 32], amount: Amount) -> Vec<u8> {
    [&selector[..], &party, &amount.0].concat()
}

fn payee() -> [u8; 32] {
    let mut word = [0xab; 32];
    word[..12].fill(0);
    word
}

const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];
const APPROVE: [u8; 4] = [0x09, 0x5e, 0xa7, 0xb3];

#[test]
fn a_login_is_one_call() {
    assert_eq!(login().facts(), [Fact::call("webauthn", RP, "")]);
}

#[test]
fn coins_tokens_allowances_and_calls() {
    assert_eq!(facts(5, &[]), [Fact::transfer(CHAIN, COIN, TO, Amount::from(5))]);
    assert_eq!(facts(0, &[]), [Fact::call(CHAIN, TO, "")]);
    let seven = Amount::from(7);
    assert_eq!(facts(0, &function(TRANSFER, payee(), seven)), [Fact::transfer(CHAIN, TOKEN, PAYEE, seven)]);
    assert_eq!(
        facts(0, &function(APPROVE, payee(), Amount::MAX)),
        [Fact::allowance(CHAIN, TOKEN, PAYEE, Amount::MAX)]
    );
    assert_eq!(
        facts(3, &[0xde, 0xad, 0xbe, 0xef, 1]),
        [Fact::transfer(CHAIN, COIN, TO, Amount::from(3)), Fact::call(CHAIN, TO, "0xdeadbeef")]
    );
    assert_eq!(
        facts(3, &function(TRANSFER, payee(), seven)),
        [Fact::transfer(CHAIN, COIN, TO, Amount::from(3)), Fact::transfer(CHAIN, TOKEN, PAYEE, seven)]
    );
}

/// A contract may read such data in more than one way, so nothing is said about them.
#[test]
fn what_is_not_in_its_one_form_is_opaque() {
    let good = function(TRANSFER, payee(), Amount::from(7));
    let mut dirty = good.clone();
    dirty[4] = 1;
    let long = [&good[..], &[0]].concat();
    for data in [
        &dirty,
        &long,
        &good[..67],
        &good[..4],
        &good[..3],
        &good[..1],
        &function(APPROVE, [1; 32], Amount::ZERO),
    ] {
        assert_eq!(facts(1, data), [Fact::opaque()], "{data:02x?}");
    }
    let delegate = with(|t| t.tx.operation = 1);
    assert_eq!(delegate.facts(), [Fact::opaque()]);
}

#[test]
fn x5_a_refund_is_a_fee() {
    let fee = |change: &dyn Fn(&mut SafeTx)| with(|t| change(&mut t.tx)).facts().get(1).cloned();
    assert_eq!(fee(&|tx| tx.safe_tx_gas = Amount::from(1)), None);
    assert_eq!(fee(&|tx| tx.base_gas = Amount::from(1)), None);
    let all = fee(&|tx| {
        (tx.safe_tx_gas, tx.base_gas, tx.gas_price) =
            (Amount::from(100_000), Amount::from(21_000), Amount::from(30));
    });
    assert_eq!(all, Some(Fact::fee(CHAIN, COIN, Amount::from((100_000 + 21_000 + 50_000) * 30))));
    assert_eq!(
        fee(&|tx| tx.gas_price = Amount::from(2)),
        Some(Fact::fee(CHAIN, COIN, Amount::from(100_000)))
    );
    let token = fee(&|tx| (tx.gas_token, tx.gas_price) = ([0xb0; 20], Amount::from(1)));
    assert_eq!(token, Some(Fact::fee(CHAIN, TOKEN, Amount::from(50_000))));
    // nothing is paid, but somebody meant something by it
    assert_eq!(fee(&|tx| tx.refund_receiver = [1; 20]), Some(Fact::fee(CHAIN, COIN, Amount::ZERO)));
    // what does not fit is as much as there is
    for change in [
        &(|tx: &mut SafeTx| (tx.gas_price, tx.base_gas) = (Amount::MAX, Amount::from(1)))
            as &dyn Fn(&mut SafeTx),
        &|tx| (tx.gas_price, tx.safe_tx_gas, tx.base_gas) = (Amount::from(1), Amount::MAX, Amount::MAX),
        &|tx| (tx.gas_price, tx.safe_tx_gas) = (Amount::from(1 << 127), Amount::MAX),
    ] {
        assert_eq!(fee(change), Some(Fact::fee(CHAIN, COIN, Amount::MAX)));
    }
}

/// The longest chain id still has names that a fact can carry.
#[test]
fn names_fit_facts() {
    let payload =
        with(|t| (t.chain_id, t.tx.gas_token, t.tx.gas_price) = (u64::MAX, [1; 20], Amount::from(1)));
    let fee = &payload.facts()[1];
    assert_eq!(fee.chain, b"eip155:18446744073709551615");
    assert!(fee.asset.len() <= Fact::MAX_ASSET && fee.chain.len() <= Fact::MAX_CHAIN);
}
