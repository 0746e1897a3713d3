//! F: engineering.
