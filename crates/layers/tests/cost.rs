//! What layers cost: the constants are what a summary measures.

use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::StaticShape;
use tenon_layers::{Cost, StaticCost, Summary, Trace, Traced};

type Measured<S> = Tensor<S, Traced<Cpu>>;

/// Holds the cost of a layer as `Init` makes it against a measurement.
fn check<L, S>()
where
    L: Init + Module + StaticCost<Tensor<S>> + Layer<Measured<S>, Traced<Cpu>>,
    S: StaticShape,
{
    let layer = L::init(&mut SeededRng::new(0));
    let x: Tensor<S> = Tensor::from_fn(Default::default(), |i| (i % 7) as f32);
    let summary = Summary::of(&layer, &x, |x, ctx| {
        layer.forward(x, ctx);
    });
    let name = std::any::type_name::<(L, S)>();
    assert_equal(L::COST, &summary, name);
}

fn assert_equal(cost: Cost, summary: &Summary, name: &str) {
    let found = (cost.parameters, cost.flops, cost.kept_bytes);
    assert_eq!(found, (summary.parameters, summary.flops, summary.kept_bytes), "{name}\n{summary}");
}

macro_rules! check {
    ($($S:ty: $($Layer:ty),+;)*) => {$($( check::<$Layer, $S>(); )+)*};
}

#[test]
fn layers_cost_what_is_measured() {
    check! {
        (U5, U3): Linear<U3, U4>, Linear<U3, U1>, ReLU, SiLU, Sigmoid, Tanh, GELU, Dropout, Flatten,
            LayerNorm<U3>, RMSNorm<U3>, BatchNorm1d<U3>;
        (U2, U7, U6): Linear<U6, U4>, ReLU, SiLU, Sigmoid, Tanh, GELU, Dropout, Flatten, LayerNorm<U6>,
            RMSNorm<U6>, BatchNorm1d<U7>, Rnn<U6, U5>, Rnn<U6, U5, U3>, Gru<U6, U5>, Gru<U6, U5, U2>,
            Lstm<U6, U5>, Lstm<U6, U5, U3>, MultiHeadAttention<U6, U3>, MultiHeadAttention<U6, U6, U2>;
        (U1, U4, U8): Rnn<U8, U3>, Gru<U8, U3>, Gru<U8, U3, U2>, Lstm<U8, U3, U2>, Lstm<U8, U1>,
            MultiHeadAttention<U8, U2>, MultiHeadAttention<U8, U1>, MultiHeadAttention<U8, U4, U1>;
        (U3, U1, U8): Rnn<U8, U3, U2>, Gru<U8, U3>, Lstm<U8, U3>, MultiHeadAttention<U8, U2>;
        (U2, U4, U9, U8): Conv2d<U4, U6, U3>, Conv2d<U4, U1, U3, U2, U1>, Conv2d<U4, U3, U2, U1, U0, U3>,
            GroupedConv2d<U4, U6, U3, U2>, GroupedConv2d<U4, U4, U2, U4, U2, U1>,
            CenteredConv2d<U4, U5, U3>, CenteredConv2d<U4, U2, U5, U2>, CenteredConv2d<U4, U3, U1, U2>,
            MaxPool2d<U2>, MaxPool2d<U3, U2, U1>, AvgPool2d<U2>, AvgPool2d<U3, U2, U1>,
            AdaptiveAvgPool2d<U3>, AdaptiveAvgPool2d<U1, U2>, BatchNorm2d<U4>, ReLU, Dropout, Flatten;
        (U1, U6, U5, U5): Conv2d<U6, U2, U5>, Conv2d<U6, U6, U3, U1, U1>, GroupedConv2d<U6, U3, U2, U3>,
            CenteredConv2d<U6, U6, U3>, MaxPool2d<U5>, AvgPool2d<U1>, AdaptiveAvgPool2d<U5>, BatchNorm2d<U6>;
    }
}

#[test]
fn embeddings_cost_what_is_measured() {
    fn check<L, S: StaticShape>()
    where
        L: Init + Module + StaticCost<Ids<S, U9>> + Layer<Ids<S, U9>, Traced<Cpu>>,
    {
        let layer = L::init(&mut SeededRng::new(0));
        let ids = Ids::try_from_vec(S::default(), vec![8; S::NUMEL]).expect("below nine");
        let trace = Trace::new();
        layer.forward(ids, &mut trace.context(&layer));
        let summary = Summary::from_steps(&trace.steps(), parameter_count(&layer));
        assert_equal(L::COST, &summary, std::any::type_name::<(L, S)>());
    }
    check::<Embedding<U9, U4>, (U5,)>();
    check::<Embedding<U9, U4>, (U2, U3)>();
    check::<Embedding<U9, U4, U2>, (U5,)>();
    check::<(Embedding<U9, U4, U0>, Linear<U4, U3>), (U2, U3)>();
}

#[derive(Module, Sequential)]
struct Reader<In: StaticDim> {
    lstm: Lstm<In, U5, U2>,
    dropout: Dropout,
    gru: Gru<U5, U4>,
    join: Flatten,
    output: Linear<U12, U2>,
}

impl<In: StaticDim> Init for Reader<In> {
    fn init(rng: &mut impl rand::Rng) -> Self {
        Reader {
            lstm: Init::init(rng),
            dropout: Init::init(rng),
            gru: Init::init(rng),
            join: Init::init(rng),
            output: Init::init(rng),
        }
    }
}

#[test]
fn sequences_cost_what_is_measured() {
    check! {
        (U2, U3, U6): Reader<U6>, (Lstm<U6, U4>, Flatten, Linear<U12, U2>),
            (Gru<U6, U1>, Flatten, Linear<U3, U2>),
            (Rnn<U6, U1>, Lstm<U1, U2>, SiLU), (Lstm<U6, U4>, Linear<U4, U1>, Gru<U1, U3>);
        (U1, U3, U5): Reader<U5>, (Rnn<U5, U4>, (Flatten, Linear<U12, U2>)), (Flatten, ReLU, Linear<U15, U1>);
        (U2, U1, U8, U8): (Conv2d<U1, U4, U3>, BatchNorm2d<U4>, ReLU, MaxPool2d<U2>, Conv2d<U4, U3, U2>, ReLU,
            AvgPool2d<U2, U1>, Flatten, Dropout, Linear<U3, U2>, ReLU, Linear<U2, U2>);
    }
}

/// All pairs of layers that keep a shape, behind one more of them: a buffer between two is counted
/// once whether the first keeps it, or the second, or both, or neither.
#[test]
fn neighbours_share_what_is_between_them() {
    macro_rules! pairs {
        ($S:ty: [$($First:ty),*] $Rest:tt) => { $( pairs!(@ $S: $First; $Rest); )* };
        (@ $S:ty: $First:ty; [$($Second:ty),*]) => {
            $( check! { $S: ($First, $Second), (RMSNorm<U4>, $First, $Second); } )*
        };
    }
    macro_rules! all_pairs {
        ($($S:ty),*: $Layers:tt) => { $( pairs!($S: $Layers $Layers); )* };
    }
    all_pairs!((U2, U3, U4), (U1, U3, U4): [
        Linear<U4, U4>, ReLU, SiLU, Dropout, LayerNorm<U4>, BatchNorm1d<U3>,
        Gru<U4, U4>, Lstm<U4, U4, U2>, MultiHeadAttention<U4, U2>
    ]);
}
