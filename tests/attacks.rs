//! Attacks: the published ones against threshold ECDSA, Schnorr, key generation and oblivious transfer, each as the script of a malicious
//! party, and what stands between the checks. SECURITY.md, "Known attacks", is the table; [`table`] holds it against what is here.

#[path = "attacks/a_ot.rs"]
mod a_ot;
#[path = "attacks/b_binding.rs"]
mod b_binding;
#[path = "attacks/b_nonces.rs"]
mod b_nonces;
#[path = "attacks/between.rs"]
mod between;
#[path = "attacks/c_dkg.rs"]
mod c_dkg;
#[path = "attacks/c_epochs.rs"]
mod c_epochs;
#[path = "attacks/common.rs"]
mod common;
#[path = "attacks/d_proofs.rs"]
mod d_proofs;
mod driver;
#[path = "attacks/e_schnorr.rs"]
mod e_schnorr;
#[path = "attacks/f_engineering.rs"]
mod f_engineering;
#[path = "attacks/parties.rs"]
mod parties;
#[allow(dead_code)]
#[path = "epochs/stage.rs"]
mod stage;
#[path = "attacks/table.rs"]
mod table;
