import { describe, expect, it } from 'vitest';
import { projectFiles, stickyEnvironment } from '../../src/project/env-file.js';

const pin = 'compose.promoted.yaml';
const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const files = (environment: string | null, present: readonly string[]) => projectFiles(environment === null ? null : text(environment), present, pin);
const sticky = (environment: string | null, present: readonly string[] = ['compose.yaml']): string => {
  const before = environment === null ? null : text(environment);
  return stickyEnvironment(before, projectFiles(before, present, pin)._unsafeUnwrap(), pin).toString('latin1');
};

describe('the files of a project', () => {
  it('are found in the order in which Compose looks', () => {
    expect(files(null, ['docker-compose.yml', 'compose.yml'])._unsafeUnwrap().files).toEqual(['compose.yml']);
    expect(files(null, ['compose.yaml', 'compose.override.yaml', 'compose.override.yml'])._unsafeUnwrap().files).toEqual(['compose.yaml', 'compose.override.yml']);
    expect(files(null, ['docker-compose.yaml', 'docker-compose.override.yml'])._unsafeUnwrap().files).toEqual(['docker-compose.yaml', 'docker-compose.override.yml']);
  });

  it('are those of COMPOSE_FILE where it is set, without the pin, the last assignment counting', () => {
    expect(files('COMPOSE_FILE=a.yaml:b.yaml:compose.promoted.yaml\n', ['compose.yaml'])._unsafeUnwrap().files).toEqual(['a.yaml', 'b.yaml']);
    expect(files('COMPOSE_FILE=a.yaml\nCOMPOSE_FILE="c.yaml:d e.yaml" # why\n', [])._unsafeUnwrap().files).toEqual(['c.yaml', 'd e.yaml']);
    expect(files('export COMPOSE_FILE = a.yaml\r\n', [])._unsafeUnwrap().files).toEqual(['a.yaml']);
    expect(files('COMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE=a.yaml;b.yaml\n', [])._unsafeUnwrap().files).toEqual(['a.yaml', 'b.yaml']);
    expect(files('# COMPOSE_FILE=a.yaml\nMY_COMPOSE_FILE=x\n', ['compose.yaml'])._unsafeUnwrap().files).toEqual(['compose.yaml']);
  });

  it('are an error where there are none, or where they cannot be known', () => {
    expect(files(null, [])._unsafeUnwrapErr()).toContain('no Compose file');
    expect(files('COMPOSE_FILE=${BASE}.yaml\n', [])._unsafeUnwrapErr()).toContain('project.files');
  });
});

describe('making the pin part of the project', () => {
  it('adds one line and leaves every other byte of .env as it is', () => {
    const before = 'PASSWORD=p\xe9"#$\n\n  SPACED = x \r\nLAST=no line end';
    const after = sticky(before);
    expect(after.startsWith(before)).toBe(true);
    expect(after).toMatch(/\nCOMPOSE_FILE=compose\.yaml:compose\.promoted\.yaml\n$/);
    expect(sticky(after)).toBe(after);
  });

  it('makes the file where there is none', () => {
    expect(sticky(null, ['compose.yaml', 'compose.override.yaml'])).toContain('COMPOSE_FILE=compose.yaml:compose.override.yaml:compose.promoted.yaml\n');
  });

  it('puts the pin behind the files that are named already, and nothing else is changed', () => {
    expect(sticky('A=1\nCOMPOSE_FILE=a.yaml:b.yaml\nB=2\n')).toBe('A=1\nCOMPOSE_FILE=a.yaml:b.yaml:compose.promoted.yaml\nB=2\n');
    expect(sticky('A=1\r\nCOMPOSE_FILE=a.yaml\r\nB=2\r\n')).toBe('A=1\r\nCOMPOSE_FILE=a.yaml:compose.promoted.yaml\r\nB=2\r\n');
    expect(sticky('COMPOSE_FILE=compose.promoted.yaml:a.yaml\n')).toBe('COMPOSE_FILE=a.yaml:compose.promoted.yaml\n');
  });

  it('leaves a file alone that names the pin last already, however it is written', () => {
    for (const same of ['COMPOSE_FILE="a.yaml:compose.promoted.yaml"\n', 'export COMPOSE_FILE=a.yaml:compose.promoted.yaml']) expect(sticky(same)).toBe(same);
  });
});
