// Serves the metrics on a port of their own, off unless METRICS_PORT is set.
import { createServer } from 'node:http';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config.js';
import { listenTrouble } from '../runtime/listening.js';
import { Metrics } from './metrics.js';

@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    this.metrics.registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': this.metrics.registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });

  constructor(
    private readonly metrics: Metrics,
    private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { METRICS_PORT: port, METRICS_HOST: host } = this.config;
    if (port === undefined) return;
    await new Promise<void>((done, fail) => this.server.once('error', fail).listen(port, host, done)).catch(
      (error: unknown) => {
        throw listenTrouble(error, { host: 'METRICS_HOST', port: 'METRICS_PORT' });
      },
    );
  }

  onApplicationShutdown(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
