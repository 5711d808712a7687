import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { waitUntil } from '#platform';
import { debianProgram } from '../../tools/backing-services/debian.ts';
import { valkeyServer } from '../../tools/backing-services/valkey.ts';
import { dyingWithParent } from '../../tools/shared/run.ts';

const read = (file: string): string => readFileSync(file, 'utf8');

/** Nodes with these accept only TLS, also between each other, and only clients with a certificate of the file. */
export interface NodeCertificates {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Programs on ports of this machine; `stop` ends all of them. */
export class RedisNodes {
  private readonly children = new Map<number, ChildProcess>();
  private readonly clients = new Map<number, Redis>();
  private readonly dir = mkdtempSync(join(tmpdir(), 'turnstream-redis-nodes-'));

  constructor(private readonly certificates?: NodeCertificates) {}

  /** The scheme of the addresses of the nodes. */
  get scheme(): string {
    return this.certificates ? 'rediss' : 'redis';
  }

  async start(port: number, options: Readonly<Record<string, string>>, isSentinel = false): Promise<void> {
    const config = join(this.dir, `${port}.conf`);
    const lines = { bind: '127.0.0.1', dir: this.dir, ...this.portOptions(port), ...options };
    writeFileSync(
      config,
      Object.entries(lines)
        .map(([name, value]) => `${name} ${value}\n`)
        .join(''),
    );
    const { program, env } = this.certificates
      ? await redisWithTls()
      : { program: await valkeyServer(), env: {} };
    const [command, ...args] = [...dyingWithParent('SIGKILL'), program, config];
    if (isSentinel) args.push('--sentinel');
    const child = spawn(command, args, { stdio: 'ignore', env: { ...process.env, ...env } });
    this.children.set(port, child);
    await waitUntil(async () => (await this.client(port).ping()) === 'PONG', { what: `the node on ${port}` });
  }

  private portOptions(port: number): Record<string, string> {
    if (this.certificates === undefined) return { port: String(port) };
    const { certFile, keyFile } = this.certificates;
    const files = { 'tls-cert-file': certFile, 'tls-key-file': keyFile, 'tls-ca-cert-file': certFile };
    return { port: '0', 'tls-port': String(port), 'tls-replication': 'yes', ...files };
  }

  /** A connection to one node. */
  client(port: number): Redis {
    const known = this.clients.get(port);
    if (known !== undefined) return known;
    const { certFile, keyFile } = this.certificates ?? {};
    const tls = certFile && keyFile && { ca: read(certFile), cert: read(certFile), key: read(keyFile) };
    const client = new Redis({
      port,
      host: '127.0.0.1',
      maxRetriesPerRequest: 0,
      retryStrategy: () => 100,
      ...(tls && { tls }),
    });
    client.on('error', () => undefined);
    this.clients.set(port, client);
    return client;
  }

  async kill(port: number): Promise<void> {
    const child = this.children.get(port);
    if (child === undefined) throw new Error(`There is no node on ${port}.`);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    this.children.delete(port);
  }

  async stop(): Promise<void> {
    for (const client of this.clients.values()) client.disconnect();
    await Promise.all([...this.children.keys()].map((port) => this.kill(port)));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Debian's Redis. Its tools package has the server under other names. */
function redisWithTls(): ReturnType<typeof debianProgram> {
  return debianProgram({
    package: 'redis-tools',
    path: 'usr/bin/redis-server',
    libraries: 'libjemalloc|liblzf|libatomic|libsystemd',
    complete: (folder) => [['ln', '-s', 'redis-check-rdb', `${folder}/usr/bin/redis-server`]],
  });
}
