#![doc = include_str!("protocol.md")]

mod error;
mod initiator;
mod layout;
mod link;
mod opened;
mod peers;
mod record;
mod responder;
mod schedule;
mod window;

pub use error::ChannelError;
pub use opened::{Content, Opened};
pub use peers::{Event, Peers, SignJob};
pub use record::{Limits, MAX_CONTENT, RECORD_OVERHEAD};
pub use window::WINDOW;
