//! The table of known attacks in SECURITY.md is what is tested, and what is tested is in the table.
