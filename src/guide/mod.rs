//! Guides: for wallets ([`integration`]), for auditors ([`audit`], [`checks`]), for researchers ([`research`]), and all protocols in one place
//! ([`protocols`]). Nothing here is code; the examples in it are compiled and run by `cargo test --doc`.

pub mod integration {
    #![doc = include_str!("integration.md")]
}
pub mod audit {
    #![doc = include_str!("audit.md")]
}
pub mod checks {
    #![doc = include_str!("checks.md")]
}
pub mod research {
    #![doc = include_str!("research.md")]
}
pub mod protocols {
    #![doc = include_str!("protocols.md")]
}
