//! The decoder on messages put together by hand.

use bluezone_native::export::{NO_ONSET, last_border, read};
use std::ops::Range;

const CENTURY: Range<u32> = 1_577_808..6_837_408;
const START: [u8; 5] = [0x18, 0xf0, 0xb9, 0xa4, 0x01]; // 2694384 = 0x291cf0 in groups of seven bits

/// A key of sixteen bytes of seven, with its start and some more fields.
fn key(more: &[u8]) -> Vec<u8> {
    let content = [&[0x0a, 16], [7; 16].as_slice(), &START, more].concat();
    [&[0x3a, content.len() as u8], content.as_slice()].concat()
}

#[test]
fn what_is_missing_has_its_default() {
    let part = read(&key(&[]), CENTURY).unwrap();
    let keys = part.keys;
    assert_eq!((keys.teks, keys.starts, keys.periods), (vec![[7; 16]], vec![2_694_384], vec![144]));
    assert_eq!(
        (keys.transmission_risks, keys.report_types, keys.days_since_onset),
        (vec![0], vec![0], vec![NO_ONSET])
    );
    assert_eq!((part.revised_keys.teks.len(), part.others.len()), (0, 0));
}

#[test]
fn every_field_of_a_key_and_unknown_ones() {
    let more = [0x10, 6, 0x20, 9, 0x28, 5, 0x30, 3, 0x40, 1, 0x4a, 2, 8, 8]; // 3 in zigzag is -2
    let mut message = key(&more);
    message[0] = 0x42; // revised
    let keys = read(&message, CENTURY).unwrap().revised_keys;
    assert_eq!((keys.periods, keys.transmission_risks), (vec![9], vec![6]));
    assert_eq!((keys.report_types, keys.days_since_onset), (vec![5], vec![-2]));
}

#[test]
fn other_fields_are_handed_on_in_their_order() {
    let message = [b"\x1a\x02VN".as_slice(), &key(&[]), b"\x20\x01", &key(&[]), b"\x1a\x02US"].concat();
    let part = read(&message, CENTURY).unwrap();
    assert_eq!(part.keys.teks.len(), 2);
    assert_eq!(part.others, b"\x1a\x02VN\x20\x01\x1a\x02US");
}

#[test]
fn the_unusual_is_left_to_others() {
    let unusual: [&[u8]; 10] = [
        &[0x20, 0],                                                          // period 0
        &[0x20, 0x91, 0x01],                                                 // period 145
        &[0x28, 6],                                                          // an unknown report type
        &[0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], // risk -1
        &[0x18, 0],                                                          // another start, absurd
        &[0x0a, 1, 7],                                                       // another key, of one byte
        &[0x1d, 0, 0, 0, 0],                                                 // the start in four bytes
        &[0x4b, 0x4c],                                                       // a group
        &[0x40],                                                             // no value
        &[0x80, 0x80, 0x80, 0x80, 0x10, 0],                                  // field 2^29, one too many
    ];
    for more in unusual {
        assert_eq!(read(&key(more), CENTURY), None, "{more:?}");
    }
    assert_eq!(read(&key(&[]), 2_694_385..6_837_408), None);
    assert_eq!(read(b"\x3a\x00", CENTURY), None);
}

#[test]
fn borders() {
    let message = [key(&[]), key(&[0x10, 1])].concat();
    let first = key(&[]).len();
    for cut in 0..message.len() {
        let expected = if cut < first { 0 } else { first };
        assert_eq!(last_border(&message[..cut]), Some(expected));
    }
    assert_eq!(last_border(&message), Some(message.len()));
    for unusual in [b"\x02\x00".as_slice(), b"\x0b", b"\x80\x80\x80\x80\x80", b"\x3a\x81\x80\x40"] {
        assert_eq!(last_border(unusual), None, "{unusual:?}");
    }
}
