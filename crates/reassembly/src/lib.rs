//! GVSP packets to whole blocks, without I/O or clock: the caller supplies bytes and time, and is answered with what to
//! ask for again, with finished blocks and the verdict of each, and with counts by the place of loss.
