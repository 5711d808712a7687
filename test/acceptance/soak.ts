import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, withBackingServices } from '#launcher';
import { Failure } from '../../tools/shared/failure.ts';
import { dataDir } from '../../tools/shared/paths.ts';
import { growths } from '../diagnostics/growth.ts';
import { withDiagnostics } from '../diagnostics/processes.ts';
import type { Sample } from '../soak/soak.ts';
import { soak } from '../soak/soak.ts';
import type { Report } from './report.ts';

const usualMinutes = 30;
/** After this time caches are full and code is compiled. */
const warmMinutes = 5;
const share = 0.05;

/**
 * `npm run prove -- soak`: half capacity for a long time, first without faults, then with them; the memory and
 * handles of processes do not grow.
 */
export async function runSoak(
  report: Report,
  { minutes: text }: { readonly minutes?: string },
): Promise<void> {
  const minutes = Number(text ?? usualMinutes);
  if (!(minutes > 0)) throw new Failure(`--minutes is ${text}: give a number above 0.`);
  const dir = join(dataDir, 'soak');
  rmSync(dir, { recursive: true, force: true });
  await build();
  report.begin(`${minutes} minutes at half capacity, the second half with faults`);
  const note = (sample: Sample, perSecond: number): void => report.note(textOf(sample, perSecond));
  // Small caches, so that filling them is not taken for a leak.
  Object.assign(process.env, { SESSION_CACHE_MB: '1', EVENTSTORE_STREAM_INFO_CACHE_CAPACITY: '1000' });
  const samples = await withDiagnostics((processes) =>
    withBackingServices(({ env, supervisor }) => {
      Object.assign(process.env, env);
      const signalService = (name: string, signal: NodeJS.Signals): void => supervisor.signal(name, signal);
      const stretchS = Math.min(120, minutes * 6);
      return soak(processes, { minutes, stretchS, dir, signalService, onSample: note });
    }),
  );
  const warm = Math.min(warmMinutes, minutes / 4);
  for (const withFaults of [false, true]) {
    const begins = Math.max(warm, withFaults ? minutes / 2 : 0);
    const judged = samples.filter((sample) => sample.withFaults === withFaults && sample.minute >= begins);
    const what = withFaults ? 'with faults' : 'without faults';
    report.atLeast(`samples ${what}, from minute ${warm.toFixed(1)} on`, judged.length, 2);
    report.none(
      `what grew ${what}`,
      growths(
        judged.map(({ held }) => held),
        share,
      ),
    );
  }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

function textOf({ minute, held }: Sample, perSecond: number): string {
  const texts = [...held].map(([name, one]) => {
    const { heapUsed, arrayBuffers, handles, connections, heldCalls } = one;
    const memory = `${megabytes(heapUsed)} + ${megabytes(arrayBuffers)} MB`;
    return `${name} ${memory}, ${handles} handles, ${connections} connections, ${heldCalls} calls`;
  });
  return `minute ${minute.toFixed(1)}, ${perSecond.toFixed(0)} requests/s: ${texts.join('; ')}`;
}
