import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RecordedEvent, SessionState } from '#domain';
import { Failure } from '../shared/failure.ts';

type Evolve = (state: SessionState, event: RecordedEvent) => SessionState;
/** Other code's `evolve`, which may call ours. */
export type OtherEvolve = (state: SessionState, event: RecordedEvent, ours: Evolve) => SessionState;

/** The `evolve` that a module exports. @throws Failure when it exports none */
export async function loadOtherCode(file: string): Promise<OtherEvolve> {
  const path = resolve(file);
  await access(path).catch(() => {
    throw new Failure(`There is no file ${file}.`);
  });
  const { evolve } = await load(path);
  if (typeof evolve !== 'function')
    throw new Failure(`${file} exports no function evolve(state, event, ours).`);
  return evolve as OtherEvolve;
}

async function load(path: string): Promise<{ readonly evolve?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { evolve?: unknown };
  } catch (error) {
    throw new Failure(`${path} cannot be loaded: ${(error as Error).message}`);
  }
}
