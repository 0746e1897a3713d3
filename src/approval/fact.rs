//! What a payload does, as facts that a policy can judge.
