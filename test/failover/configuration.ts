// What Patroni, etcd and HAProxy are told: the settings of docs/operations/fail-over.md on free ports of loopback.
import { stringify } from 'yaml';

export interface NodePorts {
  readonly name: string;
  readonly postgres: number;
  /** Where the other nodes find it. */
  readonly link: number;
  readonly rest: number;
}

export const passwords = { superuser: 'test-superuser', replication: 'test-replication', rewind: 'test-rewind' };

/** Seconds without a heartbeat until another node may take over: the shortest that Patroni allows. */
const LEASE_SECONDS = 20;

export function patroniConfiguration(node: NodePorts, etcd: number, folder: string, bin: string): string {
  const here = `${folder}/${node.name}`;
  return stringify({
    scope: 'watchword',
    name: node.name,
    restapi: { listen: `127.0.0.1:${node.rest}`, connect_address: `127.0.0.1:${node.rest}` },
    // Not etcd3: there Patroni 3.0.2 puts the key of the leader without comparing it, so that a leader that slept takes it
    // back from its successor (docs/operations/fail-over.md).
    etcd: { host: `127.0.0.1:${etcd}` },
    bootstrap: {
      dcs: {
        ttl: LEASE_SECONDS,
        loop_wait: 3,
        retry_timeout: 6,
        maximum_lag_on_failover: 1_048_576,
        synchronous_mode: true,
        postgresql: { use_pg_rewind: true, parameters: { max_connections: 120, wal_keep_size: '256MB' } },
      },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, 'data-checksums'],
    },
    postgresql: {
      listen: `127.0.0.1:${node.postgres}`,
      connect_address: `127.0.0.1:${node.link}`,
      data_dir: `${here}/data`,
      bin_dir: bin,
      pgpass: `${here}/pgpass`,
      pg_hba: ['host all all 127.0.0.1/32 scram-sha-256', 'host replication replicator 127.0.0.1/32 scram-sha-256'],
      // Diverged beyond what pg_rewind can mend, a node is copied anew.
      remove_data_directory_on_diverged_timelines: true,
      remove_data_directory_on_rewind_failure: true,
      authentication: {
        superuser: { username: 'postgres', password: passwords.superuser },
        replication: { username: 'replicator', password: passwords.replication },
        rewind: { username: 'rewinder', password: passwords.rewind },
      },
      parameters: { shared_buffers: '32MB', unix_socket_directories: here, fsync: 'on' },
    },
  });
}

export const haproxyConfiguration = (port: number, nodes: readonly NodePorts[]) => `
global
  maxconn 1000
defaults
  mode tcp
  timeout connect 2s
  timeout check 2s
  timeout client 30m
  timeout server 30m
listen primary
  bind 127.0.0.1:${port}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${nodes.map(({ name, postgres, rest }) => `  server ${name} 127.0.0.1:${postgres} check port ${rest}`).join('\n')}
`;

export function etcdCommand(client: number, peer: number, folder: string): string[] {
  const [clients, peers] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  return [
    ...[
      'etcd',
      '--enable-v2',
      '--data-dir',
      `${folder}/etcd`,
      '--listen-client-urls',
      clients,
      '--advertise-client-urls',
      clients,
    ],
    ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`],
  ];
}
