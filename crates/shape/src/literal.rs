//! Literals: `d!(50257)` for a number, `shape![B, 1, 28, 28]` for a shape, `dim!(pub Vocab =
//! 50257)` for a named axis.

/// The typenum number of an integer literal of any size.
///
/// ```
/// use tenon_shape::{StaticDim, d};
///
/// type Vocab = d!(50_257);
/// assert_eq!(Vocab::N, 50257);
/// ```
#[macro_export]
macro_rules! d {
    ($($number:tt)*) => { $crate::macro_support::number!([$crate::typenum] $($number)*) };
}

/// The shape with the given axes, each an integer literal or a type.
///
/// ```
/// use tenon_shape::{Dyn, Shape, shape};
///
/// type Images = shape![Dyn, 1, 28, 28];
/// assert_eq!(Images::RANK, 4);
/// ```
#[macro_export]
macro_rules! shape {
    ($($axes:tt)*) => { $crate::macro_support::tuple!([$crate::typenum] $($axes)*) };
}

/// Declares named axes: with a size (`dim!(pub Vocab = 50257)`), or with a size known only at run time
/// (`dim!(pub Batch)`).
///
/// Axes of different names never mix, even if their sizes are equal.
///
/// ```
/// use tenon_shape::{Dim, Shape, StaticDim, dim};
///
/// dim!(pub Vocab = 50257);
/// dim!(pub Batch);
/// assert_eq!(Vocab::N, 50257);
/// assert_eq!((Batch(8), Vocab).dims().as_ref(), [8, 50257]);
/// ```
#[macro_export]
macro_rules! dim {
    ($(#[$meta:meta])* $visibility:vis $Name:ident = $size:literal) => {
        #[doc = concat!("An axis of size ", stringify!($size), ".")]
        $(#[$meta])*
        #[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
        $visibility struct $Name;

        impl $crate::Dim for $Name {
            type Size = $crate::d!($size);
            const STATIC: Option<usize> = Some($size);

            #[inline(always)]
            fn size(self) -> usize {
                $size
            }

            #[inline(always)]
            fn from_size(size: usize) -> Option<Self> {
                (size == $size).then_some($Name)
            }
        }

        $crate::dim!(@rest $Name);
    };
    ($(#[$meta:meta])* $visibility:vis $Name:ident) => {
        /// An axis whose size is known only at run time.
        $(#[$meta])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
        $visibility struct $Name(pub usize);

        impl $crate::Dim for $Name {
            type Size = $crate::Dyn;
            const STATIC: Option<usize> = None;

            #[inline(always)]
            fn size(self) -> usize {
                self.0
            }

            #[inline(always)]
            fn from_size(size: usize) -> Option<Self> {
                Some($Name(size))
            }
        }

        $crate::dim!(@rest $Name);
    };
    (@rest $Name:ident) => {
        impl $crate::macro_support::Decimal for $Name {
            type Name = $Name;
        }

        #[diagnostic::do_not_recommend]
        impl $crate::macro_support::Meet<$Name, $crate::typenum::U1> for () {
            type Output = $Name;
        }

        #[diagnostic::do_not_recommend]
        impl $crate::macro_support::Meet<$crate::typenum::U1, $Name> for () {
            type Output = $Name;
        }
    };
}
