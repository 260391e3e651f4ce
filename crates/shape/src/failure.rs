//! Where a run-time size that does not fit ends: cold, non-generic functions, so that callers stay small.

/// Panics because a dim was asked to have a size that its type does not allow.
#[cold]
#[inline(never)]
pub(crate) fn size_is_not(expected: Option<usize>, found: usize) -> ! {
    match expected {
        Some(expected) => panic!("axis size is {found}, but its type says {expected}"),
        None => panic!("axis size {found} is not allowed by its type"),
    }
}

/// Panics because two shapes do not go together.
#[cold]
#[inline(never)]
pub(crate) fn shapes_clash(op: &str, why: &str, left: &[usize], right: &[usize]) -> ! {
    panic!("{op}: {why}: left is {left:?}, right is {right:?}")
}

/// Panics because two run-time sizes that had to be equal are not.
#[cold]
#[inline(never)]
pub(crate) fn sizes_differ(what: &str, found: usize, expected: usize) -> ! {
    panic!("{what}: found {found}, expected {expected}")
}

/// Panics because arithmetic on run-time sizes has no result.
#[cold]
#[inline(never)]
pub(crate) fn no_result(operation: &str, left: usize, right: usize) -> ! {
    panic!("axis sizes: {left} {operation} {right} is not a size")
}

/// Panics because a window is larger than the padded axis it slides along.
#[cold]
#[inline(never)]
pub(crate) fn window_too_large(window: usize, padded: usize) -> ! {
    panic!("a window spanning {window} does not fit in an axis of {padded} (padding included)")
}

/// Panics because a range lies outside its axis.
#[cold]
#[inline(never)]
pub(crate) fn range_outside(start: usize, length: usize, axis: usize) -> ! {
    panic!("narrow: {length} from {start} on is outside an axis of size {axis}")
}
