import { pushImage, startRegistryServer } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { adapter, call, closing, errorOf, fakeServer, valueOf } from '../support.js';

const at = (registry: string) => ({ registry, repository: 'team/app' });

describe('listTags', () => {
  it('gives the tags, and says whether these are all', async () => {
    for (const [pageSize, tags, complete] of [[9, ['a', 'b', 'c'], true], [2, ['a', 'b'], false]] as const) {
      const server = closing(await startRegistryServer({ pageSize }));
      await pushImage(server, { repository: 'team/app', tags: ['a', 'b', 'c'] });
      expect(await valueOf(adapter().listTags!(at(server.host), call()))).toEqual({ tags, complete });
      expect(server.requests.lines()).toHaveLength(1);
    }
  });

  it('does not take what cannot be read for the end of the list', async () => {
    for (const [link, complete] of [['<rubbish', false], ['</v2/a/tags/list?last=a|b>; rel="next"', false], ['<x>; rel="prev"', true]] as const) {
      const server = await fakeServer(({ answer }) => answer(200, { link }, '{"tags":["a"]}'));
      expect(await valueOf(adapter().listTags!(at(server.host), call()))).toEqual({ tags: ['a'], complete });
    }
  });

  it('gives none of a repository that the registry does not know, and where it writes null for none', async () => {
    const server = closing(await startRegistryServer());
    expect(await valueOf(adapter().listTags!(at(server.host), call()))).toEqual({ tags: [], complete: true });
    const nulls = await fakeServer(({ answer }) => answer(200, {}, '{"name":"team/app","tags":null}'));
    expect(await valueOf(adapter().listTags!(at(nulls.host), call()))).toEqual({ tags: [], complete: true });
  });

  it.each<[string, number, string]>([
    ['a web page', 200, '<html>'],
    ['something else', 200, '{"tags":[1]}'],
    ['no such endpoint', 404, ''],
    ['a refusal', 403, ''],
    ['a refusal of the method', 405, ''],
  ])('is an error that does not pass where the registry has no such list: %s', async (_, status, body) => {
    const server = await fakeServer(({ answer }) => answer(status, {}, body));
    expect((await errorOf(adapter().listTags!(at(server.host), call()))).retryable).toBe(false);
    expect(server.requests).toEqual(['GET /v2/team/app/tags/list?n=1000']);
  });
});
