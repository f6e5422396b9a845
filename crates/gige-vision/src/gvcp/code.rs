use crate::wire_enum::wire_enum;

wire_enum! {
    /// Which command or acknowledge a control packet is.
    Code: u16 {
        /// Who is there?
        DiscoveryCmd = 0x0002 "DISCOVERY_CMD",
        /// A device says who it is.
        DiscoveryAck = 0x0003 "DISCOVERY_ACK",
        /// Give the device with this MAC address this IP address, until it is restarted.
        ForceIpCmd = 0x0004 "FORCEIP_CMD",
        /// The device has its new address.
        ForceIpAck = 0x0005 "FORCEIP_ACK",
        /// Send packets of a block again, on the stream channel.
        PacketResendCmd = 0x0040 "PACKETRESEND_CMD",
        /// Never sent with success: the packets themselves are the answer.
        PacketResendAck = 0x0041 "PACKETRESEND_ACK",
        /// Read registers.
        ReadRegCmd = 0x0080 "READREG_CMD",
        /// The values read.
        ReadRegAck = 0x0081 "READREG_ACK",
        /// Write registers.
        WriteRegCmd = 0x0082 "WRITEREG_CMD",
        /// How many registers were written.
        WriteRegAck = 0x0083 "WRITEREG_ACK",
        /// Read memory.
        ReadMemCmd = 0x0084 "READMEM_CMD",
        /// The memory read.
        ReadMemAck = 0x0085 "READMEM_ACK",
        /// Write memory.
        WriteMemCmd = 0x0086 "WRITEMEM_CMD",
        /// How much memory was written.
        WriteMemAck = 0x0087 "WRITEMEM_ACK",
        /// The device needs more time for the command.
        PendingAck = 0x0089 "PENDING_ACK",
        /// A device tells of events on the message channel; not supported.
        EventCmd = 0x00c0 "EVENT_CMD",
        /// Not supported.
        EventAck = 0x00c1 "EVENT_ACK",
        /// A device tells of an event with data on the message channel; not supported.
        EventDataCmd = 0x00c2 "EVENTDATA_CMD",
        /// Not supported.
        EventDataAck = 0x00c3 "EVENTDATA_ACK",
        /// Many devices do something at once; not supported.
        ActionCmd = 0x0100 "ACTION_CMD",
        /// Not supported.
        ActionAck = 0x0101 "ACTION_ACK",
    }
}

impl Code {
    /// The code of the acknowledge that answers this command: the next number.
    pub fn acknowledge(self) -> Self {
        Self::from(u16::from(self) | 1)
    }

    /// How errors call a packet with this code.
    pub(super) fn packet(self) -> &'static str {
        self.name().unwrap_or("a control packet")
    }
}
