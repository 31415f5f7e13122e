//! Four keys at a time on processors with SHA and VAES instructions, about twice as fast as one by one.
//!
//! SHA-256 and AES are chains of instructions that each wait for the one before. The `sha2` crate hashes one
//! message at a time and so waits most of the time; the `aes` crate (0.9) uses VAES only where there is AVX-512
//! too. Here the chains of four keys, or of sixteen identifiers, go side by side. The figures are in
//! docs/performance.md. Nothing here is unsafe: memory is read and written by safe casts alone.

use crate::rpik::{Deriver, INITIAL, INNER_PAD, KEY_BYTES, Key, OUTER_PAD, State};
use std::arch::x86_64::*;

/// Keys that are derived side by side.
pub(crate) const LANES: usize = 4;
/// Identifiers of one batch of AES, two in a register.
const BATCH: usize = 16;
const REGISTERS: usize = BATCH / 2;
const DAY_REGISTERS: usize = 72;

/// A SHA-256 state as the instructions want it: words f, e, b, a and h, g, d, c.
type ShaState = [__m128i; 2];
/// A block's sixteen words, four in a register.
type Words = [__m128i; 4];
type RoundKeys = [__m128i; 11];

/// Room for a day's identifiers of one key, used again for the next.
pub(crate) type Room = [__m256i; DAY_REGISTERS];

/// Whether this processor has what the functions here need.
pub(crate) fn is_available() -> bool {
    is_x86_feature_detected!("sha")
        && is_x86_feature_detected!("aes")
        && is_x86_feature_detected!("vaes")
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi2")
}

/// Calls `each` with the number of each key and its first `period` identifiers, 144 at most.
#[target_feature(enable = "sha,aes,vaes,avx2,bmi2")]
pub(crate) fn for_each_key(
    deriver: &Deriver,
    teks: &[Key],
    starts: &[u32],
    periods: &[u8],
    mut each: impl FnMut(usize, &[Key]),
) {
    let mut room: Room = [_mm256_setzero_si256(); DAY_REGISTERS];
    for (group, first) in teks.chunks(LANES).zip((0..).step_by(LANES)) {
        // A last group that is not full hashes zeros beside its keys.
        let lanes = std::array::from_fn(|lane| group.get(lane).copied().unwrap_or_default());
        let schedules = key_schedules(rpiks(deriver, lanes));
        for (schedule, row) in schedules[..group.len()].iter().zip(first..) {
            let period = usize::from(periods[row]).min(2 * DAY_REGISTERS);
            identifiers(schedule, starts[row], period.div_ceil(BATCH), &mut room);
            each(row, &bytemuck::cast_slice(&room)[..period]);
        }
    }
}

/// The steps of [`Deriver::rpik`] for each lane.
#[inline]
#[target_feature(enable = "sha,avx2")]
fn rpiks(deriver: &Deriver, teks: [Key; LANES]) -> [__m128i; LANES] {
    let zero = _mm_setzero_si128();
    let stop = words([0x8000_0000, 0, 0, 0]);
    let length = |bytes: usize| words([0, 0, 0, bytes as u32 * 8]);
    let [inner, outer] = [sha_state(&deriver.extract[0]), sha_state(&deriver.extract[1])];
    let initial = [sha_state(&INITIAL); LANES];

    let tek_blocks = teks.map(|tek| [big_endian(bytemuck::cast(tek)), stop, zero, length(64 + KEY_BYTES)]);
    let digest_block = |state| {
        let [first, second] = digest(state);
        [first, second, stop, length(64 + 32)]
    };
    let secrets = compress([outer; LANES], compress([inner; LANES], tek_blocks).map(digest_block))
        .map(|state| digest(state));
    let masked = |pad: u8| {
        let pad = _mm_set1_epi8(pad as i8);
        secrets.map(|[first, second]| [_mm_xor_si128(first, pad), _mm_xor_si128(second, pad), pad, pad])
    };
    let info: [[u8; 16]; 4] = bytemuck::cast(deriver.info);
    let info: Words = info.map(|sixteen| big_endian(bytemuck::cast(sixteen)));
    let inner = compress(compress(initial, masked(INNER_PAD)), [info; LANES]);
    let outer = compress(compress(initial, masked(OUTER_PAD)), inner.map(digest_block));
    outer.map(|state| big_endian(digest(state)[0]))
}

/// SHA-256's compression of one block for each lane.
#[inline]
#[target_feature(enable = "sha,avx2")]
fn compress(before: [ShaState; LANES], blocks: [Words; LANES]) -> [ShaState; LANES] {
    let mut states = before;
    let mut blocks = blocks;
    for (four, constants) in ROUND_CONSTANTS.as_chunks().0.iter().enumerate() {
        let constants = words(*constants);
        let [w0, w1, w2, w3] = [four, four + 1, four + 2, four + 3].map(|at| at % 4);
        if four >= 4 {
            for w in &mut blocks {
                let extended =
                    _mm_add_epi32(_mm_sha256msg1_epu32(w[w0], w[w1]), _mm_alignr_epi8::<4>(w[w3], w[w2]));
                w[w0] = _mm_sha256msg2_epu32(extended, w[w3]);
            }
        }
        for ([abef, cdgh], w) in states.iter_mut().zip(&blocks) {
            let sum = _mm_add_epi32(w[w0], constants);
            *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
            *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32::<0x0e>(sum));
        }
    }
    for (state, before) in states.iter_mut().zip(before) {
        *state = [_mm_add_epi32(state[0], before[0]), _mm_add_epi32(state[1], before[1])];
    }
    states
}

/// AES-128's round keys for each lane.
#[inline]
#[target_feature(enable = "aes,avx2")]
fn key_schedules(keys: [__m128i; LANES]) -> [RoundKeys; LANES] {
    let mut schedules = keys.map(|key| [key; 11]);
    macro_rules! round {
        ($round:literal, $constant:literal) => {
            for schedule in &mut schedules {
                let mut key = schedule[$round - 1];
                let mixed = _mm_shuffle_epi32::<0xff>(_mm_aeskeygenassist_si128::<$constant>(key));
                key = _mm_xor_si128(key, _mm_slli_si128::<4>(key));
                key = _mm_xor_si128(key, _mm_slli_si128::<8>(key));
                schedule[$round] = _mm_xor_si128(key, mixed);
            }
        };
    }
    round!(1, 0x01);
    round!(2, 0x02);
    round!(3, 0x04);
    round!(4, 0x08);
    round!(5, 0x10);
    round!(6, 0x20);
    round!(7, 0x40);
    round!(8, 0x80);
    round!(9, 0x1b);
    round!(10, 0x36);
    schedules
}

/// Identifiers of `start`, `start` + 1 …, as many batches as are wanted.
#[inline]
#[target_feature(enable = "vaes,avx2")]
fn identifiers(schedule: &RoundKeys, start: u32, batches: usize, room: &mut Room) {
    let keys = schedule.map(|key| _mm256_broadcastsi128_si256(key));
    let [en_r, pi] = [i32::from_le_bytes(*b"EN-R"), i32::from_le_bytes(*b"PI\0\0")];
    let [first, second] = [start as i32, start.wrapping_add(1) as i32];
    let mut plain = _mm256_setr_epi32(en_r, pi, 0, first, en_r, pi, 0, second);
    let two_on = _mm256_setr_epi32(0, 0, 0, 2, 0, 0, 0, 2);
    for batch in room.as_chunks_mut::<REGISTERS>().0.iter_mut().take(batches) {
        for block in batch.iter_mut() {
            *block = _mm256_xor_si256(plain, keys[0]);
            plain = _mm256_add_epi32(plain, two_on);
        }
        for key in &keys[1..10] {
            for block in batch.iter_mut() {
                *block = _mm256_aesenc_epi128(*block, *key);
            }
        }
        for block in batch.iter_mut() {
            *block = _mm256_aesenclast_epi128(*block, keys[10]);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn words([a, b, c, d]: [u32; 4]) -> __m128i {
    _mm_setr_epi32(a as i32, b as i32, c as i32, d as i32)
}

/// The same bytes with each word's in the other order.
#[inline]
#[target_feature(enable = "avx2")]
fn big_endian(bytes: __m128i) -> __m128i {
    _mm_shuffle_epi8(bytes, _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12))
}

#[inline]
#[target_feature(enable = "avx2")]
fn sha_state([a, b, c, d, e, f, g, h]: &State) -> ShaState {
    [words([*f, *e, *b, *a]), words([*h, *g, *d, *c])]
}

/// The words of a state in their order.
#[inline]
#[target_feature(enable = "avx2")]
fn digest([abef, cdgh]: ShaState) -> [__m128i; 2] {
    let feba = _mm_shuffle_epi32::<0x1b>(abef);
    let dchg = _mm_shuffle_epi32::<0xb1>(cdgh);
    [_mm_blend_epi16::<0xf0>(feba, dchg), _mm_alignr_epi8::<8>(dchg, feba)]
}

/// Of FIPS 180-4, section 4.2.2.
#[rustfmt::skip]
const ROUND_CONSTANTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];
