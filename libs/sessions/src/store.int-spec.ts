import { randomUUID } from 'node:crypto';
import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { StoreUnavailableError } from './errors.ts';
import type { NewEvent } from './client/append-request.ts';
import { EventStore } from './store.ts';
import { notReady, revisionOf, timeout } from './testing/answers.ts';
import { goals } from './testing/events.ts';
import { StandIn } from './testing/stand-in.ts';

const url = process.env['EVENTSTORE_URL'] ?? '';
/** Attempts are short, since some get no answer here; calls have a long deadline. */
const limits = { answerMs: 500, totalMs: 30_000 };
const impatient = { answerMs: 200, totalMs: 600 };
const plain = new EventStore(url);
afterAll(() => plain.dispose());

let standIn: StandIn;
let store: EventStore;
let hasty: EventStore;
let patient: EventStore;
let stream: string;
beforeEach(async () => {
  standIn = await StandIn.before(url);
  store = new EventStore(standIn.url, undefined, limits);
  patient = new EventStore(standIn.url, undefined, { answerMs: 10_000, totalMs: 10_000 });
  hasty = new EventStore(standIn.url, undefined, impatient);
  stream = `spec-${randomUUID()}`;
});
afterEach(async () => {
  await Promise.all([store, hasty, patient].map((one) => one.dispose()));
  standIn.close();
});

async function ids(): Promise<string[]> {
  const events = await Array.fromAsync(plain.read(stream));
  return events.map(({ id }) => id);
}

describe('an append', () => {
  test('reports the revision that it conflicts with', async () => {
    await plain.append(stream, goals(5), -1);
    expect(await store.append(stream, goals(1), 2)).toEqual({ appended: false, revision: 4 });
    expect(await store.append(stream, goals(1), -1)).toEqual({ appended: false, revision: 4 });
    expect(await store.append(`${stream}-b`, goals(1), 3)).toEqual({ appended: false, revision: -1 });
    expect(await store.append(stream, goals(2), 4)).toEqual({ appended: true, revision: 6 });
  });

  test('that the server times out although it is recorded gets its result', async () => {
    standIn.behaviour.append = ({ request, forward, answer }) => {
      standIn.behaviour.answer = () => undefined;
      forward();
      answer(timeout(request));
    };
    const events = goals(2);
    expect(await store.append(stream, events, -1)).toEqual({ appended: true, revision: 1 });
    expect(await ids()).toEqual(events.map(({ id }) => id));
  });

  test('that the server times out and another append has overtaken is refused', async () => {
    standIn.behaviour.append = ({ request, answer }) => {
      void plain.append(stream, goals(1), -1).then(() => answer(timeout(request)));
    };
    expect(await store.append(stream, goals(1), -1)).toEqual({ appended: false, revision: 0 });
  });

  test('that was lost is sent again and recorded once', async () => {
    let sent = 0;
    standIn.behaviour.append = ({ forward }) => {
      sent += 1;
      if (sent > 1) forward();
    };
    const events = goals(1);
    expect(await store.append(stream, events, -1)).toEqual({ appended: true, revision: 0 });
    expect([await ids(), sent]).toEqual([[events[0]?.id], 2]);
  });

  test('whose answer is lost gets its revision from a stream that starts again after a deletion', async () => {
    await plain.append(stream, goals(3), -1);
    await plain.deleteStream(stream);
    standIn.behaviour.answer = () => void (standIn.behaviour.answer = undefined);
    expect(await store.append(stream, goals(2), -1)).toEqual({ appended: true, revision: 4 });
  });

  test('is retried while the server is not ready', async () => {
    let sent = 0;
    standIn.behaviour.append = ({ request, forward, answer }) => {
      sent += 1;
      if (sent > 3) forward();
      else answer(notReady(request));
    };
    expect(await store.append(stream, goals(1), -1)).toEqual({ appended: true, revision: 0 });
  });

  test('fails as unavailable when the server stays not ready', async () => {
    standIn.behaviour.append = ({ request, answer }) => answer(notReady(request));
    await expect(hasty.append(stream, goals(1), -1)).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  test('that times out is the only one to fail', async () => {
    standIn.behaviour.append = ({ request, forward, answer }) => {
      if (request.getProposedMessagesList().length === 1) answer(timeout(request));
      else setTimeout(forward, 200);
    };
    const lost = patient.append(stream, goals(1), -1).catch((error: unknown) => error);
    const others = Array.from({ length: 20 }, (_, index) =>
      patient.append(`${stream}-${index}`, goals(2), -1),
    );
    expect(await Promise.all(others)).toEqual(others.map(() => ({ appended: true, revision: 1 })));
    expect(await lost).toBeInstanceOf(StoreUnavailableError);
    expect(patient.counts.connections).toBe(2);
  });

  test('waits for the one before it on the same stream', async () => {
    let inFlight = 0;
    let most = 0;
    standIn.behaviour.append = ({ forward }) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      forward();
    };
    standIn.behaviour.answer = (answer) => {
      inFlight -= 1;
      return answer;
    };
    const events = goals(1);
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => store.append(stream, events, -1)));
    expect(outcomes).toEqual(outcomes.map(() => ({ appended: true, revision: 0 })));
    expect(most).toBe(1);
  });
});

/** Stalls the first read of the stream after its second event. `reached` resolves then. */
function halt(): { readonly reached: Promise<void>; readonly cut: () => void } {
  const reached = Promise.withResolvers<void>();
  const calls: { emit(event: 'error', error: Error): void }[] = [];
  standIn.behaviour.read = (read) => {
    if (read.stream !== stream) return read.forward();
    standIn.behaviour.read = undefined;
    calls.push(read.call);
    read.forward((message) => {
      if (revisionOf(message) < 2) return true;
      read.call.end = () => read.call;
      reached.resolve();
      return false;
    });
  };
  return { reached: reached.promise, cut: () => calls[0]?.emit('error', failed(status.UNAVAILABLE)) };
}

function failed(code: status): Error {
  return Object.assign(new Error('as the spec wants it'), { code });
}

describe('a read', () => {
  test('in flight survives the failure of another call', async () => {
    await plain.append(stream, goals(4), -1);
    const held = Promise.withResolvers<() => void>();
    const failures = [failed(status.UNAVAILABLE)];
    standIn.behaviour.read = (read) => {
      if (read.stream === stream) return held.resolve(() => read.forward());
      const failure = failures.pop();
      if (failure) read.call.emit('error', failure);
      else read.forward();
    };
    const reading = Array.fromAsync(patient.read(stream));
    const goOn = await held.promise;
    await patient.readLast(`${stream}-b`);
    goOn();
    expect(await reading).toHaveLength(4);
  });

  test('that is cut short is read again and then has all its events', async () => {
    await plain.append(stream, goals(4), -1);
    const { reached, cut } = halt();
    const reading = Array.fromAsync(store.read(stream));
    await reached;
    cut();
    expect((await reading).map(({ revision }) => Number(revision))).toEqual([0, 1, 2, 3]);
  });

  test('that stalls is read again and then has all its events', async () => {
    await plain.append(stream, goals(4), -1);
    halt();
    const reading = Array.fromAsync(store.read(stream));
    expect((await reading).map(({ revision }) => Number(revision))).toEqual([0, 1, 2, 3]);
  });

  test('rejects when the client is disposed meanwhile', async () => {
    await plain.append(stream, goals(4), -1);
    const { reached } = halt();
    const reading = Array.fromAsync(store.read(stream)).catch((error: unknown) => error);
    await reached;
    await store.dispose();
    expect(await reading).toBeInstanceOf(StoreUnavailableError);
  });

  test('fails as unavailable when the server never answers', async () => {
    standIn.behaviour.read = () => undefined;
    await expect(hasty.readLast(stream)).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  test('asks the leader', async () => {
    const asked: unknown[] = [];
    standIn.behaviour.read = (read) => {
      asked.push(read.metadata.get('requires-leader'));
      read.forward();
    };
    await Promise.all([Array.fromAsync(store.read(stream)), store.readLast(stream), store.head()]);
    expect(asked).toEqual(asked.map(() => ['true']));
  });

  test('returns a stream of several pages', async () => {
    for (let from = 0; from < 600; from += 200) await plain.append(stream, goals(200), from - 1);
    const revisions = (await Array.fromAsync(plain.read(stream))).map(({ revision }) => Number(revision));
    expect(revisions).toEqual(Array.from({ length: 600 }, (_, index) => index));
    expect(await Array.fromAsync(plain.read(stream, { from: 10, limit: 300 }))).toHaveLength(300);
  });

  test('of the whole log passes an event that fills a page', async () => {
    const head = await plain.head();
    const large = { ...goals(1)[0], data: Array.from({ length: 120_000 }, () => 0) } as NewEvent;
    const events = [...goals(1), large, ...goals(1)];
    await plain.append(stream, events, -1);
    const read = await Array.fromAsync(patient.readLog(head, await plain.head()));
    const own = read.filter(({ streamId }) => streamId === stream);
    expect(own.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });
});

describe('the address', () => {
  test('may begin with kurrentdb://', async () => {
    const named = new EventStore(url.replace('esdb', 'kurrentdb'));
    expect(await named.readLast(stream)).toBeUndefined();
    await named.dispose();
  });

  test('of a store whose user may not read the whole log answers a ping', async () => {
    standIn.behaviour.read = (read) => {
      if (read.stream === undefined) read.call.emit('error', failed(status.PERMISSION_DENIED));
      else read.forward();
    };
    await store.ping();
    await expect(hasty.head()).rejects.not.toBeInstanceOf(StoreUnavailableError);
  });
});

test('a read that reaches a follower continues at the leader that it names', async () => {
  await plain.append(stream, goals(2), -1);
  const leader = await StandIn.before(url);
  standIn.behaviour.read = ({ call }) => {
    const metadata = new Metadata();
    metadata.set('exception', 'not-leader');
    metadata.set('leader-endpoint-host', '127.0.0.1');
    metadata.set('leader-endpoint-port', String(leader.port));
    call.emit('error', Object.assign(failed(status.NOT_FOUND), { metadata }));
  };
  expect(await Array.fromAsync(store.read(stream))).toHaveLength(2);
  leader.close();
});

test('a hanging leader is left for the newly elected one', async () => {
  const second = await StandIn.before(url);
  let leader = standIn.port;
  for (const { behaviour } of [standIn, second]) behaviour.leader = () => leader;
  const cluster = new EventStore(
    `esdb://127.0.0.1:${standIn.port},127.0.0.1:${second.port}?tls=false`,
    undefined,
    limits,
  );
  expect(await cluster.append(stream, goals(1), -1)).toMatchObject({ appended: true });
  standIn.behaviour.append = () => void (leader = second.port);
  standIn.behaviour.read = () => undefined;
  expect(await cluster.append(stream, goals(1), 0)).toEqual({ appended: true, revision: 1 });
  await waitUntil(() => cluster.counts.connections <= 2, { what: 'the old connections to close' });
  await cluster.dispose();
  second.close();
});
