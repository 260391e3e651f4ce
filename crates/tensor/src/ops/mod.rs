//! The operations, one file each: documentation with the equation, the typed method, the forward
//! rule, the derivative rule, and the proof.
//!
//! Adding an operation is one file and one line below. The line also registers its proof: a file
//! that does not name its operations in `register!` does not compile.

use crate::proof::ProofVisitor;

macro_rules! ops {
    ($($op:ident,)*) => {
        $(pub mod $op;)*

        /// Shows every operation of this crate to the visitor.
        pub fn visit_proofs(visitor: &mut impl ProofVisitor) {
            $($op::proofs(visitor);)*
        }
    };
}

ops! {
    abs,
    adaptive_avg_pool2d,
    add,
    argmax,
    attention,
    avg_pool2d,
    batch_norm,
    batch_norm_relu,
    batch_norm_with,
    broadcast,
    categorical,
    compare,
    concat,
    conv2d,
    cross_entropy,
    cumsum,
    div,
    dropout,
    erf,
    exp,
    expand,
    extremum,
    gather,
    gelu,
    gru,
    index_select,
    layer_norm,
    linear,
    ln,
    log_softmax,
    logsumexp,
    lstm,
    masked_fill,
    matmul,
    max,
    max_pool2d,
    mean,
    mse,
    mul,
    narrow,
    neg,
    permute,
    powf,
    relu,
    reshape,
    rms_norm,
    rnn,
    rope,
    scale,
    select,
    shift,
    sigmoid,
    silu,
    slice_scatter,
    softmax,
    sqrt,
    square,
    stack,
    sub,
    sum,
    sum_to,
    tanh,
    topk,
    var,
}
