//! The face that GigE Vision shows to JavaScript: copies in, calls, copies out. No logic lives here.

mod gvcp;
mod reassembly;
mod sender;
