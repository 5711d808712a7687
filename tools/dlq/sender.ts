import type { Outgoing } from '#messaging';
import { isMessageRefused, LeaderMissingError, Publisher, redriven, topicFaultOf } from '#messaging';
import type { Found, Source } from './read.ts';

/** The result of redriving open letters. */
export interface Redriven {
  readonly sent: number;
  /** Skipped letters that do not hold their message: it remains only at its place, or it could not be unpacked. */
  readonly withoutMessage: number;
  /** Letters that Kafka refused, by topic. They stay open. */
  readonly refused: Readonly<Record<string, { readonly letters: number; readonly reason: string }>>;
}

/** The letters that Kafka has, and why it does not have the others, unless it refused them. */
export interface Sent {
  readonly sent: readonly Found[];
  readonly failure?: unknown;
}

/** Sends the messages of dead letters to their topics. A topic that is missing or forbidden does not hold up the others; a missing leader does. */
export class LetterSender {
  private readonly publisher: Publisher;
  private withoutMessage = 0;
  private sent = 0;
  private readonly refused: Record<string, { letters: number; reason: string }> = {};
  /** The topics that refuse all messages. */
  private readonly closed = new Set<string>();

  constructor({ kafka }: Pick<Source, 'kafka'>) {
    this.publisher = new Publisher(kafka, 'gzip');
  }

  get result(): Redriven {
    const { sent, withoutMessage, refused } = this;
    return { sent, withoutMessage, refused };
  }

  /** Sends letters unchanged. */
  async send(letters: readonly Found[]): Promise<Sent> {
    const messages = letters.map((item) => redriven(item.letter, { ...item, offset: String(item.offset) }));
    const result = await this.publisher.send(messages).then(
      () => ({ sent: letters }),
      (failure: unknown) => {
        if (!(failure instanceof LeaderMissingError)) return { sent: [], failure };
        const unsent = new Set<Outgoing | undefined>(failure.unsent);
        return { sent: letters.filter((_, index) => !unsent.has(messages[index])), failure };
      },
    );
    this.sent += result.sent.length;
    return result;
  }

  /** Sends a page of letters. */
  async sendPage(letters: readonly Found[]): Promise<Sent> {
    const messages = letters.filter(holdsMessage);
    this.withoutMessage += letters.length - messages.length;
    const byTopic = Map.groupBy(messages, ({ letter }) => letter.topic);
    return untilFailure([...byTopic], ([topic, these]) => this.sendTo(topic, these));
  }

  /** Sends all together; when Kafka refuses one of them, one by one. */
  private async sendTo(topic: string, letters: readonly Found[]): Promise<Sent> {
    if (this.closed.has(topic)) {
      this.refuse(topic, letters.length);
      return { sent: [] };
    }
    const result = await this.send(letters);
    const { failure } = result;
    if (failure === undefined) return result;
    const fault = topicFaultOf(failure);
    if (fault !== undefined) this.closed.add(topic);
    else if (!isMessageRefused(failure)) return result;
    if (fault !== undefined || letters.length === 1) {
      this.refuse(topic, letters.length, fault ?? (failure as Error).message);
      return { sent: [] };
    }
    return untilFailure(letters, (letter) => this.sendTo(topic, [letter]));
  }

  private refuse(topic: string, count: number, reason = ''): void {
    const before = this.refused[topic];
    this.refused[topic] = { letters: (before?.letters ?? 0) + count, reason: before?.reason ?? reason };
  }

  close(): Promise<void> {
    return this.publisher.close();
  }
}

async function untilFailure<T>(items: readonly T[], send: (item: T) => Promise<Sent>): Promise<Sent> {
  const all: Found[] = [];
  for (const item of items) {
    const { sent, failure } = await send(item);
    all.push(...sent);
    if (failure !== undefined) return { sent: all, failure };
  }
  return { sent: all };
}

/** Whether a letter holds its message. */
export function holdsMessage({ letter: { reason, key, value, headers } }: Found): boolean {
  const isEmpty = key === null && value === null && Object.keys(headers).length === 0;
  return reason !== 'unreadable' && !isEmpty;
}
