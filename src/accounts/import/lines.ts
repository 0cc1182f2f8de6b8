// Splits a file into lines as it is read. At most one chunk and one line are held, and a line that is too long is not.

/** As long as the body of a request may be. */
const MAX_LINE_BYTES = 64 * 1024;

export interface Line {
  /** The first line is 1. */
  readonly number: number;
  /** Without the end of the line; undefined for one that is longer than MAX_LINE_BYTES. */
  readonly bytes: Buffer | undefined;
}

const LF = 0x0a;
const CR = 0x0d;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const line = new Pending();
  let number = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      line.add(chunk.subarray(from, end));
      yield { number: ++number, bytes: line.take(number) };
      from = end + 1;
    }
    line.add(chunk.subarray(from));
  }
  if (line.hasBegun) yield { number: ++number, bytes: line.take(number) };
}

/** The line that is being read. */
class Pending {
  private parts: Buffer[] = [];
  private length = 0;

  get hasBegun(): boolean {
    return this.length > 0;
  }

  /** The rest of a line that is too long is counted and dropped. The end of a line may be CR LF. */
  add(part: Buffer): void {
    this.length += part.length;
    if (this.length > MAX_LINE_BYTES + 1) this.parts = [];
    else if (part.length > 0) this.parts.push(part);
  }

  take(number: number): Buffer | undefined {
    const whole = this.length > MAX_LINE_BYTES + 1 ? undefined : Buffer.concat(this.parts);
    [this.parts, this.length] = [[], 0];
    const bytes = whole?.at(-1) === CR ? whole.subarray(0, -1) : whole;
    if (!bytes || bytes.length > MAX_LINE_BYTES) return undefined;
    return number === 1 && bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;
  }
}
