import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../shared/run.ts';
import { unprivileged } from './postgres/user.ts';
import type { Program } from './service.ts';
import { installed } from './service.ts';

/** Libraries of the package that a machine may not have. */
const libraries = 'libevent|libc-ares';
const debian = `cd "$1" && apt-get download pgbouncer $(apt-cache depends --important pgbouncer |
  sed -nE 's/^ +Depends: ((${libraries})[^ ]*)$/\\1/p') && for file in *.deb; do dpkg-deb -x "$file" . || exit 1; done`;

/** Where PgBouncer listens, and what is behind. */
interface Pooling {
  readonly dir: string;
  readonly port: number;
  /** The address of PostgreSQL. */
  readonly url: string;
  /** Connections to PostgreSQL at most. */
  readonly size: number;
}

/** PgBouncer in transaction mode: from the PATH, else the package of Debian, unpacked in the cache. */
export async function pgbouncer({ dir, port, url, size }: Pooling): Promise<Program> {
  const { program, env } = await found();
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

async function found(): Promise<{ program: string; env: Record<string, string> }> {
  for (const program of ['/usr/sbin/pgbouncer', '/usr/local/bin/pgbouncer'])
    if (existsSync(program)) return { program, env: {} };
  const folder = await installed(
    'pgbouncer-debian',
    async (path) => {
      mkdirSync(path, { recursive: true });
      return [['sh', '-c', debian, 'sh', path]];
    },
    'install pgbouncer, or run this where apt-get finds the packages of Debian or Ubuntu',
  );
  const { output } = await run(['find', folder, '-name', '*.so*', '-printf', '%h\\n']);
  const env = { LD_LIBRARY_PATH: [...new Set(output.split('\n').filter(Boolean))].join(':') };
  return { program: join(folder, 'usr/sbin/pgbouncer'), env };
}
