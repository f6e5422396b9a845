//! A simulated camera's packets, written into a batch that lies in this memory.
