/**
 * Listing tags: the first page, which for most repositories is all.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
 * @module
 */
import { err, maxManifestBytes, ok, type Call, type ImageSource, type RegistryError, type Repository, type Result, type TagList } from '@davit/core/adapter';
import type { Asked } from './asked.js';
import { protocolError } from './errors.js';
import type { Exchange } from './exchange.js';
import { nextPage } from './link.js';
import { readWords } from './registry-words.js';
import { repositoryScope } from './scope.js';

/** What is asked for at once; registries may give less. */
const pageSize = 1000;

export function tagListOperations(exchange: Exchange): Required<Pick<ImageSource, 'listTags'>> {
  const listOnce = async (asked: Asked, call: Call): Promise<Result<TagList, RegistryError>> => {
    const answer = await exchange.once({ asked, method: 'GET', at: `${asked.repository}/tags/list?n=${String(pageSize)}`, scopes: [repositoryScope(asked.repository, 'pull')], side: 'read', accept: [200, 404], headers: { accept: 'application/json' } }, call);
    if (answer.isErr()) return err(answer.error);
    const bytes = await exchange.bytes(asked, answer.value, maxManifestBytes, call);
    if (bytes.isErr()) return err(bytes.error);
    // Registries know no repository that has no tag.
    if (answer.value.status === 404 && readWords(bytes.value, answer.value.header('content-type')).code === 'NAME_UNKNOWN') return ok({ tags: [], complete: true });
    const tags = answer.value.status === 200 && bytes.value !== null ? tagsIn(bytes.value) : null;
    const next = nextPage(answer.value.header('link'));
    return tags === null ? err(protocolError(asked, `the registry answered ${String(answer.value.status)} with something else than a list of tags`)) : ok({ tags, complete: next.isOk() && next.value === null });
  };

  return {
    listTags: ({ registry, repository }: Repository, call) => {
      const asked: Asked = { registry, repository, subject: 'manifest', what: 'list the tags' };
      return exchange.again(asked, call, () => listOnce(asked, call));
    },
  };
}

function tagsIn(bytes: Uint8Array): readonly string[] | null {
  try {
    const { tags } = JSON.parse(new TextDecoder().decode(bytes)) as { tags?: unknown };
    // Some registries write null for none.
    if (tags === null) return [];
    return Array.isArray(tags) && tags.every((tag) => typeof tag === 'string') ? tags : null;
  } catch {
    return null;
  }
}
