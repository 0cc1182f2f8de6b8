// Takes a postgres:// URL of several hosts apart, in the form of libpq (PostgreSQL, "Connection URIs").

interface Parts {
  /** The scheme, the user and the password. */
  readonly before: string;
  readonly hosts: readonly string[];
  /** The database and the parameters. */
  readonly after: string;
}

function partsOf(text: string): Parts {
  const [, scheme = '', authority = '', after = ''] = /^(\w+:\/\/)([^/?#]*)(.*)$/s.exec(text) ?? [];
  const at = authority.lastIndexOf('@') + 1;
  return { before: scheme + authority.slice(0, at), hosts: authority.slice(at).split(','), after };
}

/** @returns one URL for each host, in their order */
export function eachPostgresHost(text: string): readonly string[] {
  const { before, hosts, after } = partsOf(text);
  return hosts.length === 1 ? [text] : hosts.map((host) => `${before}${host}${after}`);
}

/** @returns the hosts with their ports, as they were written; without a user or a password */
export const hostsOfPostgres = (text: string): string => partsOf(text).hosts.join(', ');

/** @param urls which differ in nothing but their host */
export function joinPostgresHosts(urls: readonly string[]): string {
  const parts = urls.map(partsOf);
  const [{ before, after } = { before: '', after: '' }] = parts;
  return before + parts.flatMap(({ hosts }) => hosts).join(',') + after;
}
