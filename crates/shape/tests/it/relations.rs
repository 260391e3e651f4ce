//! Relations between shapes: what they give as types, and what run-time sizes do.

use tenon_shape::typenum::*;
use tenon_shape::*;

dim!(Batch);
dim!(Model = 768);

assert_type_eq!(<(U8, U3, U4) as MatMul<(U4, U5)>>::Output, (U8, U3, U5));
assert_type_eq!(<(Batch, U3, U4) as MatMul<(Batch, U4, U5)>>::Output, (Batch, U3, U5));
assert_type_eq!(<(U2, U1) as Broadcast<(U7,)>>::Output, (U2, U7));
assert_type_eq!(<(U7,) as Broadcast<(U2, U1)>>::Output, (U2, U7));
assert_type_eq!(<() as Broadcast<(Batch, Model)>>::Output, (Batch, Model));
assert_type_eq!(<(U1, Model) as Broadcast<(Batch, U1)>>::Output, (Batch, Model));
assert_type_eq!(<(Dyn, U16, U4, U4) as Flatten>::Output, (Dyn, U256));
assert_type_eq!(<(U2, U3, U4, U5, U6, U7) as Flatten>::Output, (U2, d!(2520)));
assert_type_eq!(<(U2, U4) as Concat<1, (U2, U5)>>::Output, (U2, U9));
assert_type_eq!(<(Batch, Model) as Concat<1, (Batch, Model)>>::Output, (Batch, d!(1536)));
assert_type_eq!(<(U2, U3, U4) as Permute<Order3<2, 0, 1>>>::Output, (U4, U2, U3));
assert_type_eq!(<(U2, U3, U4, U5, U6) as Transpose<1, 3>>::Output, (U2, U5, U4, U3, U6));
assert_type_eq!(<(U2, U3) as Transpose<1, 0>>::Output, (U3, U2));
assert_type_eq!(<(U2, U3) as Insert<2>>::Output<U1>, (U2, U3, U1));
assert_type_eq!(<(U2, U3) as Axis<0>>::Remove, (U3,));
assert_type_eq!(<(U2, Dyn, Model) as SplitHeads<U12>>::Output, (U2, U12, Dyn, U64));
assert_type_eq!(<(U2, U12, Dyn, U64) as MergeHeads>::Output, (U2, Dyn, d!(768)));
assert_type_eq!(<(U2, Model) as Numel>::Numel, d!(1536));
assert_type_eq!(<(U2, Dyn) as Numel>::Numel, Dyn);

/// Generic code states nothing about arithmetic or equality: `D` equals `D`.
fn generic_code_needs_no_clauses<B: Dim, D: Dim, S: Shape>(x: (B, D), w: (D, D), s: S) -> (B, D) {
    s.check_same(&s, "add");
    let y = x.matmul_shape(&w).broadcast(&(w.1,)).broadcast(&x);
    y.check_same(&x, "add");
    let _: (B, D, D, D) = Transpose::<2, 3>::transpose(&(x.0, w.0, w.1, w.1));
    y.1.check_in_features(w.0);
    y
}

#[test]
fn generic_code_runs() {
    assert_eq!(
        generic_code_needs_no_clauses((Dyn(4), U3::new()), <(U3, U3)>::default(), (Dyn(2),)).dims(),
        [4, 3]
    );
}

#[test]
fn axes_change_one_at_a_time() {
    let shape = (Dyn(2), U3::new(), Model);
    assert_eq!(Axis::<1>::remove(&shape).dims(), [2, 768]);
    assert_eq!(Axis::<1>::replace(&shape, U1::new()).dims(), [2, 1, 768]);
    assert_eq!(shape.with_last(U10::new()).dims(), [2, 3, 10]);
    assert_eq!(Insert::<0>::insert(&shape, U1::new()).dims(), [1, 2, 3, 768]);
    assert_eq!(Transpose::<0, 2>::transpose(&shape).dims(), [768, 3, 2]);
    assert_eq!(<(U2, U3, U4) as Transpose<0, 2>>::ORDER, [2, 1, 0]);
    assert_eq!(<(U2, U3, U4) as Permute<Order3<2, 0, 1>>>::ORDER, [2, 0, 1]);
}

#[test]
fn reshapes_with_one_unknown_axis_compare_the_known_ones() {
    (Dyn(5), U1::new(), U28::new(), U28::new()).check_reshape(&(Dyn(5), U784::new()));
    (Dyn(2), Dyn(3), U4::new()).check_reshape(&(Dyn(6), U4::new()));
    (U2::new(), U6::new()).check_reshape(&(Dyn(3), U4::new()));
}

fn message(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(run).expect_err("does not panic");
    *payload.downcast::<String>().expect("a formatted message")
}

#[test]
fn run_time_mistakes_name_the_operation_and_both_shapes() {
    assert_eq!(
        message(|| _ = (U3::new(), Dyn(4)).matmul_shape(&(Dyn(5), U6::new()))),
        "matmul: inner dimensions differ: left is [3, 4], right is [5, 6]"
    );
    assert_eq!(
        message(|| _ = (Dyn(2), U3::new(), U4::new()).matmul_shape(&(Dyn(3), U4::new(), U6::new()))),
        "matmul: batch dimensions differ: left is [2, 3, 4], right is [3, 4, 6]"
    );
    assert_eq!(
        message(|| (Dyn(2), U3::new()).check_same(&(Dyn(4), U3::new()), "add")),
        "add: the shapes differ: left is [2, 3], right is [4, 3]"
    );
    assert_eq!(
        message(|| _ = (Dyn(2), U3::new()).broadcast(&(Dyn(4), U3::new()))),
        "broadcast: sizes are neither equal nor 1: left is [2, 3], right is [4, 3]"
    );
    assert_eq!(
        message(|| (Dyn(2), U3::new()).check_reshape(&(Dyn(3), U3::new()))),
        "reshape: numbers of elements differ: left is [2, 3], right is [3, 3]"
    );
    assert_eq!(
        message(|| _ = Concat::<1, _>::concat(&(Dyn(2), U3::new()), &(Dyn(4), U3::new()))),
        "concat: axes that are not concatenated differ: left is [2, 3], right is [4, 3]"
    );
    assert_eq!(
        message(|| _ = WindowOut::<U5, U1, U0>::window_out(Dyn(4))),
        "a window spanning 5 does not fit in an axis of 4 (padding included)"
    );
    assert_eq!(
        message(|| _ = Dyn(7).div_exact(U2::new())),
        "axis sizes: 7 divided exactly by 2 is not a size"
    );
    assert_eq!(message(|| _ = narrow_at(Dyn(7), 5, 3)), "narrow: 3 from 5 on is outside an axis of size 7");
    assert_eq!(
        message(|| Dyn(7).check_classes(Dyn(8))),
        "scores per example (last axis): found 7, expected 8"
    );
}
