import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Failure } from '../shared/failure.ts';
import type { ReplayReport } from './summary.ts';
import { Summary } from './summary.ts';
import type { WorkerMessage, WorkerTask } from './worker.ts';

const register = join(import.meta.dirname, '../register.mjs');
/** The arguments with which programs run. */
const execArgv = ['--no-warnings', '--conditions=source', '--import', register];

interface Run extends Omit<WorkerTask, 'share'> {
  readonly workers: number;
  /** Called about once a second with the progress. */
  readonly onProgress: (report: ReplayReport) => void;
}

/** Replays all sessions, a share of them per thread. @throws Failure when a thread fails */
export async function replayAll({ workers, onProgress, ...task }: Run): Promise<ReplayReport> {
  const reports = new Map<number, ReplayReport>();
  const merged = (): ReplayReport => {
    const summary = new Summary(task.samples);
    for (const report of reports.values()) summary.merge(report);
    return summary.report();
  };
  const threads: Worker[] = [];
  const ended = Array.from({ length: workers }, (_, index) => {
    const share = { index, of: workers };
    const workerData: WorkerTask = { ...task, share };
    const options = { workerData, execArgv, env: { ...process.env } };
    const thread = new Worker(join(import.meta.dirname, 'worker.ts'), options);
    threads.push(thread);
    return endOf(thread, (report) => {
      reports.set(index, report);
      if (index === 0) onProgress(merged());
    });
  });
  try {
    await Promise.all(ended);
    return merged();
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function endOf(thread: Worker, onReport: (report: ReplayReport) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.on('message', (message: WorkerMessage) => {
      if (message.kind === 'failed') return reject(new Failure(message.message));
      onReport(message.report);
      if (message.kind === 'done') resolve();
    });
    thread.once('error', reject);
    thread.once('exit', (code) =>
      reject(new Error(`A thread ended with code ${code} before it had finished.`)),
    );
  });
}
