//! Attacks: the published ones against threshold ECDSA, Schnorr, key generation and oblivious transfer, each as the script of a malicious
//! party, and what stands between the checks. SECURITY.md, "Known attacks", is the table; [`table`] holds it against what is here.

#[path = "attacks/a_ot.rs"]
mod a_ot;
#[path = "attacks/between.rs"]
mod between;
#[path = "attacks/common.rs"]
mod common;
#[path = "attacks/f_engineering.rs"]
mod f_engineering;
#[path = "attacks/table.rs"]
mod table;
