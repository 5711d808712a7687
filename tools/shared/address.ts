import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.ts';

/** The api to talk to: as given, TURNSTREAM_URL, the system that npm start runs, or port 3000. It must be ready. */
export async function findApi(given?: string): Promise<string> {
  const url = given ?? process.env['TURNSTREAM_URL'] ?? startedApi() ?? 'http://127.0.0.1:3000';
  const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
  if (answer === undefined)
    throw new Failure(`Nothing answers at ${url}: run npm start first, or set TURNSTREAM_URL.`);
  if (!answer.ok)
    throw new Failure(`${url} is not ready: ${(await answer.text()).slice(0, 300)}. Try again in a moment.`);
  return url;
}

/** The launcher's note of what it runs. */
function startedApi(): string | undefined {
  const folder = process.env['TURNSTREAM_DATA'] ?? '.data';
  try {
    return (JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { api?: string }).api;
  } catch {
    return undefined;
  }
}
