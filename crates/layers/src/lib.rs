//! Layers: functions with parameters.
//!
//! A [`Layer`] maps an input to an output under any backend; a [`Module`] is anything that holds
//! [`Param`]s. A model is a plain struct of layers with `#[derive(Module)]`, and a `forward` whose
//! shapes the compiler checks.
//!
//! ```
//! use tenon_layers::prelude::*;
//!
//! #[derive(Module)]
//! struct Classifier {
//!     hidden: Linear<U784, U128>,
//!     output: Linear<U128, U10>,
//! }
//!
//! impl<N: Dim, B: Backend> Layer<Tensor<(N, U784), B>, B> for Classifier {
//!     type Output = Tensor<(N, U10), B>;
//!     fn forward(&self, x: Tensor<(N, U784), B>, ctx: &mut Context<B>) -> Self::Output {
//!         let hidden = self.hidden.forward(x, ctx).relu();
//!         self.output.forward(hidden, ctx)
//!     }
//! }
//!
//! let mut rng = SeededRng::new(1);
//! let model = Classifier { hidden: Init::init(&mut rng), output: Init::init(&mut rng) };
//! let images: Tensor<(U2, U784)> = Tensor::zeros();
//! let logits: Tensor<(U2, U10)> = model.forward(images, &mut Context::eval());
//! assert_eq!(parameter_count(&model), 784 * 128 + 128 + 128 * 10 + 10);
//! ```

#![forbid(unsafe_code)]

// The derives name this crate by its published name, also inside it.
extern crate self as tenon_layers;

mod buffer;
mod context;
pub mod cost;
pub mod fuzz;
pub mod init;
mod kv_cache;
mod layer;
mod module;
mod param;
pub mod proof;
mod recurrent;
mod rng;
pub mod state_dict;
mod summary;
mod trace;

/// Declares the files of layers, one line each, and registers their proofs.
macro_rules! layers {
    ($($file:ident: $($Layer:ident),+;)*) => {
        $(mod $file; pub use $file::{$($Layer),+};)*

        /// Shows the proof of every layer of this crate to the visitor.
        pub fn visit_proofs(visitor: &mut impl tensor::proof::ProofVisitor) {
            layer::proofs(visitor);
            $($file::proofs(visitor);)*
        }
    };
}

layers! {
    activation: GELU, ReLU, SiLU, Sigmoid, Tanh;
    adaptive_avg_pool2d: AdaptiveAvgPool2d;
    avg_pool2d: AvgPool2d;
    batch_norm: BatchNorm1d, BatchNorm2d;
    centered_conv2d: CenteredConv2d;
    conv2d: Conv2d, GroupedConv2d;
    dropout: Dropout;
    embedding: Embedding, NoPadding, PaddingIndex;
    flatten: Flatten;
    gru: Gru;
    layer_norm: LayerNorm, RMSNorm;
    linear: Linear;
    lstm: Lstm, LstmState;
    max_pool2d: MaxPool2d;
    multi_head_attention: InHeads, MultiHeadAttention, heads_cost;
    rnn: Rnn;
}

pub use buffer::{Buffer, Counter, Updates};
pub use context::{Context, Mode};
pub use cost::{Cost, StaticCost};
pub use init::Init;
pub use kv_cache::KvCache;
pub use layer::Layer;
pub use module::{Module, Path, Visitor, VisitorMut, parameter_count};
pub use param::Param;
pub use recurrent::Hidden;
pub use rng::SeededRng;
pub use summary::{Row, Summary};
pub use tenon_autodiff as autodiff;
pub use tenon_autodiff::LeafId;
pub use tenon_derive::{Module, Sequential};
pub use tenon_tensor as tensor;
pub use tenon_tensor::Backend;
pub use tenon_tensor::ops::rnn::Nonlinearity;
pub use trace::{Step, Trace, Traced};

/// What a program that defines and runs models needs in scope.
pub mod prelude {
    pub use crate::{
        AdaptiveAvgPool2d, AvgPool2d, BatchNorm1d, BatchNorm2d, Buffer, CenteredConv2d, Context, Conv2d,
        Counter, Dropout, Embedding, Flatten, GELU, GroupedConv2d, Gru, Init, KvCache, Layer, LayerNorm,
        Linear, Lstm, LstmState, MaxPool2d, Mode, Module, MultiHeadAttention, Param, RMSNorm, ReLU, Rnn,
        SeededRng, Sequential, SiLU, Sigmoid, Tanh, parameter_count,
    };
    pub use tenon_autodiff::prelude::*;
}
