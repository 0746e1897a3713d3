//! D: proof systems, and the Paillier family, which is not used here.
