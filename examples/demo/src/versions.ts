/**
 * The three versions of a tiny web application, as the files of real images. The third one starts and is unwell.
 * @module
 */
export interface Version {
  readonly tag: string;
  readonly files: Readonly<Record<string, string>>;
}

const server = (greeting: string, healthy: boolean): string => `import { createServer } from 'node:http';

createServer((request, response) => {
  const well = request.url !== '/healthz' || ${String(healthy)};
  response.writeHead(well ? 200 : 503, { 'content-type': 'text/plain' });
  response.end(well ? ${JSON.stringify(`${greeting}\n`)} : 'the database of this version is unreachable\\n');
}).listen(Number(process.env.PORT), '127.0.0.1');

process.on('SIGTERM', () => process.exit(0));
console.log(${JSON.stringify(greeting)});
`;

const version = (tag: string, greeting: string, healthy: boolean): Version => ({ tag, files: { 'app/server.mjs': server(greeting, healthy), 'app/VERSION': `${tag}\n` } });

export const versions = {
  v1: version('v1', 'Hello from version 1', true),
  v2: version('v2', 'Hello from version 2, now with buttons', true),
  v3: version('v3', 'Hello from version 3', false),
} as const;
