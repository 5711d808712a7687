import { sleep, waitUntil } from '#platform';
import type { AppName } from '../consistency/system/apps.ts';
import type { Answers, Health } from './probes.ts';
import { kinds, probe, probeAllHealth } from './probes.ts';
import type { HungSystem, Subject } from './system.ts';

/** The backing services, by the names of their connections. */
export type Service = 'event-store' | 'kafka' | 'redis' | 'postgres';

/**
 * How a service stops answering. A stopped process answers late; a network that is interrupted for long drops its
 * connections silently.
 */
export type How = 'stopped' | 'interrupted';

/** Each service, stopped and interrupted. */
export const hangs: readonly (readonly [Service, How])[] = [
  ['event-store', 'stopped'],
  ['kafka', 'interrupted'],
  ['redis', 'interrupted'],
  ['postgres', 'stopped'],
];
/** Long enough for every call in progress to be abandoned, and for the effects to be visible. */
export const shortMs = 7_500;

/** The behaviour of a system while a service accepts connections without answering, and afterwards. */
export interface HungFacts {
  /** The processes that ended and were restarted, each with its last log lines. */
  readonly ended: readonly string[];
  /** By kind of request. */
  readonly answers: Readonly<Record<string, Answers>>;
  readonly health: Readonly<Record<AppName, Health>>;
  /**
   * How often the inquiry closed whose deadline was during the hang, how long after its deadline (ms), and whether
   * before the service was back.
   */
  readonly closed: { readonly times: number; readonly lateMs: number; readonly inTime: boolean };
  /** The effects before the service was back. */
  readonly meanwhile: {
    readonly rows: boolean;
    readonly contexts: boolean;
    /** The message that another system sent to Kafka. */
    readonly message: boolean;
    /** The updates that were recorded for the agent. */
    readonly updates: boolean;
  };
  /** Milliseconds from the service's return until each was well again; Infinity: not within three minutes. */
  readonly wellAfterMs: Readonly<Record<'ready' | 'rows' | 'contexts' | 'message' | 'updates', number>>;
}

const inquiryMs = 1_500;
/** During a longer hang requests are sent less often. */
const longMs = 60_000;
/** The load ends this long before the service is back. */
const settleMs = 2_000;
/** The work that continues while a service hangs. */
export const goesOn: Readonly<Record<Service, readonly (keyof HungFacts['meanwhile'])[]>> = {
  'event-store': [],
  kafka: ['rows', 'contexts', 'updates'],
  redis: ['rows', 'message', 'updates'],
  postgres: ['contexts', 'updates'],
};

/** Hangs a service for this many milliseconds, or until each kind of request was answered, under light load. */
export async function hang(
  system: HungSystem,
  service: Service,
  forMs: number,
  how: How,
): Promise<HungFacts> {
  const { connections } = system.cluster;
  const links = connections.names.filter((name) => name.endsWith(`>${service}`));
  await waitUntil(() => areCurrent(system, contextRevision), { what: 'the contexts', everyMs: 50 });
  const inquiry = await openInquiry(system);
  const before = system.apps.map(({ process }) => process.incarnation);
  const over = new AbortController();
  for (const name of links) connections.delay(name, Infinity);
  const answered = new Set<string>();
  const pace = { signal: over.signal, everyMs: forMs > longMs ? 1_000 : 400, answered };
  const probing = Promise.all([probe(system, pace), probeAllHealth(system, pace)]);
  const message = await system.publish(system.owned);
  let meanwhile;
  try {
    await sleep(forMs - settleMs);
    await waitUntil(() => answered.size === kinds, { timeoutMs: 30_000 }).catch(() => undefined);
    over.abort();
    meanwhile = await effects(system, message, goesOn[service]);
    // Only the event store delays its closing, however slow the machine is.
    if (service !== 'event-store') await waitForClosing(system, inquiry);
  } finally {
    over.abort();
    for (const name of links) {
      if (how === 'interrupted') connections.strand(name);
      connections.delay(name, 0);
    }
  }
  const back = Date.now();
  const wellAfterMs = await recovery(system, message);
  const [answers, health] = await probing;
  const gone = system.apps.filter(({ process }, index) => process.incarnation !== before[index]);
  const ended = gone.map(({ name, process }) => `${name}: ${process.lastWords}`);
  await waitForClosing(system, inquiry);
  const closed = await closing(system, inquiry, back);
  return { ended, answers, health, meanwhile, wellAfterMs, closed };
}

interface OpenedInquiry {
  readonly inquiry_id: string;
  readonly deadline: string;
}

async function openInquiry({ url, other }: HungSystem): Promise<OpenedInquiry> {
  const response = await fetch(`${url}/v1/sessions/${other.session_id}/inquiries`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      kind: 'order_status',
      subject: { order_id: other.order_id },
      timeout_ms: inquiryMs,
    }),
  });
  if (response.status !== 202) throw new Error(`The inquiry is answered ${response.status}.`);
  return (await response.json()) as OpenedInquiry;
}

/** When an inquiry closed; exactly once if all is well. */
async function closings({ store, other }: HungSystem, inquiry: OpenedInquiry): Promise<number[]> {
  const at: number[] = [];
  for await (const stored of store.read(`session-${other.session_id}`)) {
    if (stored.type !== 'InquiryClosed') continue;
    const { inquiry_id } = stored.data as { inquiry_id: string };
    if (inquiry_id === inquiry.inquiry_id) at.push(stored.created.getTime());
  }
  return at;
}

async function waitForClosing(system: HungSystem, inquiry: OpenedInquiry): Promise<void> {
  const isClosed = async (): Promise<boolean> => (await closings(system, inquiry)).length > 0;
  await waitUntil(isClosed, { what: 'the inquiry to close', everyMs: 100 }).catch(() => undefined);
}

async function closing(
  system: HungSystem,
  inquiry: OpenedInquiry,
  back: number,
): Promise<HungFacts['closed']> {
  const at = await closings(system, inquiry);
  const [first = Infinity] = at;
  return { times: at.length, lateMs: first - Date.parse(inquiry.deadline), inTime: first < back };
}

/** The effects, read without the proxies; with a generous limit, so that a slow machine is no failure. */
async function effects(
  system: HungSystem,
  message: string,
  expected: readonly (keyof HungFacts['meanwhile'])[],
): Promise<HungFacts['meanwhile']> {
  const looks = {
    rows: () => areCurrent(system, rowRevision),
    contexts: () => areCurrent(system, contextRevision),
    message: () => isRecorded(system, message),
    updates: () => areHandled(system),
  };
  const found = Object.entries(looks).map(async ([name, look]) => {
    if (!expected.some((one) => one === name)) return [name, await look()];
    const isThere = waitUntil(look, { everyMs: 50 }).then(
      () => true,
      () => false,
    );
    return [name, await isThere];
  });
  return Object.fromEntries(await Promise.all(found)) as HungFacts['meanwhile'];
}

async function recovery(system: HungSystem, message: string): Promise<HungFacts['wellAfterMs']> {
  const back = performance.now();
  const until = (condition: () => Promise<boolean>): Promise<number> =>
    waitUntil(condition, { everyMs: 50 }).then(
      () => Math.round(performance.now() - back),
      () => Infinity,
    );
  const [ready, rows, contexts, recorded, updates] = await Promise.all([
    until(() => areReady(system)),
    until(() => areCurrent(system, rowRevision)),
    until(() => areCurrent(system, contextRevision)),
    until(() => isRecorded(system, message)),
    until(() => areHandled(system)),
  ]);
  return { ready, rows, contexts, message: recorded, updates };
}

async function areReady({ apps }: HungSystem): Promise<boolean> {
  const all = await Promise.all(
    apps.map(async ({ address }) => {
      const answer = await fetch(`${address}/health/ready`);
      return (await answer.json()) as { readonly status: string };
    }),
  );
  return all.every(({ status }) => status === 'ok');
}

/** Whether the read model has both conversations as of their last events. */
async function areCurrent(
  system: HungSystem,
  revisionOf: (system: HungSystem, subject: Subject) => Promise<number>,
): Promise<boolean> {
  for (const subject of [system.owned, system.other]) {
    const seen = await lastRevision(system, subject);
    if ((await revisionOf(system, subject)) < seen) return false;
  }
  return true;
}

async function lastRevision({ store }: HungSystem, { session_id }: Subject): Promise<number> {
  return Number((await store.readLast(`session-${session_id}`))?.revision ?? -1);
}

async function rowRevision({ pool }: HungSystem, { session_id }: Subject): Promise<number> {
  const { rows } = await pool.query<{ revision: number }>(
    'SELECT revision::int FROM conversation_session WHERE session_id = $1',
    [session_id],
  );
  return rows[0]?.revision ?? -1;
}

async function contextRevision({ redis }: HungSystem, { session_id }: Subject): Promise<number> {
  return Number((await redis.hget(`ctx:{${session_id}}`, 'revision')) ?? -1);
}

async function isRecorded({ store, owned }: HungSystem, message: string): Promise<boolean> {
  for await (const { type, data } of store.read(`session-${owned.session_id}`))
    if (type === 'ExternalUpdateRecorded' && JSON.stringify(data).includes(message)) return true;
  return false;
}

/** Whether the agent has handled every update of its session. */
async function areHandled({ store, owned, handled }: HungSystem): Promise<boolean> {
  for await (const { type, revision } of store.read(`session-${owned.session_id}`, { from: 2 }))
    if (type === 'ExternalUpdateRecorded' && !handled.has(Number(revision))) return false;
  return true;
}
