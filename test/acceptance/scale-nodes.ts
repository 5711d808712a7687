import { totalOf } from '../../tools/shared/cpu-time.ts';
import { withClients } from '../scenarios/clients.ts';
import { compareNodes, shown } from '../scenarios/scale/nodes.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import type { Report } from './report.ts';

const most = 1.1;

/** `npm run prove -- scale nodes`: the CPU time of a command with more api nodes, projectors and bridges. */
export async function runNodes(report: Report, isQuick: boolean): Promise<void> {
  const size = isQuick ? { commands: 320, rounds: 1 } : { commands: 3_200, rounds: 5 };
  report.begin(
    `CPU time of a command: 1, 2 and 4 api nodes, 1 and 2 projectors and bridges, ${size.rounds} times ${size.commands} turns each`,
  );
  const onProgress = (text: string): void => report.note(text);
  const { apis, twoWorkers } = await withOwnSystem(
    (own) => withClients(own, (system) => compareNodes(system, { ...size, onProgress })),
    {},
    false,
    4,
  );
  const one = apis.get(1) ?? {};
  for (const [count, cpu] of apis) {
    report.note(`${count} api, medians in µs: ${shown(cpu)}`);
    if (count === 1) continue;
    report.atMost(
      `CPU of the api nodes for a command, ${count} in that of one`,
      (cpu['api'] ?? NaN) / (one['api'] ?? NaN),
      most,
    );
    report.atMost(
      `CPU of all processes for a command, ${count} api nodes`,
      totalOf(cpu) / totalOf(one),
      most,
    );
  }
  report.note(`2 projectors and bridges, medians in µs: ${shown(twoWorkers)}`);
  for (const kind of ['projector', 'bridge'])
    report.atMost(
      `CPU of two ${kind}s for a command, in that of one`,
      (twoWorkers[kind] ?? NaN) / (one[kind] ?? NaN),
      most,
    );
  report.atMost(
    'CPU of all processes for a command, two projectors and bridges',
    totalOf(twoWorkers) / totalOf(one),
    most,
  );
}
