// Says which setting keeps a server from listening, and what to write instead.

/** @returns the error to throw: the sentence where the cause is known, else what came */
export function listenTrouble(error: unknown, names: { readonly host: string; readonly port: string }): unknown {
  const { host, port } = names;
  const sentences: Readonly<Record<string, string>> = {
    EADDRINUSE: `${port} is in use by another program: set another port, or stop that program.`,
    EACCES: `${port} may not be opened by this user: set a port above 1023.`,
    EADDRNOTAVAIL: `${host} is no address of this machine: set 0.0.0.0 or :: for every network, 127.0.0.1 for this machine.`,
    EAFNOSUPPORT: `${host} is an address of a kind that this machine does not speak: set 0.0.0.0 where there is no IPv6.`,
    ENOTFOUND: `${host} is a name that cannot be resolved: set an address such as 0.0.0.0.`,
    EAI_AGAIN: `${host} is a name that cannot be resolved: set an address such as 0.0.0.0.`,
  };
  const { code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const sentence = sentences[code ?? ''];
  return sentence === undefined ? error : new Error(sentence);
}
