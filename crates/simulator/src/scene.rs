use crate::{Image, Pattern, TelopsPattern};

/// What the images of a session show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The [`Pattern`] of each frame's number.
    Pattern,
    /// Pixels that come by [`Sender::pixels`](crate::Sender::pixels).
    Recorded,
    /// The [`TelopsPattern`] of frames that are taken by [`Sender::take_headed`](crate::Sender::take_headed).
    Telops,
}

/// A source, ready for images of one kind.
#[derive(Debug)]
pub enum Scene {
    Pattern(Pattern),
    Recorded,
    Telops(TelopsPattern),
}

impl Scene {
    pub fn new(source: Source, image: &Image) -> Self {
        match source {
            Source::Pattern => Self::Pattern(Pattern::new(image)),
            Source::Recorded => Self::Recorded,
            Source::Telops => Self::Telops(TelopsPattern::new(image)),
        }
    }
}
