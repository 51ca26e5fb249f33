/**
 * Sizes that people write: `1GB` is a thousand million bytes, `1GiB` is 1024³ (G11).
 * @module
 */
import { failure, type UseError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';

const units: Readonly<Record<string, number>> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 };

/** Reads a size in bytes: a whole number, or a number with a unit. `1G` is refused: it means one thing to some and another to others. */
export function parseSize(size: string | number): Result<number, UseError> {
  const parts = typeof size === 'number' ? undefined : /^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*$/i.exec(size);
  const [, number = '', unit = ''] = parts ?? [];
  const factor = unit === '' ? 1 : units[unit.toLowerCase()];
  const bytes = typeof size === 'number' ? size : parts === null || parts === undefined || factor === undefined ? NaN : Math.floor(Number(number) * factor);
  if (!Number.isSafeInteger(bytes) || bytes < 1) return err(failure('configuration_invalid', `not a size: ${JSON.stringify(size)} (write bytes, or a number with B, kB, MB, GB, KiB, MiB or GiB, for example 1GB)`, { actual: String(size) }));
  return ok(bytes);
}

/** `1.2 GB`, in decimal units and with one digit after the point. */
export function formatSize(bytes: number): string {
  const [unit, factor] = bytes >= 1e9 ? (['GB', 1e9] as const) : bytes >= 1e6 ? (['MB', 1e6] as const) : bytes >= 1e3 ? (['kB', 1e3] as const) : (['bytes', 1] as const);
  return `${String(Math.round((bytes / factor) * 10) / 10)} ${unit}`;
}
