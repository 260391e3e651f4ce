//! Arithmetic on sizes agrees with plain integers: at run time for drawn sizes, as types for a grid of them.

use proptest::prelude::*;
use tenon_shape::typenum::*;
use tenon_shape::*;

/// The number of places at which a window fits, found by trying them.
fn places(axis: usize, window: usize, stride: usize, padding: usize, dilation: usize) -> usize {
    let last_tap = |start: usize| start + dilation * (window - 1);
    (0..axis + 2 * padding).step_by(stride).take_while(|&start| last_tap(start) < axis + 2 * padding).count()
}

fn window<K: Unsigned, S: Unsigned, P: Unsigned, D: Unsigned>(axis: usize) {
    let expected = places(axis, K::USIZE, S::USIZE, P::USIZE, D::USIZE);
    let found = std::panic::catch_unwind(|| WindowOut::<K, S, P, D>::window_out(Dyn(axis)).0);
    assert_eq!(found.unwrap_or(0), expected);
}

/// The positions that the windows of a transposed convolution reach, less the padding.
fn widened<K: Unsigned, S: Unsigned, P: Unsigned, OP: Unsigned, D: Unsigned>(axis: usize) {
    let reached = (0..axis).map(|i| i * S::USIZE + D::USIZE * (K::USIZE - 1)).max().expect("positions") + 1;
    let output = TransposedOut::<K, S, P, OP, D>::transposed_out(Dyn(axis)).0;
    assert_eq!(output, reached + OP::USIZE - 2 * P::USIZE);
    // The convolution with the same window leads back.
    assert_eq!(WindowOut::<K, S, P, D>::window_out(Dyn(output)).0, axis);
}

proptest! {
    #[test]
    fn run_time_arithmetic_is_that_of_integers(a in 0usize..100_000, b in 1usize..1000) {
        prop_assert_eq!(Dyn(a).dim_add(Dyn(b)), Dyn(a + b));
        prop_assert_eq!(Dyn(a).dim_mul(Dyn(b)), Dyn(a * b));
        prop_assert_eq!(Dyn(a).dim_div(Dyn(b)), Dyn(a / b));
        prop_assert_eq!(Dyn(a + b).dim_sub(Dyn(b)), Dyn(a));
        prop_assert_eq!(Dyn(a * b).div_exact(Dyn(b)), Dyn(a));
        prop_assert_eq!(Dyn(a).dim_mul(U3::new()), Dyn(3 * a));
        prop_assert_eq!(std::panic::catch_unwind(|| Dyn(a).div_exact(Dyn(b))).is_ok(), a % b == 0);
    }

    #[test]
    fn windows_are_as_many_as_fit(axis in 1usize..200) {
        window::<U1, U1, U0, U1>(axis);
        window::<U3, U1, U1, U1>(axis);
        window::<U3, U2, U1, U1>(axis);
        window::<U5, U4, U2, U1>(axis);
        window::<U2, U3, U0, U3>(axis);
        window::<U11, U7, U5, U2>(axis);
    }

    #[test]
    fn transposed_windows_lead_back(axis in 1usize..200) {
        widened::<U4, U2, U1, U0, U1>(axis);
        widened::<U3, U2, U1, U1, U1>(axis);
        widened::<U3, U1, U1, U0, U1>(axis);
        widened::<U5, U3, U0, U2, U2>(axis);
    }

    #[test]
    fn broadcasting_is_numpys(left in prop::array::uniform3(1usize..4), right in prop::array::uniform2(1usize..4)) {
        let shapes = (<(Dyn, Dyn, Dyn)>::from_dims(&left).unwrap(), <(Dyn, Dyn)>::from_dims(&right).unwrap());
        let fits = |l: usize, r: usize| l == r || l == 1 || r == 1;
        let fit = fits(left[1], right[0]) && fits(left[2], right[1]);
        let found = std::panic::catch_unwind(|| (shapes.0.broadcast(&shapes.1), shapes.1.broadcast(&shapes.0)));
        match found {
            Ok((one, other)) => {
                prop_assert!(fit);
                prop_assert_eq!(one, other);
                prop_assert_eq!(one.dims(), [left[0], left[1].max(right[0]), left[2].max(right[1])]);
            }
            Err(_) => prop_assert!(!fit),
        }
    }

    #[test]
    fn shapes_are_their_dims(dims in prop::collection::vec(0usize..100, 0..7)) {
        type Six = (Dyn, Dyn, Dyn, Dyn, Dyn, Dyn);
        match (Six::from_dims(&dims), <(Dyn, U7)>::from_dims(&dims)) {
            (Some(shape), None) => {
                prop_assert_eq!(&shape.dims()[..], &dims[..]);
                prop_assert_eq!(shape.numel(), dims.iter().product::<usize>());
                prop_assert_eq!(shape.numel_dim().0, shape.numel());
                prop_assert_eq!(shape.flatten().dims(), [dims[0], dims[1..].iter().product()]);
            }
            (None, Some(shape)) => {
                prop_assert_eq!(&shape.dims()[..], &dims[..]);
                prop_assert_eq!(dims[1], 7);
            }
            (six, _) => prop_assert!(six.is_none() && !(dims.len() == 2 && dims[1] == 7)),
        }
    }
}

/// The type is what the run-time computation gives.
fn window_type<H, K, S, P, D>()
where
    H: StaticDim + WindowOut<K, S, P, D, Output: StaticDim>,
    K: Unsigned,
    S: Unsigned,
    P: Unsigned,
    D: Unsigned,
{
    let at_run_time = WindowOut::<K, S, P, D>::window_out(Dyn(H::N)).0;
    assert_eq!(
        <WindowSize<H, K, S, P, D> as StaticDim>::N,
        at_run_time,
        "axis {}, stride {}",
        H::N,
        S::USIZE
    );
}

fn transposed_type<H, K, S, P, OP>()
where
    H: StaticDim + TransposedOut<K, S, P, OP, Output: StaticDim>,
    K: Unsigned,
    S: Unsigned,
    P: Unsigned,
    OP: Unsigned,
{
    let at_run_time = TransposedOut::<K, S, P, OP>::transposed_out(Dyn(H::N)).0;
    assert_eq!(<TransposedSize<H, K, S, P, OP> as StaticDim>::N, at_run_time);
}

macro_rules! for_each_stride {
    ($check:ident, $H:ty, [$($before:ty),*], [$($after:ty),*]) => {
        for_each_stride!(@ $check, $H, [$($before),*], [$($after),*], [U1 U2 U3 U4 U5 U6 U7 U8 U9 U12 U16])
    };
    (@ $check:ident, $H:ty, $before:tt, $after:tt, [$($S:ty)*]) => {
        $(for_each_stride!(@@ $check, $H, $before, $S, $after);)*
    };
    (@@ $check:ident, $H:ty, [$($before:ty),*], $S:ty, [$($after:ty),*]) => {
        $check::<$H, $($before,)* $S, $($after),*>()
    };
}

#[test]
fn types_agree_with_run_time_for_every_kind_of_stride() {
    for_each_stride!(window_type, U1, [U1], [U0, U1]);
    for_each_stride!(window_type, U3, [U3], [U0, U1]);
    for_each_stride!(window_type, U28, [U5], [U2, U1]);
    for_each_stride!(window_type, U224, [U7], [U3, U1]);
    for_each_stride!(window_type, U29, [U3], [U1, U2]);
    for_each_stride!(transposed_type, U1, [U3], [U1, U0]);
    for_each_stride!(transposed_type, U7, [U4], [U1, U1]);
    for_each_stride!(transposed_type, U64, [U5], [U2, U0]);
}
