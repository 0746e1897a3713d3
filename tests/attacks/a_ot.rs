//! A: oblivious transfer, and protocols of the DKLs family.

#[path = "a_ot/bans.rs"]
mod bans;
#[path = "a_ot/dealing.rs"]
mod dealing;
#[path = "a_ot/relay.rs"]
mod relay;
#[path = "a_ot/source.rs"]
mod source;
#[path = "a_ot/terms.rs"]
mod terms;
#[path = "a_ot/transfers.rs"]
mod transfers;
