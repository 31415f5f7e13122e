//! Candidates against the plain way: every identifier looked up in a set.

use bluezone_native::derive::Keys;
use bluezone_native::identifiers::Identifiers;
use bluezone_native::prefilter::Prefilter;
use bluezone_native::propose::{Candidate, propose};
use bluezone_native::rpik::{Deriver, Key};
use std::collections::HashSet;
use std::num::NonZeroUsize;

fn numbered(first: u64, count: usize) -> Vec<Key> {
    let mixed = |number: u64| u128::from(number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    (first..).map(|number| mixed(number).to_le_bytes()).take(count).collect()
}

fn every_identifier(keys: Keys<'_>) -> Vec<Candidate> {
    let mut identifiers = Identifiers::new();
    let mut all = Vec::new();
    for (key, tek) in keys.teks.iter().enumerate() {
        let rpik = Deriver::new().rpik(tek);
        let rpis = identifiers.derive(&rpik, keys.starts[key], usize::from(keys.periods[key]));
        for (rpi, offset) in rpis.iter().zip(0..) {
            all.push(Candidate { key, interval: keys.starts[key].wrapping_add(offset), rpi: *rpi });
        }
    }
    all
}

#[test]
fn what_was_heard_is_found_by_any_number_of_threads_and_nothing_else() {
    let count = 2_500;
    let teks = numbered(0, count);
    let starts: Vec<u32> = (0..).map(|row| 2_642_976 + row % 7 * 144).take(count).collect();
    let periods: Vec<u8> = (0..count).map(|row| (row % 145) as u8).collect();
    let keys = Keys { teks: &teks, starts: &starts, periods: &periods };
    let all = every_identifier(keys);
    let mut heard: Vec<Key> = all.iter().step_by(997).map(|one| one.rpi).collect();
    heard.extend(numbered(1 << 40, 5_000));
    heard.extend_from_within(..10);
    let set: HashSet<Key> = heard.iter().copied().collect();
    let expected: Vec<Candidate> = all.into_iter().filter(|one| set.contains(&one.rpi)).collect();
    assert!(expected.len() > 150);
    let prefilter = Prefilter::new(&heard);
    for threads in [1, 2, 3, 100] {
        assert_eq!(propose(keys, &prefilter, NonZeroUsize::new(threads).unwrap()), expected);
    }
}

#[test]
fn nothing_heard_or_no_keys() {
    let teks = numbered(0, 3);
    let one = NonZeroUsize::MIN;
    let keys = Keys { teks: &teks, starts: &[0; 3], periods: &[144; 3] };
    assert_eq!(propose(keys, &Prefilter::new(&[]), one), []);
    let none = Keys { teks: &[], starts: &[], periods: &[] };
    assert_eq!(propose(none, &Prefilter::new(&teks), one), []);
}

#[test]
fn identifiers_that_differ_in_one_byte_only_are_told_apart() {
    let rpi: Key = numbered(5, 1)[0];
    let near: Vec<Key> = (0..16)
        .map(|at| {
            let mut other = rpi;
            other[at] ^= 1;
            other
        })
        .collect();
    let mut found = Vec::new();
    let probed: Vec<Key> = near.iter().copied().chain([rpi]).collect();
    Prefilter::new(&[rpi]).probe(&probed, |place| found.push(place));
    assert_eq!(found, [16]);
}
