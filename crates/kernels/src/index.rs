//! Rows chosen by number: embeddings, and the entry of each row that its label names.

use crate::Float;
use crate::threads::parallel_chunks_mut;

/// About how many elements a task has.
const BLOCK: usize = 16 * 1024;

/// `y[r, :] = table[ids[r], :]`, rows of `width` elements.
///
/// # Panics
/// If an id is not a row of the table.
pub fn gather_rows<E: Float>(table: &[E], width: usize, ids: &[u32], y: &mut [E]) {
    assert_eq!(y.len(), ids.len() * width, "{} rows of {width}", ids.len());
    if width == 0 {
        return;
    }
    let rows = (BLOCK / width).max(1);
    parallel_chunks_mut(y, rows * width, |i, y| {
        for (y, &id) in y.chunks_exact_mut(width).zip(&ids[i * rows..]) {
            y.copy_from_slice(&table[id as usize * width..][..width]);
        }
    });
}

/// The derivative of [`gather_rows`] with respect to the table:
/// `dtable[t, :] = Σ dy[r, :]` over the rows `r` with `ids[r] = t`, in the order of `r`.
pub fn scatter_add_rows<E: Float>(dy: &[E], width: usize, ids: &[u32], dtable: &mut [E]) {
    assert_eq!(dy.len(), ids.len() * width, "{} rows of {width}", ids.len());
    if width == 0 {
        return;
    }
    assert_eq!(dtable.len() % width, 0, "a table with rows of {width}");
    let n_rows = dtable.len() / width;
    if let Some(id) = ids.iter().find(|&&id| id as usize >= n_rows) {
        panic!("id {id} is not one of {n_rows} rows");
    }
    // Every task reads all ids and keeps those of its own rows: no row has two writers.
    let rows = (dtable.len().div_ceil(8).max(BLOCK) / width).max(1);
    parallel_chunks_mut(dtable, rows * width, |i, dtable| {
        dtable.fill(E::ZERO);
        let own = i * rows..i * rows + dtable.len() / width;
        for (dy, &id) in dy.chunks_exact(width).zip(ids) {
            if own.contains(&(id as usize)) {
                let row = &mut dtable[(id as usize - own.start) * width..][..width];
                for (sum, &dy) in row.iter_mut().zip(dy) {
                    *sum += dy;
                }
            }
        }
    });
}

/// `y[r] = x[r, labels[r]]`, rows of `classes` elements.
///
/// # Panics
/// If a label is not below `classes`.
pub fn select<E: Float>(x: &[E], classes: usize, labels: &[u32], y: &mut [E]) {
    assert_eq!(x.len(), labels.len() * classes, "{} rows of {classes}", labels.len());
    assert_eq!(y.len(), labels.len(), "an element for each row");
    for (row, (y, &label)) in y.iter_mut().zip(labels).enumerate() {
        *y = x[row * classes..][..classes][label as usize];
    }
}

/// The derivative of [`select`]: `dx[r, k] = dy[r]` where `k = labels[r]`, else 0.
pub fn select_backward<E: Float>(dy: &[E], classes: usize, labels: &[u32], dx: &mut [E]) {
    assert_eq!(dx.len(), labels.len() * classes, "{} rows of {classes}", labels.len());
    assert_eq!(dy.len(), labels.len(), "an element for each row");
    dx.fill(E::ZERO);
    for (row, (&dy, &label)) in dy.iter().zip(labels).enumerate() {
        dx[row * classes..][..classes][label as usize] = dy;
    }
}

/// `y[plane, i] = x[plane, indices[plane, i]]`, where `x` and `y` are `planes` runs of equal length.
///
/// # Panics
/// If an index is outside of its plane.
pub fn gather<E: Float>(planes: usize, x: &[E], indices: &[u32], y: &mut [E]) {
    assert_eq!(indices.len(), y.len(), "an index for each element of the output");
    if y.is_empty() {
        return;
    }
    let (from, to) = (x.len() / planes, y.len() / planes);
    let per_task = (BLOCK / to).max(1);
    parallel_chunks_mut(y, per_task * to, |task, y| {
        for (plane, y) in y.chunks_exact_mut(to).enumerate() {
            let plane = task * per_task + plane;
            let x = &x[plane * from..][..from];
            for (y, &index) in y.iter_mut().zip(&indices[plane * to..]) {
                *y = x[index as usize];
            }
        }
    });
}

/// The derivative of [`gather`]: `dx[plane, j] = Σ dy[plane, i]` over the `i` with
/// `indices[plane, i] = j`, in the order of `i`.
///
/// # Panics
/// If an index is outside of its plane.
pub fn scatter_add<E: Float>(planes: usize, dy: &[E], indices: &[u32], dx: &mut [E]) {
    assert_eq!(indices.len(), dy.len(), "an index for each element of the output");
    if dx.is_empty() {
        return;
    }
    let (from, to) = (dx.len() / planes, dy.len() / planes);
    let per_task = (BLOCK / from).max(1);
    parallel_chunks_mut(dx, per_task * from, |task, dx| {
        dx.fill(E::ZERO);
        for (plane, dx) in dx.chunks_exact_mut(from).enumerate() {
            let at = (task * per_task + plane) * to;
            for (&dy, &index) in dy[at..][..to].iter().zip(&indices[at..]) {
                dx[index as usize] += dy;
            }
        }
    });
}
