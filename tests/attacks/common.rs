//! What several sections need.
