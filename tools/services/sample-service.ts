import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, Kafka } from 'kafkajs';
import type { Outgoing } from '#messaging';
import {
  inquiryReplyType,
  inquiryRequestSchema,
  schemaError,
  Publisher,
  readCloudEvent,
  repliesTopic,
  requestsTopic,
  writeCloudEvent,
} from '#messaging';
import type { Answer } from './answers.ts';

/** How a service behaves, as shares from 0 to 1. */
export interface Behaviour {
  /** Mean time to an answer, in milliseconds; each takes half of it to half more. */
  readonly latencyMs: number;
  readonly failureRate: number;
  readonly duplicates: number;
  /** Requests that are never answered. */
  readonly silence: number;
  /** Requests answered only this long after the deadline, and their share. */
  readonly late: number;
  readonly lateMs: number;
}

export const wellBehaved: Behaviour = {
  latencyMs: 150,
  failureRate: 0,
  duplicates: 0,
  silence: 0,
  late: 0,
  lateMs: 1_000,
};

export interface ServiceOptions {
  readonly kafka: Kafka;
  readonly source: string;
  readonly answer: Answer;
  readonly behaviour: Behaviour;
  readonly random?: () => number;
  readonly onAnswer?: (line: string) => void;
}

interface RequestData {
  readonly inquiry_id: string;
  readonly session_id: string;
  readonly attempt: number;
  readonly deadline: string;
  readonly request: { readonly [field: string]: unknown };
}

/** A service that answers inquiries: it reads its topic of requests and writes to the one topic of replies. */
export class SampleService {
  /** What it sent, by kind: replies, duplicates, late ones, failures, and the requests it left alone. */
  readonly sent = { replies: 0, duplicates: 0, late: 0, failures: 0, silent: 0 };
  /** The ids of all replies, as the bridge knows them, and of those that were sent after the deadline. */
  readonly replyIds: string[] = [];
  readonly lateIds: string[] = [];
  /** What breaks the schema of requests. */
  readonly faults: string[] = [];
  /** Told when an answer is sent. */
  onSent: ((sessionId: string, at: number) => void) | undefined;
  private readonly publisher: Publisher;
  private readonly consumer: Consumer;
  private readonly pending = new Set<Promise<void>>();
  private outbox: Outgoing[] = [];
  private flushing: Promise<void> | undefined;

  constructor(private readonly options: ServiceOptions) {
    const { kafka, source } = options;
    this.publisher = new Publisher(kafka);
    this.consumer = kafka.consumer({ groupId: `sample-service.${source}`, maxWaitTimeInMs: 200 });
  }

  async start(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topic: requestsTopic(this.options.source), fromBeginning: false });
    await this.consumer.run({
      partitionsConsumedConcurrently: 8,
      eachMessage: async ({ message }) => {
        const work = this.reply(readCloudEvent(message).data as RequestData);
        this.pending.add(work);
        void work.finally(() => this.pending.delete(work));
      },
    });
  }

  async stop(): Promise<void> {
    await this.consumer.disconnect();
    await this.publisher.close();
  }

  /** Resolves when every answer that was begun is sent. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  private async reply(data: RequestData): Promise<void> {
    const { behaviour, source, random = Math.random, onAnswer } = this.options;
    const { latencyMs, failureRate, duplicates, silence, late, lateMs } = behaviour;
    const fault = schemaError(inquiryRequestSchema, data);
    if (fault !== undefined) this.faults.push(fault);
    const name = `${source} ${JSON.stringify(data.request)}`;
    const fate = random();
    if (fate < silence) {
      this.sent.silent += 1;
      onAnswer?.(`${name}: no answer`);
      return;
    }
    const isLate = fate < silence + late;
    const wait = isLate ? Date.parse(data.deadline) - Date.now() + lateMs : latencyMs * (0.5 + random());
    await sleep(Math.max(0, wait));
    const failed = random() < failureRate;
    const times = random() < duplicates ? 2 : 1;
    this.onSent?.(data.session_id, performance.timeOrigin + performance.now());
    for (let copy = 1; copy <= times; copy += 1) {
      const id = `${data.inquiry_id}:${data.attempt}:${copy}`;
      this.replyIds.push(`/${source}/${id}`);
      if (isLate) this.lateIds.push(`/${source}/${id}`);
      await this.send(this.message(data, failed, id));
    }
    this.count(failed, isLate, times);
    onAnswer?.(
      `${name}: ${failed ? 'failed' : 'answered'}${times > 1 ? ' twice' : ''}${isLate ? ', late' : ''}`,
    );
  }

  private count(failed: boolean, late: boolean, times: number): void {
    this.sent.replies += 1;
    if (failed) this.sent.failures += 1;
    if (late) this.sent.late += 1;
    this.sent.duplicates += times - 1;
  }

  private message(data: RequestData, failed: boolean, id: string): Outgoing {
    const { source, answer } = this.options;
    const { inquiry_id, session_id, attempt, request } = data;
    const found = failed ? undefined : answer(request);
    const reason = failed ? 'the database of the service is away' : 'unknown reference';
    const said = found ? { status: 'ok', data: found } : { status: 'failed', reason, retryable: failed };
    const event = {
      specversion: '1.0',
      id,
      source: `/${source}`,
      type: inquiryReplyType,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: { inquiry_id, session_id, source, attempt, ...said },
    } as const;
    return { topic: repliesTopic, ...writeCloudEvent(event, session_id) };
  }

  private async send(message: Outgoing): Promise<void> {
    this.outbox.push(message);
    this.flushing ??= this.flush();
    await this.flushing;
  }

  /** Sends what has piled up together. */
  private async flush(): Promise<void> {
    await sleep(1);
    this.flushing = undefined;
    const messages = this.outbox;
    this.outbox = [];
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.publisher.send(messages);
        return;
      } catch (error) {
        if (attempt === 60) throw error;
        await sleep(500);
      }
    }
  }
}
