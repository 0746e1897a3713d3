//! Sealed containers for what a device stores, and backups of them.
