//! The addresses that the examples print, against published ones.

#[path = "../examples/chains/mod.rs"]
mod chains;

use chains::{bitcoin, cosmos, ethereum, solana, tron};
use k256::ecdsa::SigningKey;
use quorate::key::{Path, Xpub};

fn hex<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// BIP-173's example, and the test vectors of BIP-84.
#[test]
fn bitcoin_p2wpkh() {
    for (key, address) in [
        (
            "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        ),
        (
            "0330d54fd0dd420a6e5f8d3624f5f3482cae350f79d5f0753bf5beef9c2d91af3c",
            "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
        ),
        (
            "03e775fd51f0dfb8cd865d9ff1cca2a158cf651fe997fdc9fee9c1d3b5e995ea77",
            "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g",
        ),
        (
            "03025324888e429ab8e3dbaf1f7802648b9cd01e9b418485c5fa4c1b9b5700e1a6",
            "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el",
        ),
    ] {
        assert_eq!(bitcoin::address(&bitcoin::hash160(&hex::<33>(key))), address);
    }
}

/// BIP-350's example: an output key, whatever it was made from.
#[test]
fn bitcoin_p2tr() {
    let key = hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    let address = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0";
    assert_eq!(bitcoin::taproot_address(&key), address);
}

/// The first of BIP-341's `wallet-test-vectors.json`, `scriptPubKey`, the one without a script tree.
#[test]
fn bip_341_output_key_without_scripts() {
    let internal = hex("d6889cb081036e0faefa3a35157ad71086b123b2b144b649798b494c300a961d");
    let output = bitcoin::taproot_output_key(&internal).unwrap();
    assert_eq!(output, hex("53a1f6e454df1aa2776a2814a721372d6258050de330b3c6d10ee8f4e0dda343"));
    let address = "bc1p2wsldez5mud2yam29q22wgfh9439spgduvct83k3pm50fcxa5dps59h4z5";
    assert_eq!(bitcoin::taproot_address(&output), address);
    // No point has this x.
    assert!(bitcoin::taproot_output_key(&[0; 32]).is_err());
}

/// The test vectors of BIP-86, from the account's extended public key on.
#[test]
fn bip_86_from_the_account_to_the_addresses() {
    const ACCOUNT: &str = "xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY49yfdDEHGCtMMj92pReUsQ";
    let account: Xpub = ACCOUNT.parse().unwrap();
    for (path, xpub, internal, output, address) in [
        (
            [0, 0],
            "xpub6H3W6JmYJXN49h5TfcVjLC3onS6uPeUTTJoVvRC8oG9vsTn2J8LwigLzq5tHbrwAzH9DGo6ThGUdWsqce8dGfwHVBxSbixjDADGGdzF7t2B",
            "cc8a4bc64d897bddc5fbc2f670f7a8ba0b386779106cf1223c6fc5d7cd6fc115",
            "a60869f0dbcf1dc659c9cecbaf8050135ea9e8cdc487053f1dc6880949dc684c",
            "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        ),
        (
            [0, 1],
            "xpub6H3W6JmYJXN4CCKUSnriaiQRCZmG6aq4sCMDqTu1ACyngw7HShf59hAxYjXgKDuuHThVEUzdHrc3aXCr9kfvQvZPit5dnD3K9xVRBzjK3rX",
            "83dfe85a3151d2517290da461fe2815591ef69f2b18a2ce63f01697a8b313145",
            "a82f29944d65b86ae6b5e5cc75e294ead6c59391a1edc5e016e3498c67fc7bbb",
            "bc1p4qhjn9zdvkux4e44uhx8tc55attvtyu358kutcqkudyccelu0was9fqzwh",
        ),
        (
            [1, 0],
            "xpub6GL8SnQwRCGDhB59LEz9HMyM6sRYoByXBzXK3iEKWgCz8XrZNHUzd9L3AUBELW5NzA7dEFvMas1F84TuPH3xqdUA5tumaGWFgihJzWytXe3",
            "399f1b2f4393f29a18c937859c5dd8a77350103157eb880f02e8c08214277cef",
            "882d74e5d0572d5a816cef0041a96b6c1de832f6f9676d9605c44d5e9a97d3dc",
            "bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7",
        ),
    ] {
        let key = account.derive(&Path::new(path).unwrap()).unwrap();
        assert_eq!(key.to_string(), xpub);
        let x = *key.public_key().last_chunk().unwrap();
        assert_eq!(x, hex(internal));
        let tweaked = bitcoin::taproot_output_key(&x).unwrap();
        assert_eq!(tweaked, hex(output));
        assert_eq!(bitcoin::taproot_address(&tweaked), address);
    }
}

/// `packages/amino/src/addresses.spec.ts` of cosmos/cosmjs.
#[test]
fn cosmos() {
    let key = hex("02d41a0aa167b21699429eab224bc03f2cd386f0af5d20cefbd0336f1544aea24f");
    assert_eq!(cosmos::address(&key), "cosmos1h806c7khnvmjlywdrkdgk2vrayy2mmvf9rxk2r");
}

/// `tests/chains/Solana/AddressTests.cpp` of trustwallet/wallet-core, `test/keypair.test.ts` of solana-web3.js ("from random seed": 32
/// bytes of 8), and the system program, whose key is zero.
#[test]
fn solana() {
    let key = hex("18f9d8d877393bbbe8d697a8a2e52879cc7e84f467656d1cce6bab5a8d2637ec");
    assert_eq!(solana::address(&key), "2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST");
    let key = ed25519_dalek::SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes();
    assert_eq!(solana::address(&key), "2KW2XRd9kwqet15Aha2oK3tYvd3nWbTFH1MBiRAv1BE1");
    assert_eq!(solana::address(&[0; 32]), "11111111111111111111111111111111");
}

/// `tests/chains/Tron/AddressTests.cpp` of trustwallet/wallet-core.
#[test]
fn tron() {
    for (secret, address) in [
        (
            "2d8f68944bdbfbc0769542fba8fc2d2a3de67393334471624364c7006da2aa54",
            "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC",
        ),
        (
            "be88df1d0bf30a923cb39c3bb953178baaf3726e8d3ce81e7c8462e046e0d835",
            "THRF3GuPnvvPzKoaT8pJex5XHmo8NNbCb3",
        ),
    ] {
        let key = SigningKey::from_slice(&hex::<32>(secret)).unwrap();
        assert_eq!(tron::address(&ethereum::address(key.verifying_key())), address);
    }
}

/// The account of the development chains of Hyperledger Besu, written as EIP-55 has it.
#[test]
fn ethereum() {
    let secret = hex::<32>("8f2a55949038a9610f50fb23b5883af3b4ecb3c3bb792cbcefbd1542c692be63");
    let key = SigningKey::from_slice(&secret).unwrap();
    let address = ethereum::address(key.verifying_key());
    assert_eq!(ethereum::checksummed(&address), "0xFE3B557E8Fb62b89F4916B721be55cEb828dBd73");
}
