/**
 * Amounts as people read them: durations, sizes, times, digests.
 * @module
 */

/** `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${String(whole)} s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${String(Math.floor(whole / 60))} min ${two(whole % 60)} s`;
  return `${String(Math.floor(whole / 3600))} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** The same, or nothing where it was over at once. */
export function tookLong(ms: number | undefined): string {
  return ms === undefined || ms < 50 ? '' : duration(ms);
}

/** `1.2 GB`, in decimal units. */
export function bytes(count: number): string {
  for (const [unit, factor] of [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const) if (count >= factor) return `${(count / factor).toFixed(1)} ${unit}`;
  return `${String(count)} ${count === 1 ? 'byte' : 'bytes'}`;
}

/** `2026-03-01 02:14:05Z`: whoever reads it at night need not ask in which time zone. */
export function time(at: number | string): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\.\d{3}Z$/, 'Z');
}

/** `02:14:05Z` */
export function timeOfDay(at: number): string {
  return time(at).slice(11);
}

/** `sha256:0123456789ab`: enough to tell two digests apart, and to find one. */
export function shortDigest(digest: string): string {
  const colon = digest.indexOf(':');
  return colon < 0 ? digest : `${digest.slice(0, colon)}:${digest.slice(colon + 1, colon + 13)}`;
}

/** `registry/app@sha256:0123…` becomes `registry/app@sha256:0123456789ab`. */
export function shortImage(image: string): string {
  const at = image.indexOf('@');
  return at < 0 ? image : `${image.slice(0, at)}@${shortDigest(image.slice(at + 1))}`;
}

/** `1 blob`, `3 blobs`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}
