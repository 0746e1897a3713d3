//! One-time codes: RFC 6238, and O1 to O4.

use hmac::{Hmac, KeyInit as _, Mac as _};
use quorate::approval::approver::ApproverId;
use quorate::approval::registry::{MemoryRegistry, RegistryError};
use quorate::approval::totp::{MAX_FAILURES, STEP_S, Totp, TotpError};
use quorate::secret::Secret;
use sha1::Sha1;

const WHO: ApproverId = ApproverId([1; 32]);
const NOW: u64 = 1_111_111_109;

fn totp() -> Totp {
    Totp::new(Secret::new(b"12345678901234567890".to_vec()), 0).unwrap()
}

fn registry() -> MemoryRegistry {
    MemoryRegistry::new(100, NOW - 1000)
}

/// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
#[test]
fn rfc_6238_appendix_b() {
    let vectors = [
        (59, b"287082"),
        (1_111_111_109, b"081804"),
        (1_111_111_111, b"050471"),
        (1_234_567_890, b"005924"),
        (2_000_000_000, b"279037"),
        (20_000_000_000, b"353130"),
    ];
    for (time, code) in vectors {
        assert_eq!(&totp().code_at(time), code, "{time}");
    }
}

/// RFC 4226, section 5.3, as it is written there: the offset chooses the word. Ours looks at all of them.
#[test]
fn codes_are_those_of_a_plain_truncation_at_every_offset() {
    let mut offsets = [0; 16];
    for step in 0u64..1000 {
        let mut mac = Hmac::<Sha1>::new_from_slice(b"12345678901234567890").unwrap();
        mac.update(&step.to_be_bytes());
        let mac: [u8; 20] = mac.finalize().into_bytes().into();
        let at = usize::from(mac[19] & 15);
        offsets[at] += 1;
        let word = u32::from_be_bytes(mac[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        assert_eq!(totp().code_at(step * STEP_S).as_slice(), format!("{:06}", word % 1_000_000).as_bytes());
    }
    assert!(offsets.iter().all(|steps| *steps > 20), "{offsets:?}");
}

#[test]
fn o1_secrets_have_sixteen_to_sixty_four_bytes() {
    for (len, fits) in [(0, false), (15, false), (16, true), (64, true), (65, false)] {
        let made = Totp::new(Secret::new(vec![7; len]), 0).map(drop);
        assert_eq!(made, if fits { Ok(()) } else { Err(TotpError::Config) }, "{len}");
    }
    assert_eq!(TotpError::Config.code(), 5581);
}

#[test]
fn o2_the_code_is_of_this_step_or_the_next_to_it() {
    for (distance, fits) in [(-2i64, false), (-1, true), (0, true), (1, true), (2, false)] {
        let (mut totp, mut registry) = (totp(), registry());
        let step = (NOW / STEP_S).checked_add_signed(distance).unwrap();
        let code = totp.code_at(step * STEP_S);
        let result = totp.accept(&WHO, &code, &[1; 32], &mut registry, NOW);
        assert_eq!(result, if fits { Ok(()) } else { Err(TotpError::WrongCode) }, "{distance}");
        assert_eq!(totp.last_step(), if fits { step } else { 0 });
    }
    let wrong = totp().accept(&WHO, b"08180x", &[1; 32], &mut registry(), NOW);
    assert_eq!(wrong, Err(TotpError::WrongCode));
    assert_eq!(TotpError::WrongCode.code(), 5582);
}

#[test]
fn o3_a_step_is_used_for_one_challenge() {
    let (mut totp, mut registry) = (totp(), registry());
    let code = totp.code_at(NOW);
    let mut accept =
        |challenge: u8, code: &[u8; 6], now| totp.accept(&WHO, code, &[challenge; 32], &mut registry, now);
    assert_eq!(accept(1, &code, NOW), Ok(()));
    assert_eq!(accept(1, &code, NOW), Ok(()), "a retry");
    assert_eq!(accept(2, &code, NOW), Err(TotpError::Reused));
    // A code of before the last one accepted, though never used.
    let (before, next) = (self::totp().code_at(NOW - 30), self::totp().code_at(NOW + 30));
    assert_eq!(accept(3, &before, NOW), Err(TotpError::Reused));
    assert_eq!(accept(3, &next, NOW), Ok(()));
    assert_eq!(accept(3, &code, NOW), Err(TotpError::Reused));
    assert_eq!(accept(3, &next, NOW + 30), Ok(()), "a retry, one step later");
    assert_eq!(TotpError::Reused.code(), 5583);
}

#[test]
fn o3_a_used_step_stays_used_when_the_stored_step_is_lost() {
    let mut registry = registry();
    let code = totp().code_at(NOW);
    assert_eq!(totp().accept(&WHO, &code, &[1; 32], &mut registry, NOW), Ok(()));
    assert_eq!(totp().accept(&WHO, &code, &[2; 32], &mut registry, NOW), Err(TotpError::Reused));
    // Somebody else's code of that step is another name.
    assert_eq!(totp().accept(&ApproverId([2; 32]), &code, &[2; 32], &mut registry, NOW), Ok(()));
}

#[test]
fn o4_after_five_failures_no_code_is_looked_at() {
    let (mut totp, mut registry) = (totp(), registry());
    let code = totp.code_at(NOW);
    for _ in 0..MAX_FAILURES {
        let wrong = totp.accept(&WHO, b"000000", &[1; 32], &mut registry, NOW);
        assert_eq!(wrong, Err(TotpError::WrongCode));
    }
    assert_eq!(totp.accept(&WHO, &code, &[1; 32], &mut registry, NOW), Err(TotpError::Throttled));
    assert_eq!(TotpError::Throttled.code(), 5584);
    let other = ApproverId([2; 32]);
    assert_eq!(self::totp().accept(&other, &code, &[1; 32], &mut registry, NOW), Ok(()));
    let later = NOW + 901;
    let code = totp.code_at(later);
    assert_eq!(totp.accept(&WHO, &code, &[1; 32], &mut registry, later), Ok(()));
}

#[test]
fn a_registry_without_room_denies() {
    let mut full = MemoryRegistry::new(0, NOW);
    let code = totp().code_at(NOW);
    let refused = totp().accept(&WHO, &code, &[1; 32], &mut full, NOW);
    assert_eq!(refused, Err(TotpError::Registry(RegistryError::Full)));
}
