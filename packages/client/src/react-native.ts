// Tokens of an app in the keychain or the Keystore.
import { ownLocks } from './locks.js';
import { storedIn, type TokenStorage } from './storage.js';

/** A store that the system guards. Each may answer later, by a promise. */
export interface SecureStore {
  getItem(key: string): Promise<string | null> | string | null;
  setItem(key: string, value: string): Promise<void> | void;
  deleteItem(key: string): Promise<void> | void;
}

/**
 * Keeps everything but the access token, which would be too long for some keychains (2,048 bytes): the first request
 * after a start refreshes.
 * @param key tells several accounts of one app apart
 */
export function reactNativeStorage(store: SecureStore, key = 'watchword'): TokenStorage {
  const locks = ownLocks();
  const { signal } = new AbortController();
  return {
    async load() {
      return storedIn(await store.getItem(key));
    },
    async save({ tokens, deviceToken }) {
      if (!tokens && !deviceToken) return store.deleteItem(key);
      const { accessToken: _, ...rest } = tokens ?? {};
      await store.setItem(
        key,
        JSON.stringify({ ...(tokens ? { tokens: rest } : {}), ...(deviceToken ? { deviceToken } : {}) }),
      );
    },
    withLock: (run) => locks.request('', { mode: 'exclusive', signal }, run),
  };
}
