//! Derivation against the published vector of the Exposure Notification specification, and against HKDF's crate.

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use bluezone_native::derive::{Keys, for_each_key, for_each_key_anywhere};
use bluezone_native::identifiers::Identifiers;
use bluezone_native::rpik::{Deriver, Key};
use hex_literal::hex;
use sha2::Sha256;

const TEK: Key = hex!("75c734c6dd1a782de7a965da5eb93125");
const START: u32 = 2_642_976;
const RPIK: Key = hex!("185ad91db69ec7dd048960f1f3ba6175");
const RPIS: [(usize, Key); 5] = [
    (0, hex!("8be6cd371c5c891604bfbe49df845096")),
    (1, hex!("3c9a1de5dd6b02afa7fded7b570b3e56")),
    (77, hex!("e8db4a4626385ae6e3b2451d0a66edbf")),
    (142, hex!("a65ef7ba9752c4173ba48a33849c5e52")),
    (143, hex!("f431b62ecf443102ce4ed0407de54bd4")),
];

fn some_keys(count: usize) -> Vec<Key> {
    let mut state = 20_210_325_u128;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
        state.to_le_bytes()
    })
    .take(count)
    .collect()
}

#[test]
fn the_published_vector() {
    assert_eq!(Deriver::new().rpik(&TEK), RPIK);
    let mut identifiers = Identifiers::new();
    let rpis = identifiers.derive(&RPIK, START, 144);
    assert_eq!(rpis.len(), 144);
    for (slot, rpi) in RPIS {
        assert_eq!(rpis[slot], rpi);
    }
}

#[test]
fn rpiks_are_those_of_the_hkdf_crate() {
    let deriver = Deriver::new();
    for tek in some_keys(200) {
        let mut rpik = [0; 16];
        hkdf::Hkdf::<Sha256>::new(None, &tek).expand(b"EN-RPIK", &mut rpik).unwrap();
        assert_eq!(deriver.rpik(&tek), rpik);
    }
}

#[test]
fn identifiers_of_any_start_and_period_are_single_blocks_of_aes() {
    let mut identifiers = Identifiers::new();
    for (key, period) in some_keys(145).iter().zip(0..) {
        for start in [0, START, u32::MAX - 70, u32::MAX] {
            let cipher = aes::Aes128::new(key.into());
            let rpis = identifiers.derive(key, start, period);
            assert_eq!(rpis.len(), period);
            for (rpi, offset) in rpis.iter().zip(0..) {
                let mut block = *b"EN-RPI\0\0\0\0\0\0\0\0\0\0";
                block[12..].copy_from_slice(&start.wrapping_add(offset).to_le_bytes());
                let mut expected: aes::Block = block.into();
                cipher.encrypt_block(&mut expected);
                assert_eq!(*rpi, expected.0);
            }
        }
    }
}

#[test]
fn no_key_is_good_for_more_than_a_day() {
    assert_eq!(Identifiers::new().derive(&RPIK, START, 255).len(), 144);
}

#[test]
fn the_published_vector_by_the_fastest_way() {
    let keys = Keys { teks: &[TEK], starts: &[START], periods: &[144] };
    let mut seen = 0;
    for_each_key(&Deriver::new(), keys, |row, rpis| {
        assert_eq!((row, rpis.len()), (0, 144));
        for (slot, rpi) in RPIS {
            assert_eq!(rpis[slot], rpi);
        }
        seen += 1;
    });
    assert_eq!(seen, 1);
}

#[test]
fn both_ways_derive_the_same_whatever_the_number_of_keys() {
    let deriver = Deriver::new();
    for count in [0, 1, 3, 4, 5, 600] {
        let teks = some_keys(count);
        let starts: Vec<u32> = (0..).map(|row: u32| START.wrapping_add(row << 23)).take(count).collect();
        let periods: Vec<u8> = (0..count).map(|row| (row % 256) as u8).collect();
        let keys = Keys { teks: &teks, starts: &starts, periods: &periods };
        let mut derived: [Vec<(usize, Vec<Key>)>; 2] = Default::default();
        for_each_key(&deriver, keys, |row, rpis| derived[0].push((row, rpis.to_vec())));
        for_each_key_anywhere(&deriver, keys, |row, rpis| derived[1].push((row, rpis.to_vec())));
        assert_eq!(derived[0], derived[1]);
        assert_eq!(derived[0].len(), count);
    }
}
