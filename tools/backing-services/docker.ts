import { join } from 'node:path';
import { Failure } from '../shared/failure.ts';
import { root } from '../shared/paths.ts';
import { run } from '../shared/run.ts';

const compose = (project: string) => [
  'docker',
  'compose',
  '-f',
  join(root, 'docker-compose.yml'),
  '-p',
  project,
];

/**
 * True when the backing services should run in Docker: it answers, and TURNSTREAM_BACKING_SERVICES is not `native`.
 */
export async function dockerIsChosen(): Promise<boolean> {
  const wanted = process.env['TURNSTREAM_BACKING_SERVICES'] ?? process.env['TURNSTREAM_ENGINES'] ?? '';
  if (!['', 'native', 'docker'].includes(wanted))
    throw new Failure(
      `TURNSTREAM_BACKING_SERVICES is ${wanted}: set it to native or docker, or leave it out.`,
    );
  if (wanted === 'native') return false;
  // This asks the Docker engine, so it checks both the engine and the compose plugin.
  if ((await run(['docker', 'compose', 'ls'], { timeout: 4_000 })).code === 0) return true;
  if (wanted !== 'docker') return false;
  throw new Failure('No Docker with compose answers: start Docker, or unset TURNSTREAM_BACKING_SERVICES.');
}

/** The services of docker-compose.yml as one program: compose in the foreground. `keep`: the volumes outlive the run. */
export function composeProgram(services: readonly string[], keep: boolean) {
  const project = keep ? 'turnstream' : `turnstream-${process.pid}`;
  return {
    command: [...compose(project), 'up', '--no-color', ...services],
    graceMs: 60_000,
    afterStop: () => composeDown(project, keep ? [] : ['--volumes']),
  };
}

export const composeDown = (project: string, args: readonly string[]) =>
  run([...compose(project), 'down', ...args]);
