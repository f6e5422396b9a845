/// A word of flags. Unknown bits are kept.
macro_rules! bits {
    ($(#[$meta:meta])* $name:ident: $word:ty { $($(#[$doc:meta])* $flag:ident = $value:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub $word);

        impl $name {
            $($(#[$doc])* pub const $flag: Self = Self($value);)*

            /// Whether all of these bits are set.
            pub const fn contains(self, bits: Self) -> bool {
                self.0 & bits.0 == bits.0
            }

            /// With these bits set (`on`) or cleared.
            pub const fn with(self, bits: Self, on: bool) -> Self {
                Self(if on { self.0 | bits.0 } else { self.0 & !bits.0 })
            }
        }

        impl core::ops::BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
    };
}

pub(crate) use bits;
