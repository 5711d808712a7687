import { createHash } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { Failure } from '../../shared/failure.ts';
import { lastLines, run } from '../../shared/run.ts';
import { databaseScript, NAME, ownershipScript, roleScript, SUPERUSER } from './roles.ts';
import type { Runner } from './user.ts';

const INITDB = [`--username=${SUPERUSER}`, '--auth=reject', '--encoding=UTF8', '--locale=C', '--no-sync'];
/**
 * The superuser's search path has only PostgreSQL's own functions and operators: the application role may add others
 * to `public`.
 */
const SINGLE_USER = [
  'search_path=pg_catalog',
  'exit_on_error=on',
  'log_min_messages=fatal',
  'log_min_error_statement=panic',
];

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

interface Access {
  readonly password: string;
  /** Whether the role may create databases and schemas, as tests do. */
  readonly mayCreate: boolean;
}

/**
 * The path by which the user reaches its folder. Another user gets the folder as an open file, descriptor 3 of its
 * process, since the parent folders are closed to it.
 */
export const pathFor = ({ user }: Runner, data: string): string =>
  user.uid === undefined ? data : '/proc/self/fd/3';

/**
 * Creates the data folder when it is missing, and restricts access to the application role with its password. Also
 * restricts a folder of an earlier version, which trusted every local user and had a superuser as its application
 * role.
 */
export async function prepareCluster(data: string, programs: Programs, runner: Runner, access: Access) {
  if (!existsSync(data)) await create(data, programs, runner, access);
  await giveTo(runner, data);
  const config = join(data, 'pg_hba.conf');
  const rules = rulesFor(access);
  // Written last, so that an interrupted preparation is repeated.
  if (readFileSync(config, 'utf8') === rules) return;
  const { password, mayCreate } = access;
  await execute(data, programs, runner, SUPERUSER, roleScript(password, mayCreate));
  await execute(data, programs, runner, SUPERUSER, databaseScript, /already exists/);
  await execute(data, programs, runner, NAME, ownershipScript(mayCreate));
  writeFileSync(`${config}.new`, rules, { mode: 0o600 });
  chownSync(`${config}.new`, runner.user.uid ?? -1, runner.user.gid ?? -1);
  renameSync(`${config}.new`, config);
}

/** The schemas of the role. */
const schemas = ['public', 'rebuild', 'reporting'];

/**
 * The access rules. They change with the password, the schemas and the rights of the role, so they show which of
 * these were set.
 */
function rulesFor({ password, mayCreate }: Access): string {
  const set = createHash('sha256')
    .update(`${password} ${mayCreate} ${schemas.join(' ')}`)
    .digest('hex');
  return `# Written by the launcher (${set.slice(0, 16)}).\nhost all ${NAME} 127.0.0.1/32 scram-sha-256\n`;
}

/** Created elsewhere first: an interrupted initdb must not look like a complete data folder. */
async function create(
  data: string,
  programs: Programs,
  runner: Runner,
  { mayCreate }: Access,
): Promise<void> {
  const partial = `${data}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const template = mayCreate ? process.env['TURNSTREAM_POSTGRES_TEMPLATE'] : undefined;
  if (template && existsSync(template)) await copy(template, partial);
  else {
    await initialise(partial, programs, runner);
    if (template) await keep(partial, template);
  }
  renameSync(partial, data);
}

/** `TURNSTREAM_POSTGRES_TEMPLATE`: what initdb made for the first private folder, which later ones copy. */
async function keep(data: string, template: string): Promise<void> {
  const partial = `${template}.${process.pid}`;
  await copy(data, partial);
  try {
    renameSync(partial, template);
  } catch {
    // Another process was first: a folder that is not empty is not replaced.
    rmSync(partial, { recursive: true });
  }
}

async function initialise(data: string, { initdb }: Programs, runner: Runner): Promise<void> {
  mkdirSync(data, { mode: 0o700 });
  await giveTo(runner, data);
  const { code, output } = await inFolder(data, [initdb, ...INITDB, '-D', pathFor(runner, data)], runner);
  if (code !== 0) throw new Failure(`PostgreSQL cannot make its data folder ${data}: ${lastLines(output)}`);
}

async function copy(from: string, to: string): Promise<void> {
  const { code, output } = await run(['cp', '-Rp', from, to]);
  if (code !== 0) throw new Failure(`${from} cannot be copied to ${to}: ${lastLines(output)}`);
}

/** Changes the owner of a folder that was created while another user ran PostgreSQL. */
async function giveTo({ user }: Runner, data: string): Promise<void> {
  const { uid = process.getuid?.(), gid = process.getgid?.() } = user;
  if (uid === undefined || statSync(data).uid === uid) return;
  const { code, output } = await run(['chown', '-R', `${uid}:${gid}`, data]);
  if (code !== 0)
    throw new Failure(`${data} belongs to another user (${lastLines(output)}): start as that user.`);
}

/**
 * Runs a script as the superuser, without a server, so that nothing can connect meanwhile. `accepted`: an error that
 * counts as success.
 */
async function execute(
  data: string,
  { postgres }: Programs,
  runner: Runner,
  database: string,
  script: string,
  accepted?: RegExp,
): Promise<void> {
  const command = [
    postgres,
    '--single',
    '-j',
    ...SINGLE_USER.flatMap((setting) => ['-c', setting]),
    '-D',
    pathFor(runner, data),
    database,
  ];
  const { code, output } = await inFolder(data, command, runner, `${script}\n\n`);
  if (code === 0 || accepted?.test(output)) return;
  const reason = /FATAL: .*/.exec(output)?.[0] ?? lastLines(output);
  throw new Failure(`PostgreSQL cannot prepare its data folder ${data}: ${reason}`);
}

async function inFolder(data: string, command: readonly string[], { prefix, user }: Runner, input = '') {
  const [file = '', ...args] = [...prefix, ...command];
  const folder = openSync(data, 'r');
  try {
    const stdio = ['pipe', 'pipe', 'pipe', folder as 3] as const;
    const result = await execa(file, args, { ...user, input, stdio, all: true, reject: false });
    return { code: result.exitCode ?? 1, output: String(result.all || result.shortMessage) };
  } finally {
    closeSync(folder);
  }
}
