/**
 * Standard output or error of the process, as commands see it.
 * @module
 */

/** Standard output or error. */
export interface OutputStream {
  readonly isTerminal: boolean;
  /** Width of the terminal, asked anew each time; undefined where there is none or nobody knows. */
  columns(): number | undefined;
  rows(): number | undefined;
  /** Whoever reads may have gone: what is written after that is dropped, and nothing is thrown. */
  write(text: string): void;
}

type Written = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows' | 'write'> & { on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown };

/** @param onLost Told once, when what is written is lost although somebody still wants it: the disk is full. */
export function processStream(stream: Written, onLost: (error: NodeJS.ErrnoException) => void): OutputStream {
  let gone = false;
  stream.on('error', (error) => {
    // A promotion goes on although `| head` has seen enough: whoever read wants no more.
    if (!gone && error.code !== 'EPIPE') onLost(error);
    gone = true;
  });
  return {
    // Node types it as always true; it is absent where there is no terminal.
    isTerminal: (stream.isTTY as boolean | undefined) === true,
    // A terminal of no columns or rows, as containers and CI have it, does not know how large it is.
    columns: () => stream.columns || undefined,
    rows: () => stream.rows || undefined,
    write: (text) => {
      if (!gone) stream.write(text);
    },
  };
}
