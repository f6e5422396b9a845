use crate::wire_enum::wire_enum;
use crate::Error;

wire_enum! {
    /// What a block is. Bit 14 says that chunk data follow. Nothing but `Image` is supported.
    PayloadType: u16 {
        /// A plain image.
        Image = 0x0001 "IMAGE",
        /// Bytes without a shape.
        RawData = 0x0002 "RAW DATA",
        /// A file.
        File = 0x0003 "FILE",
        /// An image in chunks.
        ChunkData = 0x0004 "CHUNK DATA",
        /// An image with chunks, until GigE Vision 2.0.
        ExtendedChunkData = 0x0005 "EXTENDED CHUNK DATA",
        /// A JPEG image.
        Jpeg = 0x0006 "JPEG",
        /// A JPEG 2000 image.
        Jpeg2000 = 0x0007 "JPEG 2000",
        /// A piece of video.
        H264 = 0x0008 "H264",
        /// An image sent in zones.
        MultiZone = 0x0009 "MULTI-ZONE IMAGE",
        /// Several images or other parts.
        MultiPart = 0x000a "MULTI-PART",
        /// A GenDC container.
        GenDc = 0x000b "GENDC",
        /// An image with chunks.
        ImageWithChunks = 0x4001 "IMAGE with chunk data",
        /// Bytes with chunks.
        RawDataWithChunks = 0x4002 "RAW DATA with chunk data",
        /// A file with chunks.
        FileWithChunks = 0x4003 "FILE with chunk data",
        /// An image in chunks, told the newer way.
        ChunkDataWithChunks = 0x4004 "CHUNK DATA with chunk data",
        /// A JPEG image with chunks.
        JpegWithChunks = 0x4006 "JPEG with chunk data",
        /// A JPEG 2000 image with chunks.
        Jpeg2000WithChunks = 0x4007 "JPEG 2000 with chunk data",
        /// A piece of video with chunks.
        H264WithChunks = 0x4008 "H264 with chunk data",
        /// An image sent in zones, with chunks.
        MultiZoneWithChunks = 0x4009 "MULTI-ZONE IMAGE with chunk data",
        /// Several parts, with chunks.
        MultiPartWithChunks = 0x400a "MULTI-PART with chunk data",
    }
}

impl PayloadType {
    /// Refuse what is not a plain image.
    pub(super) fn supported(self) -> Result<(), Error> {
        match self {
            Self::Image => Ok(()),
            refused => Err(Error::UnsupportedPayload(refused)),
        }
    }
}
