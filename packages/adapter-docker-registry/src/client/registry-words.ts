/**
 * What a registry says about a refusal: the error document of the distribution specification, or whatever text came.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 * @module
 */

export interface RegistryWords {
  /** The specification's code, such as `NAME_UNKNOWN`; null where the answer has none. */
  readonly code: string | null;
  /** One line for people, at most 300 characters; empty where nothing was said. */
  readonly text: string;
}

const longestText = 300;
/** Bodies of refusals and of token services are read up to here. */
export const maxErrorBytes = 64 * 1024;

/**
 * Reads the body of a refusal. Anything that is not the specification's document is quoted as it came, without markup. `hide`
 * takes secrets out before the text is cut: of half a secret nobody would know that it is one.
 */
export function readWords(body: Uint8Array | null, contentType: string | undefined, hide: (text: string) => string = (text) => text): RegistryWords {
  if (body === null || body.length === 0) return { code: null, text: '' };
  const text = new TextDecoder().decode(body);
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null) return fromDocument(document as Record<string, unknown>, hide);
  } catch {
    // Not JSON: quoted below.
  }
  return { code: null, text: /html/i.test(contentType ?? '') || /^\s*<(?:!doctype|html)/i.test(text) ? 'a web page, not the answer of a registry' : oneLine(hide(text)) };
}

function fromDocument(document: Record<string, unknown>, hide: (text: string) => string): RegistryWords {
  const { errors, message, details, error, error_description: description } = document;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (typeof first === 'object' && first !== null) {
    const { code, message: said, detail } = first as Record<string, unknown>;
    const more = typeof detail === 'string' && detail !== '' ? ` (${detail})` : '';
    return { code: typeof code === 'string' ? code.toUpperCase().slice(0, 60) : null, text: oneLine(hide(`${typeof said === 'string' ? said : ''}${more}`)) };
  }
  const said = [description, message, details, error].find((text) => typeof text === 'string' && text !== '');
  return { code: null, text: oneLine(hide(typeof said === 'string' ? said : '')) };
}

/** No control characters: the text ends on terminals and in logs. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is taken out
  const clean = text.slice(0, 4 * longestText).replace(/[\u0000-\u0020\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return clean.length > longestText ? `${clean.slice(0, longestText - 1)}…` : clean;
}
