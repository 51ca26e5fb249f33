/**
 * How a promotion is shown while it goes on.
 * @module
 */
import type { Progress } from '@davit/core';
import type { Telling } from './telling.js';

export interface View {
  tell(telling: Telling): void;
  /** How far the running step is. */
  progress(progress: Progress): void;
  /** A line of the command's own, such as the answer to Ctrl-C. */
  say(line: string): void;
  /** Nothing more comes; what was drawn only for the moment is gone. */
  end(): void;
}
