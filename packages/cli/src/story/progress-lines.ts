/**
 * How far the running step is, as lines below it: a bar for each image, a line for each host, the last retry.
 * @module
 */
import type { Progress } from '@davit/core';
import { cut, pad, width, wrap } from '../output/layout.js';
import { oneLine } from '../output/printable.js';
import { bytes, duration, shortDigest, timeOfDay } from '../output/quantities.js';
import type { Style } from '../output/style.js';
import { retryText } from './retry-text.js';

type BlobProgress = Extract<Progress, { readonly type: 'copy.blob' | 'check.blob' }>;

interface ImageProgress {
  readonly bytes: number;
  readonly blobs: number;
  readonly startedAt: number;
  /** Bytes by digest, of blobs on their way and of those that arrived. */
  readonly blobBytes: Map<string, number>;
  /** Sizes by digest, of those on their way alone. */
  readonly moving: Map<string, number>;
  readonly arrived: Set<string>;
}

/** Narrower than this there is no room for a bar. */
const leastForBar = 60;
const barWidth = 24;
/** Why a request is tried again is read whole; what a registry says at length is not. */
const mostRetryLines = 4;

export class ProgressLines {
  readonly #images = new Map<string, ImageProgress>();
  readonly #hosts = new Map<string, string>();
  #retry: { readonly text: string; readonly untilMs: number } | undefined;

  /** Another step runs now. */
  reset(): void {
    this.#images.clear();
    this.#hosts.clear();
    this.#retry = undefined;
  }

  see(progress: Progress, now: number): void {
    switch (progress.type) {
      case 'copy.planned':
        this.#plan(progress.image, progress.bytes, progress.blobs - progress.present, now);
        break;
      case 'check.planned':
        this.#plan(progress.image, progress.bytes, progress.blobs, now);
        break;
      case 'copy.blob': {
        const { state } = progress;
        // What was there or was mounted is not among the bytes that were planned.
        this.#move(progress, { isCounted: state === 'copying' || state === 'copied', isMoving: state === 'copying', hasArrived: state === 'copied' || state === 'mounted' });
        break;
      }
      case 'check.blob':
        this.#move(progress, { isCounted: true, isMoving: progress.state === 'reading', hasArrived: progress.state === 'read' });
        break;
      case 'copy.tag':
      case 'copy.done':
        break;
      case 'host':
        this.#hosts.set(progress.host, progress.what);
        break;
      case 'request.retry':
        this.#retry = { text: retryText(progress, `at ${timeOfDay(now + progress.waitMs)}`), untilMs: now + progress.waitMs + 2000 };
        break;
    }
  }

  #plan(image: string, planned: number, blobs: number, startedAt: number): void {
    this.#images.set(image, { bytes: planned, blobs, startedAt, blobBytes: new Map(), moving: new Map(), arrived: new Set() });
  }

  #move({ image: name, digest, bytes: position, size }: BlobProgress, { isCounted, isMoving, hasArrived }: { readonly isCounted: boolean; readonly isMoving: boolean; readonly hasArrived: boolean }): void {
    const image = this.#images.get(name);
    if (isCounted) image?.blobBytes.set(digest, position);
    if (hasArrived) image?.arrived.add(digest);
    if (isMoving) image?.moving.set(digest, size);
    else image?.moving.delete(digest);
  }

  lines(columns: number, now: number, style: Style): string[] {
    const names = Math.max(0, ...[...this.#images.keys(), ...this.#hosts.keys()].map(width));
    const label = (name: string): string => pad(cut(name, Math.floor(columns / 3), style.marks.ellipsis), Math.min(names, Math.floor(columns / 3)));
    return [
      ...[...this.#images].flatMap(([name, image]) => [`${label(name)}  ${imageLine(image, columns, now, style)}`, ...blobLines(image, style)]),
      ...[...this.#hosts].map(([name, what]) => `${label(name)}  ${what}`),
      ...(this.#retry === undefined || now > this.#retry.untilMs ? [] : wrap(oneLine(this.#retry.text), columns).slice(0, mostRetryLines).map(style.yellow)),
    ];
  }
}

/** More than are on their way at once by default are not shown. */
const mostBlobs = 4;

/** The large blobs on their way: small ones are gone before anybody can read their lines. */
function blobLines({ moving, blobBytes }: ImageProgress, style: Style): string[] {
  const large = [...moving].filter(([, size]) => size >= leastForLine).slice(0, mostBlobs);
  return large.map(([digest, size]) => style.dim(`  ${shortDigest(digest)}  ${String(Math.floor(((blobBytes.get(digest) ?? 0) / size) * 100)).padStart(3)} %  of ${bytes(size)}`));
}

const leastForLine = 5_000_000;

function imageLine(image: ImageProgress, columns: number, now: number, style: Style): string {
  if (image.bytes === 0) return style.dim('there already');
  const done = [...image.blobBytes.values()].reduce((sum, of) => sum + of, 0);
  const part = Math.min(1, done / image.bytes);
  const filled = Math.round(part * barWidth);
  const bar = columns < leastForBar ? '' : `${style.cyan(style.marks.full.repeat(filled))}${style.dim(style.marks.empty.repeat(barWidth - filled))} `;
  const seconds = (now - image.startedAt) / 1000;
  const rate = seconds < 1 || done === 0 ? '' : `, ${bytes(Math.round(done / seconds))}/s`;
  const left = rate === '' || part >= 1 ? '' : `, ${duration(((image.bytes - done) / done) * seconds * 1000)} left`;
  return `${bar}${String(Math.floor(part * 100)).padStart(3)} %  ${bytes(done)} of ${bytes(image.bytes)}, ${String(image.arrived.size)} of ${String(image.blobs)} blobs${rate}${left}`;
}
