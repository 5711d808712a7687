import type { Outgoing } from '#messaging';

/** A session that messages can refer to. */
export interface Subject {
  readonly session_id: string;
  readonly order_id: string;
  readonly partner_id: string;
}

/**
 * Kinds of poison, named by their dead letter reason; one of them, data nested too deep, has the reason
 * `schema_broken`.
 */
const poisons = [
  'not_json',
  'not_a_cloud_event',
  'unknown_type',
  'schema_broken',
  'refused',
  'too_deep',
] as const;
type Poison = (typeof poisons)[number];
/** Deep enough to be parsed but not serialised, and short enough for an event. */
const depth = 30_000;

export interface Plan {
  readonly messages: readonly Outgoing[];
  /** The events that must be in the streams: source event id and session. */
  readonly good: ReadonlyMap<string, string>;
  /** The values of the poisoned messages, with their reason in the dead letters. */
  readonly poison: ReadonlyMap<string, string>;
}

/** An event of another system, before it becomes a message. */
interface SystemEvent {
  readonly topic: string;
  readonly type: string;
  readonly key: string;
  readonly data: object;
}

/**
 * `count` messages about the subjects: 1 % are poisoned, every 50th of the others is sent twice, and every 200th is
 * followed by one whose order id does not fit into the index, so that it concerns no session.
 */
export function planMessages(run: string, subjects: readonly Subject[], count: number): Plan {
  const messages: Outgoing[] = [];
  const good = new Map<string, string>();
  const poison = new Map<string, string>();
  const lastGood = new Map<string, string>();
  for (let index = 0; messages.length < count; index += 1) {
    const subject = subjects[Math.floor(index / 4) % subjects.length] as Subject;
    const event = systemEventOf(index, subject);
    const name = `${event.topic} ${subject.session_id}`;
    const id = `${run}-${index}`;
    const earlier = lastGood.get(name);
    const block = Math.floor(index / 98);
    if (index % 98 === (block * 11) % 98) {
      const wanted = poisons[block % poisons.length] as Poison;
      const kind = wanted === 'refused' && earlier === undefined ? 'not_json' : wanted;
      const message = poisoned(kind, event, id, earlier ?? id);
      poison.set(String(message.value), kind === 'too_deep' ? 'schema_broken' : kind);
      messages.push(message);
      continue;
    }
    // Some have an unknown version: they are recorded as well.
    const dated = index % 40 === 7 ? { ...event, type: event.type.replace('.v1', '.v2') } : event;
    const message = index % 2 === 0 ? structured(dated, id) : binary(dated, id);
    messages.push(message);
    if (index % 50 === 49) messages.push(message);
    if (index % 200 === 100) messages.push(unconcerning(subject, `${id}-nobody`));
    good.set(`/scenario/${id}`, subject.session_id);
    if (dated === event) lastGood.set(name, id);
  }
  return { messages, good, poison };
}

function systemEventOf(index: number, { order_id, partner_id }: Subject): SystemEvent {
  switch (index % 4) {
    case 0: {
      const data = { order_id, status: `step ${index}` };
      return { topic: 'orders.events', type: 'orders.order_updated.v1', key: order_id, data };
    }
    case 1: {
      const data = { tracking_id: `T-${order_id}`, order_id, status: `step ${index}` };
      return { topic: 'logistics.events', type: 'logistics.shipment_updated.v1', key: order_id, data };
    }
    case 2: {
      const data = { payout_id: `PAY-${partner_id}`, partner_id, status: `step ${index}`, amount: index };
      return { topic: 'payments.events', type: 'payments.payout_updated.v1', key: partner_id, data };
    }
    default: {
      const data = { partner_id, step: `step ${index}` };
      return {
        topic: 'onboarding.events',
        type: 'onboarding.step_completed.v1',
        key: partner_id,
        data,
      };
    }
  }
}

function unconcerning({ order_id }: Subject, id: string): Outgoing {
  const data = { order_id: `${order_id}\0`, status: 'lost' };
  return structured({ topic: 'orders.events', type: 'orders.order_updated.v1', key: order_id, data }, id);
}

function structured({ topic, type, key, data }: SystemEvent, id: string): Outgoing {
  const cloudEvent = {
    specversion: '1.0',
    id,
    source: '/scenario',
    type,
    time: new Date().toISOString(),
    data,
  };
  return {
    topic,
    key,
    value: JSON.stringify(cloudEvent),
    headers: { 'content-type': 'application/cloudevents+json' },
  };
}

function binary({ topic, type, key, data }: SystemEvent, id: string): Outgoing {
  const identity = { ce_specversion: '1.0', ce_id: id, ce_source: '/scenario', ce_type: type };
  // Without a time it would get the time of recording, and count as newer than messages with a time that were sent
  // later.
  const attributes = { ...identity, ce_time: new Date().toISOString() };
  return {
    topic,
    key,
    value: JSON.stringify(data),
    headers: { 'content-type': 'application/json', ...attributes },
  };
}

function poisoned(kind: Poison, event: SystemEvent, id: string, earlier: string): Outgoing {
  const { topic, key, type, data } = event;
  switch (kind) {
    case 'not_json':
      return { topic, key, value: `{"id":"${id}", broken` };
    case 'not_a_cloud_event':
      return { topic, key, value: JSON.stringify({ id, note: 'no type, no source' }) };
    case 'unknown_type':
      return structured({ ...event, type: type.replace('.v1', '_secretly.v1') }, id);
    case 'schema_broken':
      return structured({ ...event, data: { nothing: 'that is required', id } }, id);
    case 'too_deep':
      return { ...binary(event, id), value: tooDeep(event, id) };
    case 'refused':
      return structured(
        { ...event, data: { ...data, status: 'another content', step: 'another content' } },
        earlier,
      );
    default:
      return kind satisfies never;
  }
}

function tooDeep({ data }: SystemEvent, id: string): string {
  return `${JSON.stringify({ id, ...data }).slice(0, -1)},"list":${'['.repeat(depth)}${']'.repeat(depth)}}`;
}
