//! Keys in, candidates out, on as many threads as are wanted.

use crate::identifiers::{Identifiers, MAX_PERIOD};
use crate::prefilter::Prefilter;
use crate::rpik::{Deriver, Key};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What a thread takes at a time: half a millisecond's work.
const CHUNK_KEYS: usize = 1024;

/// An identifier that was heard, and the key and the interval it was derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Row of the key.
    pub key: usize,
    /// Ten-minute interval since 1970.
    pub interval: u32,
    /// The identifier.
    pub rpi: Key,
}

/// Published keys, as many of each; a period counts up to 144.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The temporary exposure keys.
    pub teks: &'a [Key],
    /// First interval of each.
    pub starts: &'a [u32],
    /// Number of intervals of each.
    pub periods: &'a [u8],
}

/// Every identifier of these keys that was heard, by key and interval.
///
/// # Panics
/// If there are not as many starts and periods as keys.
#[must_use]
pub fn propose(keys: Keys<'_>, prefilter: &Prefilter, threads: NonZeroUsize) -> Vec<Candidate> {
    assert!(keys.teks.len() == keys.starts.len() && keys.teks.len() == keys.periods.len());
    let threads = threads.get().min(keys.teks.len().div_ceil(CHUNK_KEYS));
    let next = AtomicUsize::new(0);
    if threads <= 1 {
        return take_chunks(keys, prefilter, &next);
    }
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let own = take_chunks(keys, prefilter, &next);
                found.lock().expect("no thread panicked").extend(own);
            });
        }
    });
    let mut found = found.into_inner().expect("no thread panicked");
    found.sort_unstable_by_key(|one| (one.key, one.interval.wrapping_sub(keys.starts[one.key])));
    found
}

/// Works on chunks until none is left.
fn take_chunks(keys: Keys<'_>, prefilter: &Prefilter, next: &AtomicUsize) -> Vec<Candidate> {
    let deriver = Deriver::new();
    let mut identifiers = Identifiers::new();
    let mut found = Vec::new();
    loop {
        let first = next.fetch_add(CHUNK_KEYS, Ordering::Relaxed);
        if first >= keys.teks.len() {
            return found;
        }
        for key in first..keys.teks.len().min(first + CHUNK_KEYS) {
            let start = keys.starts[key];
            let period = usize::from(keys.periods[key]).min(MAX_PERIOD);
            let rpis = identifiers.derive(&deriver.rpik(&keys.teks[key]), start, period);
            prefilter.probe(rpis, |slot| {
                let interval = start.wrapping_add(slot as u32);
                found.push(Candidate { key, interval, rpi: rpis[slot] });
            });
        }
    }
}
