/**
 * What is measured, and what Davit wants to reach.
 * @module
 */
import type { ImageShape } from './images.js';

export interface CopyCase {
  readonly name: string;
  readonly title: string;
  readonly image: ImageShape;
  /** What is done before the copy that is measured: nothing; the same copy; the same image under another tag; the same image in another repository of the target. */
  readonly before: 'nothing' | 'same tag' | 'other tag' | 'other repository';
  /** How both registries are reached. Default: directly. */
  readonly link?: { readonly roundTripMs?: number; readonly bytesPerSecond?: number };
  /** Counted runs. Default: what `--runs` says. */
  readonly runs?: number;
  readonly aim: string;
  /** Only where it is named: it takes long, or much of the disk. */
  readonly onRequest?: boolean;
}

const megabytes = 1_000_000;
const six: ImageShape = { layers: 6, layerBytes: 50 * 1024 * 1024 };
const hundred: ImageShape = { layers: 100, layerBytes: 1024 * 1024 };

export const copyCases: readonly CopyCase[] = [
  { name: 'six-cold', title: '6 layers of 50 MB, cold', image: six, before: 'nothing', aim: 'at most 1.0 times crane; 120 MB' },
  { name: 'hundred-cold', title: '100 layers of 1 MB, cold', image: hundred, before: 'nothing', aim: 'at most 1.0 times crane; 304 requests at the target' },
  { name: 'hundred-far', title: '100 layers of 1 MB, cold, 50 ms round trip', image: hundred, before: 'nothing', link: { roundTripMs: 50 }, aim: 'at most 0.75 times crane' },
  { name: 'six-again', title: '6 layers, same tag again', image: six, before: 'same tag', aim: '2 requests a side' },
  { name: 'hundred-again', title: '100 layers, same tag again', image: hundred, before: 'same tag', aim: '2 requests a side' },
  { name: 'hundred-new-tag', title: '100 layers, new tag, all present', image: hundred, before: 'other tag', aim: '2 requests at the target' },
  { name: 'hundred-mount', title: '100 layers, mounted from another repository', image: hundred, before: 'other repository', aim: 'at most 1.0 times crane' },
  { name: 'throttled', title: '1 layer of 200 MB, 20 MB/s a connection', image: { layers: 1, layerBytes: 200 * megabytes }, before: 'nothing', link: { bytesPerSecond: 20 * megabytes }, runs: 2, aim: 'faster than crane' },
  { name: 'huge', title: '1 layer of 5 GB, cold', image: { layers: 1, layerBytes: 5000 * megabytes }, before: 'nothing', runs: 1, aim: '120 MB', onRequest: true },
];
