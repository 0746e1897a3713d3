//! What a run costs on the wire.

/// Messages and bytes of one round, headers and envelope signatures included.
///
/// A message to all counts once for each receiver when it is sent point to point; here it counts once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// The round.
    pub round: u8,
    /// Messages accepted.
    pub messages_in: usize,
    /// Bytes accepted.
    pub bytes_in: usize,
    /// Messages made.
    pub messages_out: usize,
    /// Bytes made.
    pub bytes_out: usize,
}
