// Keys of a browser's tabs and workers: a CryptoKey in IndexedDB, which signs there and cannot be read out.
import { type KeyPair, newKeyPair, type ProofKeys, proofKeyOf } from './proof-key.js';

const KEYS = 'keys';

interface Events<Type extends string> {
  readonly error: unknown;
  addEventListener(type: Type, listener: () => void): void;
}

interface Request<T> extends Events<'success' | 'error' | 'upgradeneeded'> {
  readonly result: T;
}

interface Store {
  get(key: string): Request<KeyPair | undefined>;
  put(value: KeyPair, key: string): unknown;
}

interface Transaction extends Events<'complete' | 'abort'> {
  objectStore(name: string): Store;
}

interface Database {
  createObjectStore(name: string): unknown;
  transaction(names: string, mode: string, options?: { readonly durability: 'strict' }): Transaction;
  close(): void;
}

const browser = globalThis as unknown as {
  readonly indexedDB: { open(name: string, version: number): Request<Database> };
};

/**
 * All tabs and workers of an origin share the key. It goes with the data of the site: then the session is over.
 * @param name of the database; tells several accounts of one app apart
 */
export function indexedDbKeys(name = 'watchword'): ProofKeys {
  /** @param fresh kept where there is none. WebCrypto answers later than a transaction waits, so it is made before. */
  async function pairOf(issuer: string, fresh?: KeyPair): Promise<KeyPair | undefined> {
    const database = await opened(name);
    try {
      return await inTransaction(database, issuer, fresh);
    } finally {
      database.close();
    }
  }

  const load: ProofKeys['load'] = async (issuer) => {
    const pair = await pairOf(issuer);
    return pair && proofKeyOf(pair);
  };

  return {
    load,
    make: async (issuer) => (await load(issuer)) ?? proofKeyOf((await pairOf(issuer, await newKeyPair())) as KeyPair),
  };
}

function opened(name: string): Promise<Database> {
  return new Promise((resolve, reject) => {
    const request = browser.indexedDB.open(name, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(KEYS));
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
}

/** @returns the pair that is kept at the end, by whichever tab: a reader and a writer do not interleave */
function inTransaction(database: Database, issuer: string, fresh?: KeyPair): Promise<KeyPair | undefined> {
  return new Promise((resolve, reject) => {
    // On the disk before a session is bound to it: after a power cut the key must not be missing.
    const transaction = database.transaction(KEYS, fresh ? 'readwrite' : 'readonly', { durability: 'strict' });
    const store = transaction.objectStore(KEYS);
    const request = store.get(issuer);
    request.addEventListener('success', () => {
      if (!fresh || request.result) return;
      try {
        store.put(fresh, issuer);
      } catch (error) {
        reject(error); // a DataCloneError: Safari in Lockdown Mode and in some private windows keeps no CryptoKey
      }
    });
    transaction.addEventListener('complete', () => resolve(request.result ?? fresh));
    transaction.addEventListener('abort', () => reject(transaction.error));
  });
}
