// The parts of frameworks that the snippets of docs/clients use, where installing the framework would be too much.
declare module 'expo-secure-store' {
  interface SecureStoreOptions {
    readonly keychainAccessible?: number;
  }
  export const AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY: number;
  export function getItemAsync(key: string, options?: SecureStoreOptions): Promise<string | null>;
  export function setItemAsync(key: string, value: string, options?: SecureStoreOptions): Promise<void>;
  export function deleteItemAsync(key: string, options?: SecureStoreOptions): Promise<void>;
}

declare module 'next/headers' {
  export function headers(): Promise<{ get(name: string): string | null }>;
}

declare module 'expo-crypto' {
  export enum CryptoDigestAlgorithm {
    SHA256 = 'SHA-256',
  }
  export function getRandomValues<T extends Uint8Array>(bytes: T): T;
  export function digest(algorithm: CryptoDigestAlgorithm, data: BufferSource): Promise<ArrayBuffer>;
}

declare module 'expo-web-browser' {
  export function openAuthSessionAsync(
    url: string,
    redirectUrl?: string | null,
  ): Promise<{ readonly type: 'success'; readonly url: string } | { readonly type: 'cancel' | 'dismiss' | 'locked' }>;
}
