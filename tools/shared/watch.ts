import { sleep } from '../../libs/platform/src/async/sleep.ts';
import { say } from './run.ts';

interface Watched {
  readonly program: {
    readonly name: string;
    readonly answers?: (timeoutMs: number) => Promise<boolean>;
  };
  readonly process?: { kill(signal: 'SIGKILL'): boolean };
}

/** A process that has just begun may take so many times as long: Kafka opens its port after it has read its log. */
const RECOVERY = 10;

/**
 * Kills a process that lives and has not answered for `silenceMs`, whether it keeps silent or refuses connections. It
 * runs until the signal aborts; the supervisor starts the program again.
 */
export async function watch(child: Watched, silenceMs: number, signal: AbortSignal): Promise<void> {
  const { name, answers } = child.program;
  if (!answers || silenceMs === 0) return;
  const waitMs = silenceMs / 6;
  let asked = child.process;
  let allowedMs = silenceMs;
  for (let silentMs = 0; !signal.aborted;) {
    const begun = performance.now();
    await sleep(waitMs, signal);
    const { process } = child;
    if (process === undefined || process !== asked) {
      [asked, allowedMs, silentMs] = [process, RECOVERY * silenceMs, 0];
      continue;
    }
    if (await answers(waitMs)) [allowedMs, silentMs] = [silenceMs, 0];
    // Not the time in which this process stood still itself: the other one was not asked then.
    else silentMs += Math.min(performance.now() - begun, 2 * waitMs);
    if (silentMs < allowedMs || signal.aborted || child.process !== process) continue;
    say(name, `lives, but has not answered for ${Number((silentMs / 1_000).toFixed(1))} s: killing it`);
    process.kill('SIGKILL');
  }
}
