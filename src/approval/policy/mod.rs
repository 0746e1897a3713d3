//! Policies: who must approve what.
