/**
 * The file that pins images in a Compose project: written by us alone, a few lines for each service.
 * @module
 */

/** Service to image, always in one canonical form: another spelling of the same digest would recreate the container. */
export type Pins = ReadonlyMap<string, string>;

const head = '# Written by Davit at every promotion; changes by hand are refused. Settings belong in your own Compose files.\n';

/** The bytes of a pin file. Services in the order of their names, so that the same pins are the same bytes. */
export function formatPins(pins: Pins): Buffer {
  const lines = [...pins]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([service, image]) => `  ${JSON.stringify(service)}:\n    image: ${JSON.stringify(image)}\n`);
  return Buffer.from(`${head}services:${lines.length === 0 ? ' {}' : ''}\n${lines.join('')}`);
}

/** What a pin file says; null where it is not one of ours any more. */
export function readPins(bytes: Buffer): Pins | null {
  const pins = new Map<string, string>();
  let service: string | undefined;
  for (const line of bytes.toString('utf8').split('\n')) {
    if (line.trim() === '' || line.startsWith('#') || /^services:(?: \{\})?$/.test(line)) continue;
    const named = /^ {2}("?)([A-Za-z0-9._-]+)\1:$/.exec(line);
    const image = /^ {4}image: ("?)([^\s"]+)\1$/.exec(line);
    if (named !== null) service = named[2];
    else if (image?.[2] !== undefined && service !== undefined) pins.set(service, image[2]);
    else return null;
  }
  return pins;
}
