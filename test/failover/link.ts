// The network between the nodes: a proxy before each server that can hold back what it sends, and then lose it.
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Link {
  private readonly sockets = new Set<Socket>();
  private isHeld = false;

  private constructor(private readonly server: Server) {}

  static async to(target: number): Promise<Link> {
    const server = createServer();
    const link = new Link(server);
    server.on('connection', (near) => link.join(near, connect(target, '127.0.0.1')));
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    return link;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What the servers send to each other from now on does not arrive. */
  hold(): void {
    this.isHeld = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** What was held back is lost; new connections pass. */
  lose(): void {
    this.isHeld = false;
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.server.close();
    this.lose();
  }

  private join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => {
        if (!this.isHeld) from.resume();
      });
      if (this.isHeld) from.pause();
    }
  }
}
