// Reads the wire format of Protocol Buffers: the fields of a message by their number, as bytes.

/** @returns the values of a field, in their order; a number of the type varint as eight bytes or fewer, big-endian */
export function fieldsOf(message: Buffer): (number: number) => Buffer[] {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number) => message.subarray(at, (at += length));
  while (at < message.length) {
    const key = Number(varint());
    const value = {
      0: () => numberBytes(varint()),
      1: () => take(8),
      2: () => take(Number(varint())),
      5: () => take(4),
    }[key & 7];
    if (!value) throw new Error(`no wire type ${key & 7}`);
    const number = key >> 3;
    fields.set(number, [...(fields.get(number) ?? []), value()]);
  }
  return (number) => fields.get(number) ?? [];
}

function numberBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

export const first = (values: readonly Buffer[]): Buffer => values[0] ?? Buffer.alloc(0);
export const textOf = (bytes: Buffer): string => bytes.toString('utf8');
