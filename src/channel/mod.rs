//! Encrypted, authenticated channels between the members of a cluster.
