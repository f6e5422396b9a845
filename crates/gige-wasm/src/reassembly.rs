//! Reassembly over batches of packets that lie in this memory.
