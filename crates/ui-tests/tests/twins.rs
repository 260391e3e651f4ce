//! The corrected twins compile: together, because a program each would have to be linked.

#![allow(dead_code, reason = "a twin is there to be compiled")]

#[path = "ui/axis/out_of_range/right.rs"]
mod axis_out_of_range;
#[path = "ui/broadcast/sizes_differ/right.rs"]
mod broadcast_sizes_differ;
#[path = "ui/concat/other_axis_differs/right.rs"]
mod concat_other_axis_differs;
#[path = "ui/conv/channels_differ/right.rs"]
mod conv_channels_differ;
#[path = "ui/conv/window_larger_than_input/right.rs"]
mod conv_window_larger_than_input;
#[path = "ui/cost/run_time_batch/right.rs"]
mod cost_run_time_batch;
#[path = "ui/derivative/missing/right.rs"]
mod derivative_missing;
#[path = "ui/dynamic/checked_at_the_edge/right.rs"]
mod dynamic_checked_at_the_edge;
#[path = "ui/dynamic/static_shape_required/right.rs"]
mod dynamic_static_shape_required;
#[path = "ui/dynamic/static_size_required/right.rs"]
mod dynamic_static_size_required;
#[path = "ui/elementwise/operator/right.rs"]
mod elementwise_operator;
#[path = "ui/elementwise/residual/right.rs"]
mod elementwise_residual;
#[path = "ui/gpt/another_vocabulary/right.rs"]
mod gpt_another_vocabulary;
#[path = "ui/gpt/heads_do_not_divide/right.rs"]
mod gpt_heads_do_not_divide;
#[path = "ui/heads/do_not_divide/right.rs"]
mod heads_do_not_divide;
#[path = "ui/ids/another_vocabulary/right.rs"]
mod ids_another_vocabulary;
#[path = "ui/labels/wrong_number_of_classes/right.rs"]
mod labels_wrong_number_of_classes;
#[path = "ui/linear/after_linear/right.rs"]
mod linear_after_linear;
#[path = "ui/linear/wrong_features/right.rs"]
mod linear_wrong_features;
#[path = "ui/matmul/batches_differ/right.rs"]
mod matmul_batches_differ;
#[path = "ui/matmul/inner_dims_differ/right.rs"]
mod matmul_inner_dims_differ;
#[path = "ui/named/equal_sizes/right.rs"]
mod named_equal_sizes;
#[path = "ui/pool/window_larger_than_input/right.rs"]
mod pool_window_larger_than_input;
#[path = "ui/reshape/product_differs/right.rs"]
mod reshape_product_differs;
#[path = "ui/reshape/product_differs_behind_a_batch/right.rs"]
mod reshape_product_differs_behind_a_batch;
#[path = "ui/residual/third_stage_channels/right.rs"]
mod residual_third_stage_channels;
