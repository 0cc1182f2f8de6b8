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
