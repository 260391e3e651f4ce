//! Reverse-mode automatic differentiation of any order.
