/**
 * How long a registry asks to wait.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 * @module
 */

/**
 * Milliseconds from `Retry-After`, given in seconds or as a date; undefined where there is none or it cannot be read. A
 * date is compared with the registry's own `Date`, because its clock and ours may differ. Of several lines, as a proxy adds
 * one of its own, the longest time counts that can be read.
 */
export function retryAfterMs(header: string | undefined, date: string | undefined, now: number): number | undefined {
  // Joined by commas, and one stands in a date as well: after the name of its day.
  const lines = header?.split(/(?<!\b(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?),/) ?? [];
  const waits = lines.map((line) => lineMs(line.trim(), date, now)).filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

function lineMs(text: string, date: string | undefined, now: number): number | undefined {
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1000;
  const until = httpDate(text);
  return until === null ? undefined : Math.max(0, until - (httpDate(date) ?? now));
}

/** The three forms of RFC 9110, 5.6.7. `Date.parse` alone would take `-5` and `2026` for dates. */
function httpDate(text: string | undefined): number | null {
  if (text === undefined || !/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d{2}:\d{2}:\d{2}/.test(text)) return null;
  const at = Date.parse(/GMT$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : at;
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, µs: 0.001, μs: 0.001, ns: 0.000_001 };

/** Milliseconds, rounded up, from a duration as Go writes it: `10.3ms`, `1m2.5s`. Undefined where the text is none. */
export function goDurationMs(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:\.\d{1,12})?(?:h|ms|m|s|us|µs|μs|ns))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|μs|ns)/g)) sum += Number(amount) * (unitMs[unit] ?? 0);
  return Math.ceil(sum);
}
