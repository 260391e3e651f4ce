//! Typed tensors, operations and backends.
