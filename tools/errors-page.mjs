/** Renders docs/errors.md from the closed list of error codes: one heading, and so one anchor, for each code. */

const titles = {
  use: ['Use', 'What was given to Davit is wrong; nothing was begun. The command exits with 2.'],
  registry: ['Registry', 'What a staging or production registry answered, or did not.'],
  deployer: ['Hosts and deployment', 'What happened on a host, or on the way to it.'],
  check: ['Checks', 'A check answered no, or could not answer.'],
  store: ['Store and journal', 'Where promotions are kept.'],
  run: ['Running', 'What ended a step or a process before its time.'],
};

export function errorsPage(families) {
  const lines = [
    '# Errors',
    '',
    'Generated from `packages/core/src/errors/codes.ts` by `npm run docs`.',
    '',
    'Every failure that Davit reports is a plain object `{ code, message, retryable, …facts, cause? }`. The code is one of this list and is never renamed or reused; `message` says what happened in this case and may change with any release, so match on `code`. Whether trying again can help (`retryable`) is decided where the error is made, because it depends on the case.',
    '',
  ];
  for (const [family, codes] of Object.entries(families)) {
    const [title, about] = titles[family];
    lines.push(`- [${title}](#${title.toLowerCase().replaceAll(' ', '-')}): ${Object.keys(codes).map((code) => `[${code}](#${code})`).join(', ')}`);
    if (about === undefined) throw new Error(`no words about the family ${family}`);
  }
  for (const [family, codes] of Object.entries(families)) {
    const [title, about] = titles[family];
    lines.push('', `## ${title}`, '', about);
    for (const [code, { meaning, cause, remedy }] of Object.entries(codes)) {
      lines.push('', `### ${code}`, '', meaning, '', `- Likely cause: ${cause}`, `- What to do: ${remedy}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
