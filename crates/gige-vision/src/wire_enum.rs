/// An enum of the numbers that the standard names, with `Other` for the rest, so that no number is lost.
macro_rules! wire_enum {
    (
        $(#[$meta:meta])*
        $name:ident: $number:ty { $($(#[$doc:meta])* $variant:ident = $value:literal $label:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A number that the standard does not name. (One that it names never parses to this.)
            Other($number),
        }

        impl $name {
            /// Every one that has a name.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The standard's name.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($label),)*
                    Self::Other(_) => None,
                }
            }
        }

        impl From<$number> for $name {
            #[inline]
            fn from(number: $number) -> Self {
                match number {
                    $($value => Self::$variant,)*
                    _ => Self::Other(number),
                }
            }
        }

        impl From<$name> for $number {
            #[inline]
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => $value,)*
                    $name::Other(number) => number,
                }
            }
        }

        /// Name and number, or the number alone.
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let number = <$number>::from(*self);
                match self.name() {
                    Some(name) => write!(f, "{name} ({number:#x})"),
                    None => write!(f, "{number:#x}"),
                }
            }
        }
    };
}

pub(crate) use wire_enum;
