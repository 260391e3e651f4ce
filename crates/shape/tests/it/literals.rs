//! Literals of any size are the numbers that typenum itself names.

use tenon_shape::typenum::{U0, U28, U784, U1024, assert_type_eq};
use tenon_shape::{Dim, Dyn, StaticDim, d, dim, shape};

dim!(pub Vocab = 50257);
dim!(pub(crate) Batch);

assert_type_eq!(d!(0), U0);
assert_type_eq!(d!(784), U784);
assert_type_eq!(d!(1_024), U1024);
assert_type_eq!(d!(0x400), U1024);
assert_type_eq!(shape![Dyn, 28, Batch, 28], (Dyn, U28, Batch, U28));
assert_type_eq!(shape![], ());
assert_type_eq!(<Vocab as Dim>::Size, d!(50257));

#[test]
fn values_are_those_written() {
    assert_eq!(<d!(50257)>::N, 50257);
    assert_eq!(<d!(4294967297)>::N, 4294967297);
    assert_eq!(Vocab::from_size(50257), Some(Vocab));
    assert_eq!(Vocab::from_size(50258), None);
    assert_eq!(Batch(3).unnamed(), Dyn(3));
}
