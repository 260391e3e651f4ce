//! Rows and elements chosen by number.

use proptest::prelude::*;
use tenon_kernels::index;

use crate::support::{check, check_exact, numbers, sum_bound};

proptest! {
    #[test]
    fn rows_are_gathered_and_their_gradients_added_up(
        width in 0usize..40, ids in prop::collection::vec(0u32..7, 0..60)
    ) {
        let table = numbers::<f32>(1, 7 * width);
        let want: Vec<f32> = ids
            .iter()
            .flat_map(|&id| table[id as usize * width..][..width].to_vec())
            .collect();
        check_exact(&want, |y| index::gather_rows(&table, width, &ids, y));

        let dy = numbers::<f32>(2, ids.len() * width);
        let mut sums = vec![0.0; 7 * width];
        for (row, &id) in ids.iter().enumerate() {
            for col in 0..width {
                sums[id as usize * width + col] += f64::from(dy[row * width + col]);
            }
        }
        let sums: Vec<f32> = sums.into_iter().map(|x| x as f32).collect();
        check(&sums, sum_bound::<f32>(ids.len()), |dtable| {
            index::scatter_add_rows(&dy, width, &ids, dtable);
        });
    }

    #[test]
    fn labels_select_and_scatter(classes in 1usize..9, rows in 0usize..20) {
        let labels: Vec<u32> = (0..rows).map(|row| (row * 5 % classes) as u32).collect();
        let x = numbers::<f64>(1, rows * classes);
        let want: Vec<f64> =
            (0..rows).map(|row| x[row * classes + labels[row] as usize]).collect();
        check_exact(&want, |y| index::select(&x, classes, &labels, y));
        let mut dx = vec![0.0; rows * classes];
        for row in 0..rows {
            dx[row * classes + labels[row] as usize] = want[row];
        }
        check_exact(&dx, |dx| index::select_backward(&want, classes, &labels, dx));
    }

    #[test]
    fn elements_are_gathered_and_scattered_within_planes(planes in 1usize..5, n in 1usize..30) {
        let m = n / 2 + 1;
        let x = numbers::<f32>(1, planes * n);
        let indices: Vec<u32> = (0..planes * m).map(|i| (i * 7 % n) as u32).collect();
        let want: Vec<f32> =
            (0..planes * m).map(|i| x[i / m * n + indices[i] as usize]).collect();
        check_exact(&want, |y| index::gather(planes, &x, &indices, y));
        let mut sums = vec![0.0; planes * n];
        for (i, &y) in want.iter().enumerate() {
            sums[i / m * n + indices[i] as usize] += y;
        }
        check_exact(&sums, |dx| index::scatter_add(planes, &want, &indices, dx));
    }
}

#[test]
#[should_panic(expected = "id 7 is not one of 7 rows")]
fn an_id_outside_of_the_table_is_refused() {
    index::scatter_add_rows(&[1.0f32; 3], 3, &[7], &mut [0.0; 21]);
}
