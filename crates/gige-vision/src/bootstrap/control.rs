use crate::bits::bits;

bits! {
    /// Who is in control of the device (register CCP). All clear: nobody is.
    ControlPrivilege: u32 {
        /// One host alone; others cannot even read.
        EXCLUSIVE = 0x0000_0001,
        /// One host; others can read.
        CONTROL = 0x0000_0002,
        /// Another host may take over with the key.
        SWITCHOVER = 0x0000_0004,
    }
}

impl ControlPrivilege {
    /// The key that a host gives to take over.
    pub const fn switchover_key(self) -> u16 {
        (self.0 >> 16) as u16
    }
}

bits! {
    /// What the device can do on its control channel.
    GvcpCapability: u32 {
        /// There is a user-defined name.
        USER_DEFINED_NAME = 0x8000_0000,
        /// There is a serial number.
        SERIAL_NUMBER = 0x4000_0000,
        /// The heartbeat can be switched off.
        HEARTBEAT_DISABLE = 0x2000_0000,
        /// The link speed can be read.
        LINK_SPEED = 0x1000_0000,
        /// Port and address of the host in control can be read.
        PRIMARY_APPLICATION = 0x0800_0000,
        /// There is a manifest table.
        MANIFEST_TABLE = 0x0400_0000,
        /// Test packets hold the standard's pseudo-random data.
        TEST_DATA = 0x0200_0000,
        /// There is a discovery acknowledge delay.
        DISCOVERY_ACK_DELAY = 0x0100_0000,
        /// It can be written.
        WRITABLE_DISCOVERY_ACK_DELAY = 0x0080_0000,
        /// The status codes of GigE Vision 1.1.
        EXTENDED_STATUS_1_1 = 0x0040_0000,
        /// Another host can take over.
        SWITCHOVER = 0x0020_0000,
        /// Actions without control.
        UNCONDITIONAL_ACTION = 0x0010_0000,
        /// The clock can follow IEEE 1588.
        IEEE_1588 = 0x0008_0000,
        /// The status codes of GigE Vision 2.0.
        EXTENDED_STATUS_2_0 = 0x0004_0000,
        /// Actions at a time.
        SCHEDULED_ACTION = 0x0002_0000,
        /// ACTION_CMD.
        ACTION = 0x0000_0040,
        /// PENDING_ACK.
        PENDING_ACK = 0x0000_0020,
        /// EVENTDATA_CMD.
        EVENT_DATA = 0x0000_0010,
        /// EVENT_CMD.
        EVENT = 0x0000_0008,
        /// PACKETRESEND_CMD.
        PACKET_RESEND = 0x0000_0004,
        /// WRITEMEM_CMD.
        WRITE_MEMORY = 0x0000_0002,
        /// Several registers in one command.
        CONCATENATION = 0x0000_0001,
    }
}

bits! {
    /// What is switched on of the control channel.
    GvcpConfiguration: u32 {
        /// The clock follows IEEE 1588.
        IEEE_1588 = 0x0008_0000,
        /// The status codes of GigE Vision 2.0.
        EXTENDED_STATUS_2_0 = 0x0004_0000,
        /// Actions without control.
        UNCONDITIONAL_ACTION = 0x0000_0008,
        /// The status codes of GigE Vision 1.1.
        EXTENDED_STATUS_1_1 = 0x0000_0004,
        /// PENDING_ACK may be sent.
        PENDING_ACK = 0x0000_0002,
        /// The device does not watch the heartbeat.
        HEARTBEAT_DISABLE = 0x0000_0001,
    }
}

bits! {
    /// What the device can do on its stream channels.
    GvspCapability: u32 {
        /// The port from which a stream comes can be read.
        SOURCE_PORT = 0x8000_0000,
        /// Block ids of 16 bits.
        BLOCK_ID_16 = 0x4000_0000,
    }
}

bits! {
    /// What is switched on of the stream channels.
    GvspConfiguration: u32 {
        /// Block ids of 64 bits, in extended headers.
        BLOCK_ID_64 = 0x4000_0000,
    }
}

bits! {
    /// What to do with the device's clock.
    TimestampControl: u32 {
        /// Keep the time of now, to be read.
        LATCH = 0x0000_0002,
        /// Begin at 0.
        RESET = 0x0000_0001,
    }
}
