//! Dims: what an axis of a shape can be.

use typenum::{Bit, UInt, UTerm, Unsigned};

use crate::failure::size_is_not;

/// An axis of a shape: a typenum number, [`Dyn`], or a type declared by [`dim!`](crate::dim!).
///
/// Two axes are the same only if their types are the same: `dim!(pub Model = 768)` and `dim!(pub
/// Hidden = 768)` do not mix, and neither mixes with the plain number 768. Arithmetic forgets
/// names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an axis of a shape",
    label = "not an axis",
    note = "an axis is a typenum number (`U784`, `d!(50257)`), `Dyn`, or a type declared by `dim!`"
)]
pub trait Dim: Copy + 'static {
    /// The size behind the name: a typenum number or [`Dyn`].
    type Size: Size;

    /// The size, if it is known at compile time.
    const STATIC: Option<usize>;

    /// The size.
    fn size(self) -> usize;

    /// The dim of a given size; `None` if the type says another size.
    fn from_size(size: usize) -> Option<Self>;

    /// The same size without its name.
    #[inline(always)]
    fn unnamed(self) -> Self::Size {
        of_size(self.size())
    }
}

/// A canonical size, that is a dim without a name: a typenum number or [`Dyn`].
///
/// The set is closed, so that arithmetic has to be defined for these two only.
pub trait Size: Dim<Size = Self> + sealed::Sealed {}

/// A size known only at run time, such as that of a batch.
///
/// Two `Dyn`s have the same type, so whether they are equal is checked at run time, by the
/// operation that needs it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dyn(pub usize);

impl Dim for Dyn {
    type Size = Self;
    const STATIC: Option<usize> = None;

    #[inline(always)]
    fn size(self) -> usize {
        self.0
    }

    #[inline(always)]
    fn from_size(size: usize) -> Option<Self> {
        Some(Dyn(size))
    }
}

impl Dim for UTerm {
    type Size = Self;
    const STATIC: Option<usize> = Some(0);

    #[inline(always)]
    fn size(self) -> usize {
        0
    }

    #[inline(always)]
    fn from_size(size: usize) -> Option<Self> {
        (size == 0).then_some(UTerm)
    }
}

impl<High: Unsigned, Low: Bit> Dim for UInt<High, Low> {
    type Size = Self;
    const STATIC: Option<usize> = Some(<Self as Unsigned>::USIZE);

    #[inline(always)]
    fn size(self) -> usize {
        <Self as Unsigned>::USIZE
    }

    #[inline(always)]
    fn from_size(size: usize) -> Option<Self> {
        (size == <Self as Unsigned>::USIZE).then(Self::default)
    }
}

impl Size for Dyn {}
impl Size for UTerm {}
impl<High: Unsigned, Low: Bit> Size for UInt<High, Low> {}

mod sealed {
    use typenum::{UInt, UTerm};

    pub trait Sealed {}
    impl Sealed for super::Dyn {}
    impl Sealed for UTerm {}
    impl<High, Low> Sealed for UInt<High, Low> {}
}

/// A dim whose size the compiler knows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a size known only at run time, but a static size is needed here",
    label = "the compiler does not know this size",
    note = "use a typenum number (`U784`, `d!(50257)`) or a `dim!` with a size (`dim!(pub Vocab = 50257)`)"
)]
pub trait StaticDim: Dim<Size: Unsigned> + Default {
    /// The size.
    const N: usize;
}

#[diagnostic::do_not_recommend]
impl<D: Dim<Size: Unsigned> + Default> StaticDim for D {
    const N: usize = <D::Size as Unsigned>::USIZE;
}

/// The dim of a size that the caller computed by the same rule as its type.
#[inline(always)]
pub(crate) fn of_size<D: Dim>(size: usize) -> D {
    match D::from_size(size) {
        Some(dim) => dim,
        None => size_is_not(D::STATIC, size),
    }
}
