/// Buffers for images, allocated as they are needed and used again.
pub(crate) struct Pool {
    bytes: usize,
    limit: usize,
    images: Vec<Vec<u8>>,
    /// Those that are in use by nobody; the one used last is taken first.
    free: Vec<usize>,
}

impl Pool {
    pub fn new(limit: usize, bytes: usize) -> Self {
        Self { bytes, limit, images: Vec::new(), free: Vec::new() }
    }

    /// A buffer, with whatever is in it; `None` where all are in use, or the system has no more memory.
    pub fn acquire(&mut self) -> Option<usize> {
        if let Some(image) = self.free.pop() {
            return Some(image);
        }
        if self.images.len() == self.limit {
            return None;
        }
        let mut image = Vec::new();
        image.try_reserve_exact(self.bytes).ok()?;
        image.resize(self.bytes, 0);
        self.images.push(image);
        Some(self.images.len() - 1)
    }

    /// Give a buffer back that was acquired.
    pub fn release(&mut self, image: usize) {
        self.free.push(image);
    }

    /// The bytes of a buffer; none where there is no such.
    #[inline]
    pub fn image(&mut self, image: usize) -> &mut [u8] {
        self.images.get_mut(image).map_or(&mut [], Vec::as_mut_slice)
    }
}
