//! Packets: read, written, damaged, and as other programs have them.

mod capture;
mod corpus;
mod dissection;
mod golden;
mod hostile;
mod property;
mod refused;
mod roundtrip;
mod url;
mod written;
