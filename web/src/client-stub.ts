// Stands in until @watchword/client is here.
interface User {
  id: string;
  email: string;
  role: string;
  emailVerified: boolean;
}
type Listener = (event: { type: 'signed-in' | 'refreshed' | 'ended'; code?: string }) => void;
export function createClient(_options: { issuer: string; transport: 'cookie' }) {
  const listeners = new Set<Listener>();
  const tell: Listener = (event) => {
    for (const each of listeners) each(event);
  };
  const client = {
    user: null as User | null,
    fetch: (input: string, init?: RequestInit) => fetch(input, init),
    async signIn(body: { email: string; password: string; remember?: boolean }) {
      const answer = await fetch('/auth/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const json = await answer.json();
      if (!answer.ok) throw Object.assign(new Error(json.code), { status: answer.status, ...json });
      client.user = json.user;
      tell({ type: 'signed-in' });
    },
    async adopt(answer: Response) {
      client.user = (await answer.clone().json()).user;
      tell({ type: 'signed-in' });
    },
    async signOut() {
      await fetch('/auth/refresh', { method: 'DELETE' });
      client.user = null;
      tell({ type: 'ended' });
    },
    async restore(): Promise<User | null> {
      const answer = await fetch('/auth/me');
      client.user = answer.ok ? await answer.json() : null;
      return client.user;
    },
    subscribe(listener: Listener): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return client;
}
