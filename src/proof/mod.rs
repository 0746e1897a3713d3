//! What a party can be made to prove: knowledge of a committed polynomial, equality of discrete logarithms, and that it
//! fixed a value before it saw the others'.

pub(crate) mod commit;
pub(crate) mod dleq;
pub(crate) mod dlog;
