//! Control packets: objects to bytes and back.
