//! The pieces of texts that the index of searches holds: any two characters of which one follows the other, any three letters or
//! digits in a row, and each character beyond ASCII. A text that contains a search contains all pieces of it, so that the index finds
//! words of any length in any script, and signs; a few texts that it finds besides are told apart by looking at them.

use std::collections::HashSet;

/// Pieces of one submission in the index. One with more has [`MANY`] alone, and is looked at in each search.
const MOST: usize = 8_000;
/// Stands for all the pieces of a submission that has too many.
pub(crate) const MANY: i32 = 0;
/// Pieces of a search that are looked up; each is a look into the index.
const OF_SEARCH: usize = 24;

/// The pieces of a submission with these parts, in no order.
pub(crate) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<i32> {
    let mut grams = HashSet::new();
    for part in parts {
        for gram in Grams::new(part) {
            grams.insert(gram.hash);
            if grams.len() > MOST {
                return vec![MANY];
            }
        }
    }
    grams.into_iter().collect()
}

/// The pieces that a text must have to contain `search`, the most telling of them; none for one ASCII character.
pub(crate) fn of_search(search: &str) -> Vec<i32> {
    let mut grams: Vec<_> = Grams::new(search).collect();
    grams.sort_by_key(|gram| std::cmp::Reverse(gram.characters));
    let mut hashes: Vec<_> = grams.into_iter().map(|gram| gram.hash).collect();
    let mut seen = HashSet::new();
    hashes.retain(|hash| seen.insert(*hash));
    hashes.truncate(OF_SEARCH);
    hashes
}

struct Gram {
    hash: i32,
    characters: usize,
}

/// The pieces that end with each character in turn.
struct Grams<'a> {
    rest: std::str::Chars<'a>,
    before: [Option<char>; 2],
    ready: Vec<Gram>,
}

impl<'a> Grams<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.chars(),
            before: [None, None],
            ready: Vec::with_capacity(3),
        }
    }
}

impl Iterator for Grams<'_> {
    type Item = Gram;

    fn next(&mut self) -> Option<Gram> {
        while self.ready.is_empty() {
            let last = folded(self.rest.next()?);
            let [second, first] = self.before;
            if !last.is_ascii() {
                self.ready.push(gram(&[last]));
            }
            if let Some(first) = first {
                self.ready.push(gram(&[first, last]));
                if let Some(second) = second
                    && [second, first, last].iter().all(|c| c.is_alphanumeric())
                {
                    self.ready.push(gram(&[second, first, last]));
                }
            }
            self.before = [first, Some(last)];
        }
        self.ready.pop()
    }
}

/// As PostgreSQL's ILIKE takes letters of both cases for the same: character by character.
fn folded(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// A piece as a number, which is stored: it must not differ between versions.
fn gram(characters: &[char]) -> Gram {
    let mut hasher = crc32fast::Hasher::new();
    for c in characters {
        hasher.update(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    // 0 has a meaning of its own.
    let hash = hasher.finalize().max(1).cast_signed();
    Gram {
        hash,
        characters: characters.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_all_pieces_of_each_part_of_it() {
        let text = "Größe <= 10^5;\n二分查找 dp[i]++ x";
        let grams: HashSet<_> = of_parts([text]).into_iter().collect();
        let ends: Vec<_> = text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        for (index, start) in ends.iter().enumerate() {
            for end in &ends[index..] {
                let part = &text[*start..*end];
                for searched in [part.to_owned(), part.to_ascii_uppercase()] {
                    let searched_for = of_search(&searched);
                    assert!(
                        searched_for.iter().all(|gram| grams.contains(gram)),
                        "{searched}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_not_there_is_told_apart() {
        let grams: HashSet<_> = of_parts(["retain the line", "a+b"]).into_iter().collect();
        for search in ["retina", "二", "b+a", "e  l", "ea", "a+b+"] {
            let is_there = of_search(search).iter().all(|gram| grams.contains(gram));
            assert!(!is_there, "{search}");
        }
        // The parts do not run into each other.
        assert!(!grams.contains(&of_search("ea")[0]));
    }

    #[test]
    fn there_are_so_many_pieces_and_no_more() {
        let text: String = (0x4e00..0x9f00).filter_map(char::from_u32).collect();
        assert_eq!(of_parts([&*text]), [MANY]);
        let search: String = (0x4e00..0x4f00).filter_map(char::from_u32).collect();
        assert_eq!(of_search(&search).len(), OF_SEARCH);
        assert!(of_search("x").is_empty());
        assert!(!of_parts(["abc 二"]).contains(&MANY));
    }

    #[test]
    fn the_numbers_stay_what_they_are() {
        assert_eq!(of_search("ab"), [-1_635_563_411]);
        assert_eq!(of_search("二"), [of_parts(["二"])[0]]);
    }
}
