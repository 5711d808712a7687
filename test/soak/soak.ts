import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '#platform';
import { Random } from '../consistency/common/random.ts';
import { Recorder } from '../consistency/common/recorder.ts';
import { Injector } from '../consistency/faults/inject.ts';
import { allFaults, drawPlan } from '../consistency/faults/plan.ts';
import type { Cluster } from '../consistency/system/cluster.ts';
import { withCluster } from '../consistency/system/cluster.ts';
import { Workload } from '../consistency/workload/workload.ts';
import type { Held, Processes } from '../diagnostics/processes.ts';
import { settled } from '../diagnostics/settled.ts';

/** The resources of the processes at rest after an interval of work. */
export interface Sample {
  readonly minute: number;
  readonly withFaults: boolean;
  readonly held: ReadonlyMap<string, Held>;
}

export interface SoakOptions {
  readonly minutes: number;
  readonly stretchS: number;
  /** The folder of the history and of the processes' logs. */
  readonly dir: string;
  readonly signalService?: (name: string, signal: NodeJS.Signals) => void;
  readonly onSample: (sample: Sample, perSecond: number) => void;
}

const sizes = { api: 2, projector: 2, bridge: 1 } as const;
/** Many short sessions, so that the caches of sessions are full before growth is measured. */
const load = {
  commands: 0,
  clients: 16,
  slots: 24,
  agents: 3,
  sessionLength: [2, 8],
} as const;
const capacityS = 15;
const faultsOfStretch = 4;
/** By then idle connections are closed: of HTTP, and after 30 s of the pools of PostgreSQL. */
const idleMs = 35_000;

/**
 * Works in intervals at half capacity, first without faults, then with them, and measures the processes after each.
 */
export function soak(processes: Processes, options: SoakOptions): Promise<Sample[]> {
  const { minutes, stretchS, dir, signalService, onSample } = options;
  const logs = join(dir, 'logs');
  mkdirSync(logs, { recursive: true });
  const more = signalService ? { signalService } : {};
  return withCluster({ sizes, root: process.cwd(), logs, ...more }, async (cluster) => {
    const stretches = new Stretches(cluster, new Recorder(join(dir, 'history.jsonl')));
    // The first interval compiles the code.
    await stretches.work(1e6, capacityS, false);
    const commands = await stretches.work(1e6, capacityS, false);
    const perSecond = commands / capacityS / 2;
    const begun = Date.now();
    const minute = (): number => (Date.now() - begun) / 60_000;
    const samples: Sample[] = [];
    while (minute() < minutes) {
      const withFaults = minute() >= minutes / 2;
      await stretches.work(perSecond, stretchS, withFaults);
      await sleep(idleMs);
      const sample = { minute: minute(), withFaults, held: await settled(processes) };
      samples.push(sample);
      onSample(sample, perSecond);
    }
    return samples;
  });
}

/** Intervals of work on one cluster. The agents of each interval leave at its end. */
class Stretches {
  private count = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly recorder: Recorder,
  ) {}

  /** Works for a while; returns the number of commands sent. */
  async work(perSecond: number, seconds: number, withFaults: boolean): Promise<number> {
    const { cluster, recorder } = this;
    this.count += 1;
    const random = new Random(`soak ${this.count}`);
    const loadMs = seconds * 1_000;
    const workload = new Workload(cluster, recorder, random, { ...load, perSecond, loadMs });
    const plan = drawPlan(random.fork('faults'), {
      loadMs,
      faults: faultsOfStretch,
      // Without faults only agents leave and join.
      weights: withFaults ? allFaults : { agent: 1 },
    });
    const over = new AbortController();
    try {
      const injecting = new Injector(cluster, workload.agents, recorder, '').run(plan, over.signal);
      await workload.run().finally(() => over.abort());
      await injecting;
      await Promise.all(cluster.processes.map((process) => process.ready()));
      await workload.finish();
    } finally {
      await workload.agents.stop();
    }
    return workload.commands;
  }
}
