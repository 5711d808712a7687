import { execa } from 'execa';
import { waitUntil } from '../../libs/platform/src/async/wait-until.ts';
import { dyingWithParent } from '../shared/run.ts';
import { freePorts } from '../shared/free-ports.ts';
import { installed } from './service.ts';

const version = '5.2.5';

/** Runs Moto's server, which emulates AWS KMS, while `work` runs; for tests. */
export async function withKms<T>(work: (endpoint: string) => Promise<T>): Promise<T> {
  const venv = await installed(
    `moto-${version}`,
    async (path) => [
      ['python3', '-m', 'venv', path],
      [`${path}/bin/python`, '-m', 'pip', 'install', '--quiet', `moto==${version}`, 'flask', 'flask-cors'],
    ],
    'install Python 3.10 or newer with venv: a test runs on it',
  );
  const [port] = await freePorts(1);
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  const [file = '', ...words] = [...dyingWithParent('SIGKILL'), `${venv}/bin/python`, ...args];
  const server = execa(file, words, { stdio: 'ignore', reject: false });
  try {
    const endpoint = `http://127.0.0.1:${port}`;
    await waitUntil(async () => (await fetch(`${endpoint}/moto-api/data.json`)).ok, { what: 'Moto' });
    return await work(endpoint);
  } finally {
    server.kill('SIGKILL');
    await server;
  }
}
