use crate::{Error, MacAddress, Text};
use core::net::Ipv4Addr;

/// A cursor over the bytes of `what`; the only way in which this crate reads any.
pub(crate) struct Reader<'a> {
    what: &'static str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    #[inline]
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, bytes, at: 0 }
    }

    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let Some((array, rest)) = self.bytes.split_first_chunk() else {
            return Err(Error::Truncated {
                what: self.what,
                needed: self.at + N,
                actual: self.at + self.bytes.len(),
            });
        };
        self.bytes = rest;
        self.at += N;
        Ok(*array)
    }

    /// Reserved bytes: whatever they hold.
    #[inline]
    pub fn skip<const N: usize>(&mut self) -> Result<(), Error> {
        self.array::<N>().map(drop)
    }

    #[inline]
    pub fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(u8::from_be_bytes)
    }

    #[inline]
    pub fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_be_bytes)
    }

    #[inline]
    pub fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    #[inline]
    pub fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_be_bytes)
    }

    pub fn ip(&mut self) -> Result<Ipv4Addr, Error> {
        self.u32().map(Ipv4Addr::from)
    }

    pub fn mac(&mut self) -> Result<MacAddress, Error> {
        self.array().map(MacAddress)
    }

    pub fn text<const N: usize>(&mut self) -> Result<Text<N>, Error> {
        self.array().map(Text::from_bytes)
    }

    /// All that is left.
    #[inline]
    pub fn rest(self) -> &'a [u8] {
        self.bytes
    }
}
