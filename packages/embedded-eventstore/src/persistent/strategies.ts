import { originalOf } from '../store/records.ts';
import type { Consumer } from './consumer.ts';
import type { Message } from './messages.ts';
import type { Strategy } from './settings.ts';

/** Selects the consumer of a message. */
export interface ConsumerSelector {
  /** Undefined: the message must wait. */
  select(message: Message, consumers: readonly Consumer[]): Consumer | undefined;
  /** True when a waiting message blocks the messages after it. */
  readonly inOrder: boolean;
}

const roundRobin = (): ConsumerSelector => {
  let next = 0;
  return {
    inOrder: true,
    select: (_message, consumers) => {
      for (let i = 0; i < consumers.length; i++) {
        const consumer = consumers[(next + i) % consumers.length];
        if (consumer && consumer.availableSlots > 0) {
          next = (next + i + 1) % consumers.length;
          return consumer;
        }
      }
      return undefined;
    },
  };
};

const dispatchToSingle = (): ConsumerSelector => ({
  inOrder: true,
  select: (_message, consumers) => consumers.find(({ availableSlots }) => availableSlots > 0),
});

/** Events with the same key go to the same consumer while it is connected. */
const pinned = (keyOf: (message: Message) => string): ConsumerSelector => ({
  inOrder: false,
  select: (message, consumers) => {
    const key = keyOf(message);
    let best: Consumer | undefined;
    let bestWeight = -1;
    for (const consumer of consumers) {
      const weight = hash(`${key}\0${consumer.id}`);
      if (weight > bestWeight) {
        best = consumer;
        bestWeight = weight;
      }
    }
    return best && best.availableSlots > 0 ? best : undefined;
  },
});

/** FNV-1a with a final mix: 32 bits. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
};

const streamOf = ({ event }: Message): string => (event.event ?? originalOf(event)).stream;

const correlationOf = (message: Message): string => {
  const { event } = message.event;
  try {
    const metadata: unknown = event ? JSON.parse(event.meta.toString('utf8')) : undefined;
    if (typeof metadata === 'object' && metadata !== null && '$correlationId' in metadata) {
      return String(metadata.$correlationId);
    }
  } catch {
    // Not JSON: no correlation id.
  }
  return streamOf(message);
};

export const consumerSelector = (strategy: Strategy): ConsumerSelector => {
  if (strategy === 'RoundRobin') return roundRobin();
  if (strategy === 'DispatchToSingle') return dispatchToSingle();
  return pinned(strategy === 'Pinned' ? streamOf : correlationOf);
};
