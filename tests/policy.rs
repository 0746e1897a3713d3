//! Requests, facts, approvers, one-time codes, policies: each check by itself, the attacks on them, vectors that another program computed,
//! and what holds for all of them.
#[path = "policy/approvers.rs"]
mod approvers;
#[path = "policy/attacks.rs"]
mod attacks;
#[path = "policy/compile.rs"]
mod compile;
#[path = "policy/decide.rs"]
mod decide;
#[path = "policy/evm.rs"]
mod evm;
#[path = "policy/garbage.rs"]
mod garbage;
#[path = "policy/golden.rs"]
mod golden;
#[path = "policy/laws.rs"]
mod laws;
#[path = "policy/limits.rs"]
mod limits;
#[path = "policy/quorum.rs"]
mod quorum;
#[path = "policy/readers.rs"]
mod readers;
#[path = "policy/request.rs"]
mod request;
#[path = "policy/tools.rs"]
mod tools;
#[path = "policy/totp.rs"]
mod totp;
