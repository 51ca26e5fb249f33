/**
 * Options that were given, without those that were not.
 * @module
 */
export function given<T extends Readonly<Record<string, string | undefined>>>(options: T): { readonly [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { readonly [K in keyof T]?: string };
}
