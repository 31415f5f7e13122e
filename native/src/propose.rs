//! Keys in, candidates out, on as many threads as are wanted.

use crate::derive::{Keys, for_each_key};
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
    let work = || {
        let own = take_chunks(keys, prefilter, &next);
        found.lock().expect("no thread panicked").extend(own);
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // A system that gives no more threads only makes it slower: chunks go to those there are.
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    let mut found = found.into_inner().expect("no thread panicked");
    found.sort_unstable_by_key(|one| (one.key, one.interval.wrapping_sub(keys.starts[one.key])));
    found
}

/// Works on chunks until none is left.
fn take_chunks(keys: Keys<'_>, prefilter: &Prefilter, next: &AtomicUsize) -> Vec<Candidate> {
    let deriver = Deriver::new();
    let mut found = Vec::new();
    loop {
        let first = next.fetch_add(CHUNK_KEYS, Ordering::Relaxed);
        if first >= keys.teks.len() {
            return found;
        }
        let chunk = keys.rows(first..keys.teks.len().min(first + CHUNK_KEYS));
        for_each_key(&deriver, chunk, |row, rpis| {
            prefilter.probe(rpis, |slot| {
                let interval = chunk.starts[row].wrapping_add(slot as u32);
                found.push(Candidate { key: first + row, interval, rpi: rpis[slot] });
            });
        });
    }
}
