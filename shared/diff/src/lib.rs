//! Comparing two texts: as a patch, as rows of a page, as a number of changed lines, and by how alike they are. The work of a
//! comparison has a limit, after which it is finished roughly: longer than need be, but right, and the same on every machine.

mod alike;
mod patch;
mod rows;
mod size;

pub use similar::DiffOp;
use similar::algorithms::{Capture, Compact, Replace, myers};

pub use alike::alike;
pub use patch::unified;
pub use rows::{CONTEXT, Row, around, rows};
pub use size::{ChangeSize, change_size};

/// Lines of both texts, from their first difference to the last, that are compared; more of them are replaced as a whole.
const LINES: usize = 20_000;

/// The operations that make one list of lines or words into another. All comparisons come through here, as each use of `similar`
/// with other types, or with a choice of the algorithm, is a copy of it in the program.
#[must_use]
pub fn operations(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let before = old.iter().zip(new).take_while(same).count();
    let (old_rest, new_rest) = (&old[before..], &new[before..]);
    let backwards = old_rest.iter().rev().zip(new_rest.iter().rev());
    let after = backwards.take_while(same).count();
    let (old_len, new_len) = (old_rest.len() - after, new_rest.len() - after);
    if old_len > 0 && new_len > 0 && old_len + new_len > LINES {
        let equal = |old_index, new_index, len| DiffOp::Equal {
            old_index,
            new_index,
            len,
        };
        let replaced = DiffOp::Replace {
            old_index: before,
            old_len,
            new_index: before,
            new_len,
        };
        let behind = equal(before + old_len, before + new_len, after);
        let all = [equal(0, 0, before), replaced, behind].into_iter();
        return all
            .filter(|operation| !operation.old_range().is_empty())
            .collect();
    }
    let mut captured = Compact::new(Replace::new(Capture::new()), old, new);
    let Ok(()) = myers::diff(&mut captured, old, 0..old.len(), new, 0..new.len());
    captured.into_inner().into_inner().into_ops()
}
