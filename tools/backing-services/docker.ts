import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
 * True when the backing services should run in Docker: TURNSTREAM_BACKING_SERVICES says so or, if it is not set, the
 * data folder was begun with Docker or is new and Docker answers. Otherwise a slow Docker engine, or a new one, would
 * exchange the data of a system for other ones.
 * @param dir the data folder; undefined: nothing is kept
 */
export async function dockerIsChosen(dir?: string): Promise<boolean> {
  const chosen = dir === undefined ? undefined : chosenIn(dir);
  const given = process.env['TURNSTREAM_BACKING_SERVICES'] ?? process.env['TURNSTREAM_ENGINES'] ?? '';
  if (!['', 'native', 'docker'].includes(given))
    throw new Failure(
      `TURNSTREAM_BACKING_SERVICES is ${given}: set it to native or docker, or leave it out.`,
    );
  const wanted = given || chosen;
  if (wanted === 'native') return false;
  // This asks the Docker engine, so it checks both the engine and the compose plugin.
  if ((await run(['docker', 'compose', 'ls'], { timeout: 4_000 })).code === 0) return true;
  if (wanted !== 'docker') return false;
  throw new Failure(
    given
      ? 'No Docker with compose answers: start Docker, or unset TURNSTREAM_BACKING_SERVICES.'
      : 'The data is in the volumes of Docker, which does not answer: start Docker, or set ' +
          'TURNSTREAM_BACKING_SERVICES=native and TURNSTREAM_DATA to another folder.',
  );
}

const recordIn = (dir: string): string => join(dir, 'backing-services');

/** How the backing services of a data folder run: `docker` or `native`; undefined: it is new. */
function chosenIn(dir: string): string | undefined {
  if (existsSync(recordIn(dir))) return readFileSync(recordIn(dir), 'utf8').trim();
  // Folders of earlier versions have no record.
  return existsSync(join(dir, 'postgres')) ? 'native' : undefined;
}

/** Records how the backing services of a new data folder run, for later starts on it. */
export function recordChoice(dir: string, inDocker: boolean): void {
  if (chosenIn(dir) === undefined) writeFileSync(recordIn(dir), inDocker ? 'docker\n' : 'native\n');
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
