import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '#platform';
import type { Finding, Stores, Verdict } from '../common/history.ts';
import { now } from '../common/now.ts';
import { Random } from '../common/random.ts';
import { Recorder } from '../common/recorder.ts';
import { Injector } from '../faults/inject.ts';
import type { Weights } from '../faults/plan.ts';
import { drawPlan } from '../faults/plan.ts';
import type { Cluster, ClusterOptions } from '../system/cluster.ts';
import { withCluster } from '../system/cluster.ts';
import { drawErasures } from '../workload/erasures.ts';
import type { Load } from '../workload/workload.ts';
import { Workload } from '../workload/workload.ts';
import { dump } from './dump.ts';
import { historyFindings } from './histories.ts';

export interface RunOptions extends Omit<ClusterOptions, 'logs'> {
  readonly seed: string;
  /** The folder of the history, the contents of the stores, the verdict, and the logs of the processes. */
  readonly dir: string;
  readonly load: Load;
  readonly faults: number;
  readonly weights: Weights;
  /** How many partners are erased during the load, besides one at the end. */
  readonly erasures: number;
  /** Only processes and connections with this name prefix are disturbed; empty: all. */
  readonly target: string;
  /** How long to wait for the read models and agents to settle; what is missing then is a finding. */
  readonly settleMs: number;
}

/** One run: load and faults drawn from a seed, then rest, then the check. */
export async function runSeed(options: RunOptions): Promise<Verdict> {
  const logs = join(options.dir, 'logs');
  rmSync(options.dir, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const recorder = new Recorder(join(options.dir, 'history.jsonl'));
  const { stores, histories } = await withCluster({ ...options, logs }, async (cluster) => ({
    stores: await work(cluster, recorder, options),
    histories: await historyFindings(cluster.services['EVENTSTORE_URL'] ?? ''),
  }));
  await recorder.close();
  writeFileSync(join(options.dir, 'stores.json'), JSON.stringify(stores));
  return check(options.dir, histories);
}

async function work(cluster: Cluster, recorder: Recorder, options: RunOptions): Promise<Stores> {
  const { seed, load, faults, weights, erasures, target, settleMs } = options;
  const random = new Random(seed);
  const workload = new Workload(cluster, recorder, random.fork('workload'), load);
  const plan = faults === 0 ? [] : drawPlan(random.fork('faults'), { loadMs: load.loadMs, faults, weights });
  const erased = drawErasures(random.fork('erasures'), { loadMs: load.loadMs, erasures, faults: plan });
  const over = new AbortController();
  try {
    const injecting = new Injector(cluster, workload.agents, recorder, target).run(plan, over.signal);
    const erasing = workload.erase(erased, over.signal);
    await workload.run().finally(() => over.abort());
    await injecting;
    await Promise.all(cluster.processes.map((process) => process.ready()));
    await erasing;
    await workload.finish();
    return await rest(cluster, workload, settleMs);
  } finally {
    await workload.agents.stop();
  }
}

const quietMs = 2_000;

/** Waits until the read models are complete and no agent handles anything more; then reads the stores. */
export async function rest(cluster: Cluster, { agents }: Workload, settleMs: number): Promise<Stores> {
  const deadline = now() + settleMs;
  for (;;) {
    const stores = await dump(cluster);
    const isOver = isSettled(stores) && now() - agents.handledAt > quietMs;
    if (isOver || now() > deadline) return stores;
    await sleep(500);
  }
}

export function isSettled({ sessions, session_rows, contexts }: Stores): boolean {
  const rows = new Map(session_rows.map(({ session_id, revision }) => [session_id, revision]));
  return Object.entries(sessions).every(([id, events]) => {
    if (events.some(({ type }) => type === 'SessionErased')) return !rows.has(id);
    const last = events.length - 1;
    const context = contexts[id]?.['revision'];
    return rows.get(id) === last && (context === undefined || Number(context) === last);
  });
}

/** The checker is a separate process that shares nothing with this one. */
async function check(dir: string, histories: readonly Finding[]): Promise<Verdict> {
  const program = ['--no-warnings', '--import', './tools/register.mjs', 'test/consistency/checker/main.ts'];
  const checker = spawn(process.execPath, [...program, dir], { stdio: 'inherit' });
  const [code] = (await once(checker, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The checker ended with ${code}.`);
  const { counts, findings } = JSON.parse(readFileSync(join(dir, 'verdict.json'), 'utf8')) as Verdict;
  return { counts, findings: [...findings, ...histories] };
}
