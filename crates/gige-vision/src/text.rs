use crate::Error;
use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// A text register of `N` bytes, filled up with zeros. What a device left behind the first zero is kept, unseen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<const N: usize>([u8; N]);

impl<const N: usize> Text<N> {
    /// A text that, with the zero that ends it, fits into the register.
    pub fn new(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; N];
        let fits = bytes.split_last_mut().and_then(|(_, room)| room.get_mut(..text.len()));
        let Some(room) = fits else {
            let limit = N.saturating_sub(1);
            return Err(Error::TooLong { what: "text", bytes: text.len(), limit });
        };
        room.copy_from_slice(text.as_bytes());
        Ok(Self(bytes))
    }

    /// The register as a device has it.
    pub const fn from_bytes(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// The whole register.
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }

    /// The text before the first zero; what is not UTF-8 in it becomes U+FFFD.
    pub fn to_str(&self) -> Cow<'_, str> {
        let text = self.0.split(|&byte| byte == 0).next();
        String::from_utf8_lossy(text.unwrap_or_default())
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_str())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_str(), f)
    }
}
