//! What a simulated camera sends: frames of a pattern or a recording, cut into packets, with faults from a seed. No
//! sockets, clocks or threads.
