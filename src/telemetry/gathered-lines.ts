// Gathers lines of the log for some milliseconds, because each write of a line costs as much as making it.
import { destination, type DestinationStream } from 'pino';

/** A process that is killed loses what was written in this time; what it logs before it ends by itself is not lost. */
const GATHERED_FOR_MS = 20;
const GATHERED_BYTES = 8_192;
const WARN = 40;

/** @param fd where to */
export function gatheredLines(fd: number): DestinationStream {
  const sink = destination({ dest: fd, sync: true, minLength: GATHERED_BYTES });
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    sink.flush(); // and not flushSync, which waits for the disk
  };
  process.on('exit', flush);
  const stream = {
    /** pino then says which level a line has. */
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line: string): void {
      sink.write(line);
      if (stream.lastLevel >= WARN) flush();
      else timer ??= setTimeout(flush, GATHERED_FOR_MS).unref();
    },
  };
  return stream;
}
