/**
 * Ids of promotions: ULIDs, so that they sort by time and can be read aloud.
 * @see https://github.com/ulid/spec
 * @module
 */
import { randomBytes } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 48 bits of milliseconds and 80 random bits as 26 characters. */
export function newPromotionId(now: number, random: (bytes: number) => Uint8Array = randomBytes): string {
  let time = '';
  let rest = now;
  for (let at = 0; at < 10; at++) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  // 80 bits are 16 characters of 5 bits; one byte a character keeps it simple and wastes only randomness.
  return time + [...random(16)].map((byte) => alphabet.charAt(byte % 32)).join('');
}
