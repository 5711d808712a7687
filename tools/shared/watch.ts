import { sleep } from '../../libs/platform/src/async/sleep.ts';
import { say } from './run.ts';

interface Watched {
  readonly program: {
    readonly name: string;
    readonly answers?: (timeoutMs: number) => Promise<boolean>;
  };
  readonly process?: { kill(signal: 'SIGKILL'): boolean };
}

/** Questions without an answer; a process that has just begun may take long to recover before it answers the first. */
const MISSES = { usual: 3, atTheBeginning: 30 };

/**
 * Kills a process that lives and does not answer for about `silenceMs`: three questions in a row. It runs until the
 * signal aborts; the supervisor starts the program again.
 */
export async function watch(child: Watched, silenceMs: number, signal: AbortSignal): Promise<void> {
  const { name, answers } = child.program;
  if (!answers || silenceMs === 0) return;
  // A question waits for so long before it is asked, and then for its answer.
  const waitMs = silenceMs / MISSES.usual / 2;
  let asked = child.process;
  let hasAnswered = true;
  for (let misses = 0; !signal.aborted;) {
    await sleep(waitMs, signal);
    const { process } = child;
    if (process !== asked) [asked, hasAnswered, misses] = [process, false, 0];
    if (process === undefined) continue;
    if (await answers(waitMs)) [hasAnswered, misses] = [true, 0];
    else misses += 1;
    const allowed = hasAnswered ? MISSES.usual : MISSES.atTheBeginning;
    if (misses < allowed || signal.aborted || child.process !== process) continue;
    say(
      name,
      `lives, but has not answered ${misses} questions within ${(misses * 2 * waitMs) / 1_000} s: killing it`,
    );
    process.kill('SIGKILL');
  }
}
