//! What was heard, so that nearly every identifier not heard is told by one bit near the processor.

use crate::rpik::Key;

/// Bits of the first table for each identifier heard: 20,000 of them fill 64 KiB, one in 26 bits is set.
const COARSE_BITS_EACH: usize = 16;
/// Of the second, 256 KiB for as many, one in a hundred set. Both then lie in a core's second-level cache.
const FINE_BITS_EACH: usize = 64;
const MIN_BITS: u32 = 12;
const MAX_COARSE_BITS: u32 = 22;
const MAX_FINE_BITS: u32 = 27;

/// Three sieves, each finer and slower: bits by the first four bytes, bits by the next four, the identifiers.
///
/// Whoever chooses the identifiers that we hear can make the first two useless, which costs a search of the
/// sorted list per identifier derived, no more.
pub struct Prefilter {
    coarse: Bits,
    fine: Bits,
    sorted: Vec<u128>,
}

impl Prefilter {
    /// Builds the tables of the identifiers heard, in any order, however often each.
    #[must_use]
    pub fn new(heard: &[Key]) -> Self {
        let mut sorted: Vec<u128> = heard.iter().map(number).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut coarse = Bits::for_count(sorted.len(), COARSE_BITS_EACH, MAX_COARSE_BITS);
        let mut fine = Bits::for_count(sorted.len(), FINE_BITS_EACH, MAX_FINE_BITS);
        for rpi in heard {
            coarse.set(word::<0>(rpi));
            fine.set(word::<4>(rpi));
        }
        Self { coarse, fine, sorted }
    }

    /// Calls `found` with the place of each identifier that was heard, in order.
    ///
    /// # Panics
    /// If there are more than 256 identifiers.
    #[inline(always)] // into code that may use more of the processor's instructions
    pub fn probe(&self, rpis: &[Key], mut found: impl FnMut(usize)) {
        // Places are noted without a branch: whether a bit is set cannot be foretold.
        let mut noted = [0u8; 256];
        let mut count = 0;
        for (place, rpi) in rpis.iter().enumerate() {
            noted[count] = place as u8;
            count += self.coarse.bit(word::<0>(rpi));
        }
        for place in noted[..count].iter().map(|place| usize::from(*place)) {
            let rpi = &rpis[place];
            if self.fine.bit(word::<4>(rpi)) == 1 && self.sorted.binary_search(&number(rpi)).is_ok() {
                found(place);
            }
        }
    }
}

/// A table of bits, found by the low bits of a number.
struct Bits {
    words: Box<[u64]>,
}

impl Bits {
    fn for_count(count: usize, each: usize, max_bits: u32) -> Self {
        let bits = (count * each).next_power_of_two().ilog2().clamp(MIN_BITS, max_bits);
        Self { words: vec![0; 1 << (bits - 6)].into() }
    }

    fn set(&mut self, number: u32) {
        let place = self.place(number);
        self.words[place] |= 1 << (number & 63);
    }

    #[inline(always)]
    fn bit(&self, number: u32) -> usize {
        (self.words[self.place(number)] >> (number & 63) & 1) as usize
    }

    #[inline(always)]
    fn place(&self, number: u32) -> usize {
        (number >> 6) as usize & (self.words.len() - 1)
    }
}

#[inline(always)]
fn word<const AT: usize>(rpi: &Key) -> u32 {
    u32::from_le_bytes(*rpi[AT..].first_chunk().expect("four bytes"))
}

fn number(rpi: &Key) -> u128 {
    u128::from_be_bytes(*rpi)
}
