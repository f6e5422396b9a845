use crate::wire_enum::wire_enum;

wire_enum! {
    /// What a device says became of a command, or of a packet of a block.
    Status: u16 {
        /// Done.
        Success = 0x0000 "SUCCESS",
        /// Not a failure: this packet of a block is sent again.
        PacketResend = 0x0100 "PACKET_RESEND",
        /// The device does not know the command.
        NotImplemented = 0x8001 "NOT_IMPLEMENTED",
        /// A parameter of the command is wrong.
        InvalidParameter = 0x8002 "INVALID_PARAMETER",
        /// There is nothing at the address.
        InvalidAddress = 0x8003 "INVALID_ADDRESS",
        /// The register cannot be written.
        WriteProtect = 0x8004 "WRITE_PROTECT",
        /// Address or length is not a multiple of four.
        BadAlignment = 0x8005 "BAD_ALIGNMENT",
        /// Another host is in control, or none is.
        AccessDenied = 0x8006 "ACCESS_DENIED",
        /// The device is busy; ask again.
        Busy = 0x8007 "BUSY",
        /// Deprecated: a problem in the device.
        LocalProblem = 0x8008 "LOCAL_PROBLEM",
        /// Deprecated: request and answer do not match.
        MsgMismatch = 0x8009 "MSG_MISMATCH",
        /// Deprecated: an unknown version of the protocol.
        InvalidProtocol = 0x800a "INVALID_PROTOCOL",
        /// Deprecated: a time-out.
        NoMsg = 0x800b "NO_MSG",
        /// The packet asked for again is not there.
        PacketUnavailable = 0x800c "PACKET_UNAVAILABLE",
        /// The device's own memory ran over; data are lost.
        DataOverrun = 0x800d "DATA_OVERRUN",
        /// The header of the command is not valid.
        InvalidHeader = 0x800e "INVALID_HEADER",
        /// Deprecated: the device's settings forbid it.
        WrongConfig = 0x800f "WRONG_CONFIG",
        /// The packet asked for again was not sent yet.
        PacketNotYetAvailable = 0x8010 "PACKET_NOT_YET_AVAILABLE",
        /// The packet asked for again and all before it are gone from the device's memory.
        PacketAndPrevRemovedFromMemory = 0x8011 "PACKET_AND_PREV_REMOVED_FROM_MEMORY",
        /// The packet asked for again is gone from the device's memory.
        PacketRemovedFromMemory = 0x8012 "PACKET_REMOVED_FROM_MEMORY",
        /// The device has no reference time for a scheduled action.
        NoRefTime = 0x8013 "NO_REF_TIME",
        /// The packet cannot be sent again right now.
        PacketTemporarilyUnavailable = 0x8014 "PACKET_TEMPORARILY_UNAVAILABLE",
        /// A queue of the device is full.
        Overflow = 0x8015 "OVERFLOW",
        /// The time of a scheduled action has passed.
        ActionLate = 0x8016 "ACTION_LATE",
        /// Leader or trailer do not fit into a packet.
        LeaderTrailerOverflow = 0x8017 "LEADER_TRAILER_OVERFLOW",
        /// Anything else.
        Error = 0x8fff "ERROR",
    }
}

impl Status {
    /// Whether it tells of a failure: the top bit is set.
    #[inline]
    pub fn is_error(self) -> bool {
        u16::from(self) & 0x8000 != 0
    }
}
