// A Redis of the kit's own, which goes away and comes back empty. Without a program for one, its scenario is left out.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { dieWithParent } from '../../test/support/redis-process.js';

const PROGRAMS = ['redis-server', 'valkey-server'];

export class RedisProcess {
  private child: ChildProcess | undefined;

  constructor(
    private readonly program: string,
    readonly port: number,
    private readonly folder: string,
  ) {}

  static program(): string | undefined {
    const named = process.env['REDIS_SERVER'] ?? '';
    const programs = named === '' ? PROGRAMS : [named];
    return programs.find((program) => spawnSync(program, ['--version']).status === 0);
  }

  async start(): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder];
    const [command, ...args] = [...dieWithParent(), this.program, ...options, '--save', '', '--appendonly', 'no'];
    const child = spawn(command, args, { stdio: 'ignore' });
    this.child = child;
    while (!(await this.answers())) {
      if (child.exitCode !== null) throw new Error('Redis does not start');
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await exited;
  }

  private answers(): Promise<boolean> {
    return new Promise((done) => {
      const socket = connect(this.port, '127.0.0.1', () => done(true)).on('error', () => done(false));
      socket.on('connect', () => socket.destroy());
    });
  }
}
