use crate::Scale;

/// What the counts of a frame come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The least of them.
    pub least: u16,
    /// The greatest of them.
    pub greatest: u16,
    /// Their mean.
    pub mean: f64,
}

impl Range {
    /// Of these counts; `None` where there are none.
    pub fn of(counts: &[u16]) -> Option<Self> {
        let (mut least, mut greatest, mut sum) = (u16::MAX, 0, 0u64);
        // In blocks whose sum 32 bits hold: so it is done many at a time.
        for block in counts.chunks(1 << 15) {
            let mut of_block = 0u32;
            for &count in block {
                least = least.min(count);
                greatest = greatest.max(count);
                of_block += u32::from(count);
            }
            sum += u64::from(of_block);
        }
        (!counts.is_empty()).then(|| Self { least, greatest, mean: sum as f64 / counts.len() as f64 })
    }

    /// The same of the physical values: least, greatest, mean. More counts are never a lower value.
    pub fn scaled(&self, scale: &Scale) -> [f64; 3] {
        let mut ends = [0.0; 2];
        scale.apply(&[self.least, self.greatest], &mut ends);
        [ends[0].into(), ends[1].into(), scale.value(self.mean)]
    }
}
