//! What every registry and every store of caps must do: for whoever writes one over a database.
//!
//! [`REGISTRY`] and [`CAPS`] are lists of named rules, each a function that wants a store which was empty at [`START`], and panics where it
//! does not behave; a store for [`REGISTRY`] has room for 64 entries at least. [`registry_race`] and [`caps_race`] want several handles to
//! one store, as several processes would have, and use them at once.
//!
//! ```
//! use quorate::approval::{cap::MemoryCaps, registry::MemoryRegistry};
//! use quorate::sim::contract;
//! for (name, rule) in contract::REGISTRY {
//!     println!("{name}");
//!     rule(&mut MemoryRegistry::new(1000, contract::START));
//! }
//! for (_, rule) in contract::CAPS {
//!     rule(&mut MemoryCaps::new(1000));
//! }
//! ```

macro_rules! rules {
    ($(#[$doc:meta])* $list:ident: $rule:ty; $($name:ident,)*) => {
        $(#[$doc])*
        pub const $list: &[$rule] = &[$((stringify!($name), $name),)*];
    };
}

mod caps;
mod registry;

pub use caps::{CAPS, CapsRule, caps_race};
pub use registry::{REGISTRY, RegistryRule, registry_race};

/// The time at which every rule begins.
pub const START: u64 = 1_800_000_000;
