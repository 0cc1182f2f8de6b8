// Seals where a page ended: a cursor counts for the list and the filters that it came from, and for nothing else.
import { Injectable } from '@nestjs/common';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { DerivedKeys } from '../keys/derived-keys.js';
import { KeyEncryption } from '../keys/key-encryption.js';

/** What a cursor is bound to. A filter that is undefined is one that was not given. */
export interface List {
  readonly route: string;
  readonly filters: Readonly<Record<string, string | boolean | undefined>>;
}

/** The longest holds an email address. */
const MAX_CURSOR = 512;

export const cursor = z.string().min(1).max(MAX_CURSOR).meta({
  description: 'The `next` of the page before, with the same filters. Any other text is refused.',
});

export const next = z.string().optional().meta({
  description: 'The `after` of the next page; absent on the last one.',
});

@Injectable()
export class SealedCursors {
  constructor(private readonly keys: DerivedKeys) {}

  /** @param place what the list needs to go on: it may name a row that no page has shown */
  async seal(place: string, list: List): Promise<string> {
    const sealing = new KeyEncryption(await this.keys.of('admin cursor'));
    return sealing.seal(Buffer.from(place), nameOf(list)).toString('base64url');
  }

  /** @throws Refusal `invalid_request` for a cursor that was changed, or that belongs to another list or to other filters */
  async open(text: string, list: List): Promise<string> {
    const sealing = new KeyEncryption(await this.keys.of('admin cursor'));
    const sealed = Buffer.from(text, 'base64url');
    // One cursor has one spelling: the last character has bits that nobody reads.
    if (sealed.toString('base64url') !== text) throw refusal();
    try {
      return sealing.open(sealed, nameOf(list)).toString();
    } catch (cause) {
      throw refusal(cause);
    }
  }
}

function nameOf({ route, filters }: List): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  return JSON.stringify([route, given.toSorted(([one], [other]) => (one < other ? -1 : 1))]);
}

const refusal = (cause?: unknown) =>
  new Refusal('invalid_request', {
    cause,
    errors: [{ path: 'after', message: 'No cursor of this list with these filters.' }],
  });
