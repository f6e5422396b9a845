//! The face that GigE Vision shows to JavaScript: copies in, calls, copies out. No logic lives here.

mod control;
mod gvcp;
mod identity;
mod pixels;
mod reassembly;
mod sender;
mod telops;
mod xml_url;
