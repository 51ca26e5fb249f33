/**
 * What the help says of each command.
 * @module
 */

export interface CommandWords {
  /** For the list of commands. */
  readonly summary: string;
  readonly description: string;
  /** Each with what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
}

export const commandWords = {
  plan: {
    summary: 'show what promote would do',
    description: 'Show what promote would do: digests, tags, hosts, and what is replaced. Changes nothing.',
    examples: [
      ['davit plan --to production', 'the images of the configuration'],
      ['davit plan registry.example.com/shop/web:1.4.2 --to production', 'this image'],
    ],
  },
  promote: {
    summary: 'promote tested images to an environment',
    description: 'Promote tested images to an environment: test, validate, approve, copy, tag, deploy, verify; roll back if that fails. Ends with exit code 4 where it has to wait for somebody, unless --wait.',
    examples: [
      ['davit promote registry.example.com/shop/web:1.4.2 --to production', 'one image'],
      ['davit promote web=REF worker=REF --to production', 'several that belong together'],
      ['davit promote --to production --wait --json', 'in a script: waits for the approval, prints one document at the end'],
    ],
  },
  rollback: {
    summary: 'go back to the release before',
    description: 'Go back to the release that was verified before the present one, or to that of a promotion. Needs no approval.',
    examples: [
      ['davit rollback --to production', 'the last verified release before the present one'],
      ['davit rollback --to production --promotion 01JB2… --reason "prices are wrong"', 'the release of that promotion'],
    ],
  },
  status: {
    summary: 'show how a promotion stands, or every environment',
    description: 'Show how a promotion stands; without an id, what every environment runs, who holds it and what is open.',
    examples: [
      ['davit status', 'every environment'],
      ['davit status 01JB2… --events', 'what one promotion did, record by record'],
      ['davit status 01JB2… --follow', 'watch it live; ends with the exit code of the promotion'],
    ],
  },
  history: {
    summary: 'list the promotions',
    description: 'List the promotions, newest first.',
    examples: [
      ['davit history', 'the last 20'],
      ['davit history --to production --limit 5', 'the last five to production'],
    ],
  },
  approve: {
    summary: 'approve a promotion that waits for it',
    description: 'Record your approval. Whoever drives the promotion goes on; where nobody does, resume it.',
    examples: [
      ['davit approve 01JB2…', 'approve the present plan'],
      ['davit approve 01JB2… --plan sha256:1f0c2a4b --comment "seen on staging"', 'only if the plan is still that one'],
    ],
  },
  reject: {
    summary: 'reject a promotion that waits for approval',
    description: 'Record your rejection: the promotion ends, and nothing is touched.',
    examples: [['davit reject 01JB2… --comment "not on a Friday"', 'refuse it, and say why']],
  },
  cancel: {
    summary: 'end a promotion',
    description: 'Ask a promotion to end. Before hosts are changed nothing stays; after that it rolls back.',
    examples: [['davit cancel 01JB2…', 'end it']],
  },
  resume: {
    summary: 'go on with a promotion',
    description: 'Go on with a promotion that was approved, was interrupted, or whose process died.',
    examples: [
      ['davit resume 01JB2…', 'go on'],
      ['davit resume 01JB2… --wait', 'and stay at the next wait'],
    ],
  },
  copy: {
    summary: 'copy an image, digest for digest',
    description: 'Copy an image to another repository, digest for digest, with its platforms and signatures. Needs no configuration.',
    examples: [
      ['davit copy registry.example.com/shop/web:1.4.2 prod.example.com/shop/web:1.4.2', 'with a tag'],
      ['davit copy registry.example.com/shop/web:1.4.2 prod.example.com/shop/web', 'by digest only'],
      ['davit copy SRC DST --dry-run', 'only say what would be sent'],
    ],
  },
  validate: {
    summary: 'check an image: size, layers, metadata, signature',
    description: 'Check an image: size, layers, metadata, signature. Exit code 0 only if it is valid. Needs no configuration.',
    examples: [
      ['davit validate registry.example.com/shop/web:1.4.2 --signature off', 'all checks but the signature'],
      ['davit validate REF --signature off --max-size 500MB --platform linux/amd64', 'with limits of your own'],
      ['davit validate REF --signature off --level manifest --json', 'without asking for each layer'],
      ['davit validate REF --signature off --level content', 'reads every layer to its end'],
    ],
  },
  inspect: {
    summary: 'show what an image is: platforms, layers, configuration, signatures',
    description: 'Show what a reference names: digest, platforms with their sizes, layers, configuration, annotations, and what refers to it. Needs no configuration.',
    examples: [
      ['davit inspect registry.example.com/shop/web:1.4.2', 'what people want to know'],
      ['davit inspect REF --platform linux/arm64', 'one platform of several'],
      ['davit inspect REF --json', 'everything'],
    ],
  },
} as const satisfies Record<string, CommandWords>;

export type CommandName = keyof typeof commandWords;
