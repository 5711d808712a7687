import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Session } from '@turnstream/sdk';
import { Turnstream } from '@turnstream/sdk';
import { waitUntil } from '#platform';
import { countTurns } from '../../tools/import/conversation.ts';
import { sampleDialogues } from '../../tools/import/sample.ts';
import { growths } from '../diagnostics/growth.ts';
import type { Held, Processes } from '../diagnostics/processes.ts';
import { withDiagnostics } from '../diagnostics/processes.ts';
import { settled } from '../diagnostics/settled.ts';
import type { Competition, Repetition } from '../scenarios/foundation/conflicts.ts';
import { competeForRevision, repeatRequest } from '../scenarios/foundation/conflicts.ts';
import { generatedDialogues } from '../scenarios/foundation/dialogues.ts';
import type { DisturbedImport, RepeatedImport } from '../scenarios/foundation/import.ts';
import { importTwice, importWithCrashes } from '../scenarios/foundation/import.ts';
import type { Webhooks } from '../scenarios/foundation/webhooks.ts';
import { resumeAtOnce } from '../scenarios/foundation/webhooks.ts';
import { corpus } from '../hostile/corpus/list.ts';
import type { Surprise } from '../hostile/run.ts';
import { runCases, workOrderly } from '../hostile/run.ts';
import { clientOptions } from '../scenarios/clients.ts';
import { holdOpen } from '../scenarios/hold-open.ts';
import type { System } from '../scenarios/system.ts';
import { withOwnSystem } from '../scenarios/system.ts';

/** The scenarios of `npm run prove -- foundation` at small size, on one system. */
let processes: Processes;
const held = holdOpen<System>((work) =>
  withDiagnostics((all) => {
    processes = all;
    return withOwnSystem(work);
  }),
);
let system: System;
beforeAll(async () => {
  system = await held.open();
});
afterAll(() => held.close());

describe('an import that is repeated', () => {
  const conversations = generatedDialogues('', 8, 2);
  let result: RepeatedImport;
  beforeAll(async () => {
    result = await importTwice(system, conversations);
  });

  test('writes a row for each turn', () => {
    expect(result.readModels.rows).toBe(countTurns(conversations));
  });

  test('leaves every context equal to the fold of its stream', () => {
    expect(result.readModels.contexts).toBe(conversations.length);
  });

  test('leaves streams and rows as they are in the file', () => {
    expect(result.readModels.differences).toEqual([]);
  });

  test('adds no event the second time', () => {
    expect(result.second.events).toBe(0);
  });

  test('answers each repeated command as replayed', () => {
    expect(result.second.repeated).toBe(result.first.steps);
  });
});

describe('an import with crashes', () => {
  const conversations = generatedDialogues('crash-', 24, 5);
  let result: DisturbedImport;
  beforeAll(async () => {
    result = await importWithCrashes(system, conversations);
  });

  test('continues after projector, api and event store were killed', () => {
    expect(result.restarted).toEqual(['projector', 'api', 'event-store']);
  });

  test('writes a row for each turn', () => {
    expect(result.afterCrashes.rows).toBe(countTurns(conversations));
  });

  test('leaves no difference between file, streams, rows and contexts', () => {
    expect(result.afterCrashes.differences).toEqual([]);
  });

  test('leaves no difference after Redis was flushed', () => {
    expect(result.afterFlush.differences).toEqual([]);
  });

  test('has every context back in Redis after it was flushed', () => {
    expect(result.restoredContexts).toBe(conversations.length);
  });
});

describe('16 writers with the same If-Match', () => {
  let result: Competition;
  beforeAll(async () => {
    result = await competeForRevision(system, 16);
  });

  test('have one winner', () => {
    expect(result.winners).toBe(1);
  });

  test('get a revision conflict otherwise', () => {
    expect(result.conflicts).toBe(15);
  });

  test('append one event each, with consecutive revisions', () => {
    expect(result.revisions).toEqual([0, 1]);
  });
});

describe('40 identical requests at once with one key', () => {
  let result: Repetition;
  beforeAll(async () => {
    result = await repeatRequest(system, 40);
  });

  test('append one event', () => {
    expect(result.appended).toBe(1);
  });

  test('get the same answer', () => {
    expect(result.differentAnswers).toBe(1);
  });

  test('are answered as original at most once per api node', () => {
    expect(result.originals).toBeGreaterThan(0);
    expect(result.originals).toBeLessThanOrEqual(system.apis.length);
  });
});

describe('100 webhooks of one partner at once, while an api node is killed', () => {
  let result: Webhooks;
  beforeAll(async () => {
    result = await resumeAtOnce(system, { calls: 100, rounds: 3 });
  });

  test('are all answered', () => {
    expect(result.unanswered).toEqual([]);
  });

  test('get the same session', () => {
    expect(result.answered).toBe(1);
  });

  test('start one session', () => {
    expect(result.started).toBe(1);
  });
});

/** Normal load in every partition, and the resources of the processes at rest after it. */
async function workForAWhile(): Promise<ReadonlyMap<string, Held>> {
  for (let n = 0; n < 5; n += 1) await workOrderly(system.apis[0]);
  return settled(processes, 'usual');
}

describe('equal stretches of work, after one to warm up', () => {
  // Pooled connections come and go; a leak grows every time.
  test('do not leave more in a process each time', async () => {
    await workForAWhile();
    let held = await workForAWhile();
    let grown = ['nothing is compared yet'];
    for (let pairs = 0; pairs < 3 && grown.length > 0; pairs += 1) {
      const next = await workForAWhile();
      grown = growths([held, next], 0.05);
      held = next;
    }
    expect(grown).toEqual([]);
  });
});

describe('every fourth case of the hostile corpus', () => {
  let before: ReadonlyMap<string, number>;
  let surprises: readonly Surprise[];
  beforeAll(async () => {
    before = new Map(system.pids);
    const target = { url: system.apis[0], eventStoreUrl: system.env['EVENTSTORE_URL'] ?? '' };
    const cases = corpus.filter((_, index) => index % 4 === 0);
    surprises = await runCases(target, cases);
  });

  test('is answered as it should be', () => {
    expect(surprises).toEqual([]);
  });

  test('leaves every partition at work', async () => {
    await expect(workOrderly(system.apis[0])).resolves.toBeUndefined();
  });

  test('ends no process', () => {
    expect(new Map(system.pids)).toEqual(before);
  });
});

interface Output {
  readonly failed: boolean;
  readonly text: string;
}

/** Runs a program against the system. */
function run(program: string, ...args: string[]): Promise<Output> {
  const env = { ...process.env, TURNSTREAM_URL: system.apis[0] };
  const words = ['--no-warnings', '--import', './tools/register.mjs', `${program}/main.ts`, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { env, timeout: 120_000 }, (error, out, err) =>
      resolve({ failed: error !== null, text: out + err }),
    );
  });
}

describe('npm run demo', () => {
  let output: Output;
  beforeAll(async () => {
    output = await run('tools/demo');
  });

  test('succeeds', () => {
    expect(output.failed).toBe(false);
  });

  test('prints the events with their revisions', () => {
    expect(output.text).toContain('30 SessionEnded');
  });

  test('prints the flags that are derived', () => {
    expect(output.text).toContain('is_repeat_query');
  });

  test('prints the rows', () => {
    expect(output.text).toMatch(/conversation_session \| ivr \| ended \| send_bank_letter \| hi/);
  });

  test('prints the context of the next session with the goal that is left', () => {
    expect(output.text).toMatch(/language hi · goal –\s+waiting send_bank_letter/);
  });
});

describe('npm run import', () => {
  const folder = mkdtempSync(join(tmpdir(), 'turnstream-import-'));
  const [file, malformed] = [join(folder, 'four.json'), join(folder, 'malformed.json')];
  let first: Output;
  beforeAll(async () => {
    writeFileSync(file, JSON.stringify(sampleDialogues(4)));
    writeFileSync(malformed, '[{}]');
    first = await run('tools/import', file);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('plays a file and finds its rows', () => {
    const text = expect.stringContaining('16 turns in the files, 16 rows');
    expect(first).toEqual({ failed: false, text });
  });

  test('adds nothing the second time', async () => {
    const text = expect.stringContaining('added 0 events');
    expect(await run('tools/import', file)).toEqual({ failed: false, text });
  });

  test('refuses a malformed file', async () => {
    const text = expect.stringContaining('malformed.json: dialogue 1: dialogue_id should be a string.');
    expect(await run('tools/import', malformed)).toEqual({ failed: true, text });
  });
});

describe('the active session of a partner', () => {
  let turnstream: Turnstream;
  let started: Session;
  let found: Session | undefined;
  beforeAll(async () => {
    turnstream = new Turnstream({ ...clientOptions, url: system.apis[0] });
    started = await turnstream.startSession({ partner_id: 'P-found', channel: 'whatsapp' });
    const isFound = async (): Promise<boolean> => {
      found = await turnstream.findActive('P-found');
      return found !== undefined;
    };
    await waitUntil(isFound, { what: 'the active session' });
  });
  afterAll(() => turnstream.close());

  test('is found', () => {
    expect(found?.id).toBe(started.id);
  });

  test('continues on another channel', async () => {
    await found?.switchChannel('mobile_app');
    const session = { channel: 'mobile_app', status: 'active' };
    expect(await found?.context()).toMatchObject({ session });
  });

  test('is undefined for a partner without one', async () => {
    expect(await turnstream.findActive('P-nobody')).toBeUndefined();
  });
});
