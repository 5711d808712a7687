import { sleep } from '#platform';
import type { Sending } from './kafka-flows.ts';

/** A message that is not yet published. */
export interface Waiting extends Sending {
  readonly position: bigint;
  /** The position of the event before it; null: there is none. */
  readonly previous: bigint | null;
  /** When it was received, by `performance.now()`. */
  readonly since: number;
}

interface Flow {
  readonly waiting: Waiting[];
  bytes: number;
  /** The position of the last message that it accepted. */
  last: bigint | undefined;
  /** Set when the flow accepts no more messages: those after this position have to be read again. */
  leftAt: bigint | undefined;
  room: (() => void) | undefined;
}

/** Maximum messages waiting, in all flows. */
const capacity = 2_000;
/** A flow is stuck when its first message has waited this long (ms). */
const stuckMs = 2_000;

/** The messages of one partition of the sessions that wait for Kafka, by flow. Each flow has an equal share of the capacity. */
export class WaitingMessages {
  private readonly flows: readonly Flow[];
  private readonly most: number;
  private readonly mostBytes: number;

  constructor(flows: number, bytes: number) {
    this.flows = Array.from({ length: flows }, () => ({
      waiting: [],
      bytes: 0,
      last: undefined,
      leftAt: undefined,
      room: undefined,
    }));
    this.most = Math.max(1, capacity / flows);
    this.mostBytes = bytes / flows;
  }

  get count(): number {
    return this.flows.reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  get bytes(): number {
    return this.flows.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The last position before the first unpublished message; undefined: everything is published. */
  get before(): bigint | null | undefined {
    let least: bigint | null | undefined;
    for (const { waiting, leftAt } of this.flows) {
      const [first] = waiting;
      const before = first === undefined ? leftAt : first.previous;
      if (before === null) return null;
      if (before !== undefined && (least === undefined || least === null || before < least)) least = before;
    }
    return least;
  }

  /** Whether a flow accepts the message at a position: none that it accepted before, and none while it is stuck. */
  takes(flow: number, position: bigint): boolean {
    const { last, leftAt } = this.flow(flow);
    return leftAt === undefined && (last === undefined || position > last);
  }

  add(flow: number, item: Waiting): void {
    const own = this.flow(flow);
    own.waiting.push(item);
    own.bytes += sizeOf(item);
    own.last = item.position;
  }

  /** Removes the first message of a flow, which was sent. */
  sent(flow: number): 'to be read again' | 'done' {
    const own = this.flow(flow);
    const item = own.waiting.shift();
    if (item !== undefined) own.bytes -= sizeOf(item);
    own.room?.();
    return own.leftAt !== undefined && own.waiting.length === 0 ? 'to be read again' : 'done';
  }

  /** Lets stuck flows that have sent all their messages accept new ones. */
  takeAgain(): void {
    for (const flow of this.flows) if (flow.waiting.length === 0) flow.leftAt = undefined;
  }

  /** Waits until a flow has room for the next message. A flow that is stuck while others are not accepts no more messages: `left`. */
  async untilRoom(flow: number, signal: AbortSignal): Promise<'room' | 'left'> {
    const own = this.flow(flow);
    while ((own.waiting.length >= this.most || own.bytes >= this.mostBytes) && !signal.aborted) {
      if (isStuck(own) && !this.flows.every(isStuck)) {
        own.leftAt = own.last;
        return 'left';
      }
      const room = new AbortController();
      own.room = () => room.abort();
      await sleep(stuckMs / 4, AbortSignal.any([room.signal, signal]));
    }
    own.room = undefined;
    return 'room';
  }

  private flow(number: number): Flow {
    const flow = this.flows[number];
    if (flow === undefined) throw new Error(`There is no flow ${number}.`);
    return flow;
  }
}

function isStuck({ waiting: [first] }: Flow): boolean {
  return first !== undefined && performance.now() - first.since > stuckMs;
}

function sizeOf({ message }: Waiting): number {
  return message.value?.length ?? 0;
}
