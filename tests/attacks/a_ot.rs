//! A: oblivious transfer, and protocols of the DKLs family.
