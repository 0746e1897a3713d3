//! Who runs together: a roster with a name and a revision.
