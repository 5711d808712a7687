import { isMessageRefused, Publisher, redriven, topicFaultOf } from '#messaging';
import type { Found, Source } from './read.ts';

/** The result of redriving open letters. */
export interface Redriven {
  readonly sent: number;
  /** Skipped letters that do not hold their message: it remains only at its place, or it could not be unpacked. */
  readonly withoutMessage: number;
  /** Letters that Kafka refused, by topic. They stay open. */
  readonly refused: Readonly<Record<string, { readonly letters: number; readonly reason: string }>>;
}

/** Sends the messages of dead letters to their topics, independently for each topic. */
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

  /** Sends letters unchanged. @throws when Kafka refuses them */
  async send(letters: readonly Found[]): Promise<void> {
    await this.publisher.send(
      letters.map((item) => redriven(item.letter, { ...item, offset: String(item.offset) })),
    );
    this.sent += letters.length;
  }

  /** Sends a page of letters. @returns the sent ones. @throws when Kafka is unavailable */
  async sendPage(letters: readonly Found[]): Promise<readonly Found[]> {
    const messages = letters.filter(holdsMessage);
    this.withoutMessage += letters.length - messages.length;
    const byTopic = Map.groupBy(messages, ({ letter }) => letter.topic);
    const sent: Found[] = [];
    for (const [topic, these] of byTopic) sent.push(...(await this.sendTo(topic, these)));
    return sent;
  }

  /** Sends all together; when Kafka refuses one of them, one by one. */
  private async sendTo(topic: string, letters: readonly Found[]): Promise<readonly Found[]> {
    if (this.closed.has(topic)) {
      this.refuse(topic, letters.length);
      return [];
    }
    try {
      await this.send(letters);
      return letters;
    } catch (error) {
      const fault = topicFaultOf(error);
      if (fault !== undefined) this.closed.add(topic);
      else if (!isMessageRefused(error)) throw error;
      if (fault !== undefined || letters.length === 1) {
        this.refuse(topic, letters.length, fault ?? (error as Error).message);
        return [];
      }
    }
    const sent: Found[] = [];
    for (const letter of letters) sent.push(...(await this.sendTo(topic, [letter])));
    return sent;
  }

  private refuse(topic: string, count: number, reason = ''): void {
    const before = this.refused[topic];
    this.refused[topic] = { letters: (before?.letters ?? 0) + count, reason: before?.reason ?? reason };
  }

  close(): Promise<void> {
    return this.publisher.close();
  }
}

/** Whether a letter holds its message. */
export function holdsMessage({ letter: { reason, key, value, headers } }: Found): boolean {
  const isEmpty = key === null && value === null && Object.keys(headers).length === 0;
  return reason !== 'unreadable' && !isEmpty;
}
