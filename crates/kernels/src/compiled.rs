//! The kernels whose machine code is in this crate.
//!
//! A generic function is compiled in the crates that call it, again in each, and with their
//! options. What the vectors do is too large and too much in need of optimization for that, so
//! these kernels are called through a trait whose implementations for `f32` and `f64` are here.
//! Kernels that take a function, as those of [`crate::elementwise`], cannot be.

#![expect(private_interfaces, reason = "the trait is out of reach outside of this crate")]

use crate::attention::rows::{ScaleRows, Soften, SoftenBackward};
use crate::batch_norm::columns::{GradientColumns, NormalizeColumns, SumColumnGradients, SumColumnSquares};
use crate::batch_norm::{ChannelMoments, ChannelSums, GradientPlanes, NormalizePlanes};
use crate::conv2d::columns::CopyColumns;
use crate::conv2d::depthwise::products::{DepthwiseProducts, SumLanes};
use crate::conv2d::depthwise::sums::DepthwiseSums;
use crate::conv2d::finish::Finish;
use crate::conv2d::planes::FillPlanes;
use crate::conv2d::weight_gradient::{Products, Spread};
use crate::conv2d::winograd::{FromPlaces, FromTiles, PackWindows, ToTiles};
use crate::elementwise::Turn;
use crate::gemm::few_rows::{FinishRows, ScalarProducts, SumsOfRows};
use crate::gemm::pack::PackPanels;
use crate::gemm::shape::{AskShape, Shape};
use crate::gemm::small::SmallProducts;
use crate::gemm::tile::Tiles;
use crate::optim::{AdamStep, MomentumStep, SgdStep};
use crate::pool2d::{AvgPool, AvgPoolBackward, MaxPool};
use crate::power::Power;
use crate::random::Draw;
use crate::recurrent::{GruStep, GruStepBackward, LstmStep, LstmStepBackward};
use crate::reduce::{Argmax, ArgmaxEach, MaxEach, MaxRows, Sum, SumEach, SumRows, SumSquares};
use crate::rotary::RotateRows;
use crate::row_norm::{NormalizeRows, NormalizeRowsBackward};
use crate::running_sum::{SumAlongColumns, SumAlongRows};
use crate::simd::dispatch;
use crate::soft_step::{TimesStep, TimesStepBackward};
use crate::softmax::{ColumnExponentials, Columns, Gather, LogSumExps, Rows, Scatter, ShiftedExponentials};
use crate::top_k::{FindAbove, Found, TopFew};
use crate::vector::{Apply, ApplyMut};

macro_rules! compiled {
    ($($name:ident($($kernel:tt)*) $(-> $output:ty)?;)*) => {
        /// An element type that kernels are compiled for.
        pub trait Compiled: Sized {
            $(fn $name(kernel: compiled!(@kernel Self, $($kernel)*)) $(-> $output)?;)*
        }
        impl Compiled for f32 {
            compiled!(@methods $($name($($kernel)*) $(-> $output)?;)*);
        }
        impl Compiled for f64 {
            compiled!(@methods $($name($($kernel)*) $(-> $output)?;)*);
        }
    };
    (@methods $($name:ident($($kernel:tt)*) $(-> $output:ty)?;)*) => {
        $(
            #[inline(never)]
            fn $name(kernel: compiled!(@kernel Self, $($kernel)*)) $(-> $output)? {
                dispatch(kernel)
            }
        )*
    };
    (@kernel $element:ty, $kernel:ident $($lifetime:lifetime)*) => {
        $kernel<$($lifetime,)* $element>
    };
}

compiled! {
    adam_step(AdamStep '_ '_);
    apply(Apply '_ '_);
    apply_mut(ApplyMut '_);
    argmax(Argmax '_ '_);
    argmax_each(ArgmaxEach '_ '_);
    avg_pool(AvgPool '_ '_);
    avg_pool_backward(AvgPoolBackward '_ '_);
    channel_moments(ChannelMoments '_ '_);
    channel_sums(ChannelSums '_ '_);
    column_exponentials(ColumnExponentials '_ '_);
    copy_columns(CopyColumns '_ '_);
    depthwise_products(DepthwiseProducts '_ '_);
    depthwise_sums(DepthwiseSums '_ '_);
    draw(Draw '_);
    fill_planes(FillPlanes '_ '_);
    find_above(FindAbove '_ '_) -> Found;
    finish(Finish '_ '_);
    finish_rows(FinishRows '_);
    from_places(FromPlaces '_ '_);
    from_tiles(FromTiles '_ '_);
    gather(Gather '_ '_);
    gradient_columns(GradientColumns '_ '_);
    gradient_planes(GradientPlanes '_ '_);
    gru_step(GruStep '_ '_);
    gru_step_backward(GruStepBackward '_ '_);
    log_sum_exps(LogSumExps '_ '_);
    lstm_step(LstmStep '_ '_);
    lstm_step_backward(LstmStepBackward '_ '_);
    max_each(MaxEach '_ '_);
    max_pool(MaxPool '_ '_);
    max_rows(MaxRows '_ '_);
    momentum_step(MomentumStep '_ '_);
    normalize_columns(NormalizeColumns '_ '_);
    normalize_rows(NormalizeRows '_ '_);
    normalize_rows_backward(NormalizeRowsBackward '_ '_);
    normalize_planes(NormalizePlanes '_ '_);
    pack_panels(PackPanels '_ '_);
    pack_windows(PackWindows '_ '_);
    power(Power '_);
    products(Products '_ '_);
    rotate_rows(RotateRows '_ '_);
    scalar_products(ScalarProducts '_ '_);
    scale_rows(ScaleRows '_ '_);
    scatter(Scatter '_ '_);
    sgd_step(SgdStep '_ '_);
    soften(Soften '_ '_);
    soften_backward(SoftenBackward '_ '_);
    shifted_exponentials(ShiftedExponentials '_ '_);
    small_products(SmallProducts '_ '_);
    softmax_columns(Columns '_ '_);
    softmax_rows(Rows '_ '_);
    spread(Spread '_ '_);
    sum_along_columns(SumAlongColumns '_ '_);
    sum_along_rows(SumAlongRows '_ '_);
    sum_lanes(SumLanes '_ '_);
    sum_column_gradients(SumColumnGradients '_ '_);
    sum_column_squares(SumColumnSquares '_ '_);
    sum_each(SumEach '_ '_);
    sum_rows(SumRows '_ '_);
    sum_run(Sum '_) -> Self;
    sum_squares(SumSquares '_) -> f64;
    sums_of_rows(SumsOfRows '_ '_);
    tile_shape(AskShape) -> Shape;
    tiles(Tiles '_);
    times_step(TimesStep '_ '_);
    times_step_backward(TimesStepBackward '_ '_);
    to_tiles(ToTiles '_ '_);
    top_few(TopFew '_ '_);
    turn(Turn '_ '_);
}
