//! Sizes of the layers of published networks, as types.

use tenon_shape::typenum::*;
use tenon_shape::*;

// LeNet-5: convolutions of side 5, pools of side 2.
type Lenet1 = WindowSize<U28, U5, U1, U2>;
type Lenet2 = WindowSize<Lenet1, U2, U2>;
type Lenet3 = WindowSize<Lenet2, U5>;
type Lenet4 = WindowSize<Lenet3, U2, U2>;
assert_type_eq!(Lenet1, U28);
assert_type_eq!(Lenet2, U14);
assert_type_eq!(Lenet3, U10);
assert_type_eq!(Lenet4, U5);
assert_type_eq!(<(Dyn, U16, Lenet4, Lenet4) as Flatten>::Output, (Dyn, U400));

// AlexNet: strides of 4 and overlapping pools.
type Alex1 = WindowSize<d!(227), U11, U4>;
type Alex2 = WindowSize<Alex1, U3, U2>;
type Alex3 = WindowSize<Alex2, U5, U1, U2>;
type Alex4 = WindowSize<Alex3, U3, U2>;
type Alex5 = WindowSize<WindowSize<Alex4, U3, U1, U1>, U3, U2>;
assert_type_eq!(Alex1, U55);
assert_type_eq!(Alex2, U27);
assert_type_eq!(Alex3, U27);
assert_type_eq!(Alex4, U13);
assert_type_eq!(Alex5, U6);
assert_type_eq!(<(U128, U256, Alex5, Alex5) as Flatten>::Output, (U128, d!(9216)));

// ResNet-18: a stem of stride 4 in all, then three halvings, each by a window of side 3 and of side 1.
type Stem = WindowSize<WindowSize<U224, U7, U2, U3>, U3, U2, U1>;
type Stage2 = WindowSize<Stem, U3, U2, U1>;
type Stage3 = WindowSize<Stage2, U3, U2, U1>;
type Stage4 = WindowSize<Stage3, U3, U2, U1>;
assert_type_eq!(Stem, U56);
assert_type_eq!(Stage2, U28);
assert_type_eq!(Stage2, WindowSize<Stem, U1, U2>);
assert_type_eq!(Stage3, U14);
assert_type_eq!(Stage4, U7);
assert_type_eq!(WindowSize<Stage4, U7>, U1);

// DeepLab's dilated windows keep the size.
assert_type_eq!(WindowSize<U65, U3, U1, U12, U12>, U65);

// DCGAN's generator doubles from 4 to 64; `OP` tells apart the sizes that a stride maps to one.
assert_type_eq!(TransposedSize<U1, U4>, U4);
assert_type_eq!(TransposedSize<U4, U4, U2, U1>, U8);
assert_type_eq!(TransposedSize<U32, U4, U2, U1>, U64);
assert_type_eq!(TransposedSize<U7, U3, U2, U1, U1>, U14);
assert_type_eq!(TransposedSize<U7, U3, U2, U1>, U13);
assert_type_eq!(TransposedSize<U5, U3, U3, U0, U0, U2>, U17);

// GPT-2: 12 heads of 64 in 768, four times as wide inside.
assert_type_eq!(<(Dyn, U1024, d!(768)) as SplitHeads<U12>>::Output, (Dyn, U12, U1024, U64));
assert_type_eq!(DimProduct<d!(768), U4>, d!(3072));
assert_type_eq!(<(d!(50257), d!(768)) as Numel>::Numel, d!(38597376));

// A window that slides along a run-time axis gives a run-time axis.
assert_type_eq!(WindowSize<Dyn, U3, U2, U1>, Dyn);
