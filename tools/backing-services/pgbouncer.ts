import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianProgram } from './debian.ts';
import { unprivileged } from './postgres/user.ts';
import type { Program } from './service.ts';

/** The port of PgBouncer, and the database behind it. */
interface Pooling {
  readonly dir: string;
  readonly port: number;
  /** The address of PostgreSQL. */
  readonly url: string;
  /** Maximum connections to PostgreSQL. */
  readonly size: number;
}

/** PgBouncer in transaction mode: from the PATH, or else Debian's package, unpacked in the cache. */
export async function pgbouncer({ dir, port, url, size }: Pooling): Promise<Program> {
  const { program, env } = await debianProgram({
    package: 'pgbouncer',
    path: 'usr/sbin/pgbouncer',
    libraries: 'libevent|libc-ares',
  });
  const { username, password, hostname, port: behind } = new URL(url);
  const folder = join(dir, 'pgbouncer');
  mkdirSync(folder, { recursive: true });
  const users = join(folder, 'users.txt');
  writeFileSync(users, `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`);
  const config = join(folder, 'pgbouncer.ini');
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: password === '' ? 'trust' : 'plain',
    auth_file: users,
    pool_mode: 'transaction',
    default_pool_size: size,
    max_client_conn: 500,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const text = ['[databases]', `* = host=${hostname} port=${behind || '5432'}`, '[pgbouncer]', ...lines, ''];
  writeFileSync(config, text.join('\n'));
  const { prefix, user } = await unprivileged(program);
  return { command: [...prefix, program, config], user, env, signal: 'SIGINT' };
}
