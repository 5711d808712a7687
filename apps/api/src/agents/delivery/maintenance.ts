import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Logger } from '#platform';
import { Config, InjectLogger, RedisBreaker } from '#platform';
import { ContextStore } from '#read-models';
import { AgentCommands } from '../common/agent-commands.ts';
import { BackgroundWork } from '../common/background-work.ts';
import { UpdateDispatcher } from './update-dispatcher.ts';

/** Milliseconds between two runs of each task. */
const every = { acks: 50, handoffs: 250, compare: 1_000 };
/** One comparison of all sessions with their contexts is spread over this many runs. */
const compareRuns = 20;
/** Additional sessions read per run while Redis does not answer. */
const readsWithoutRedis = 100;

/** The periodic tasks of delivery: outstanding acknowledgements, lost notifications, unanswered updates. */
@Injectable()
export class DeliveryMaintenance implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly work: BackgroundWork;
  private next: Iterator<string> | undefined;

  constructor(
    private readonly dispatcher: UpdateDispatcher,
    private readonly commands: AgentCommands,
    private readonly contexts: ContextStore,
    private readonly breaker: RedisBreaker,
    private readonly config: Config,
    @InjectLogger() logger: Logger,
  ) {
    this.work = new BackgroundWork(logger);
  }

  onApplicationBootstrap(): void {
    this.work.every(every.acks, () => this.dispatcher.flushAcks());
    this.work.every(every.compare, () => this.compare());
    if (this.config.unansweredHandoffS > 0) this.work.every(every.handoffs, () => this.requestHandoffs());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.work.stop();
  }

  /**
   * Reads the sessions whose context is ahead of the last revision read, a share of them each time: a notification
   * was lost. While Redis does not answer there are neither notifications nor contexts; then some sessions are read
   * without a comparison.
   */
  private async compare(): Promise<void> {
    const ids = this.nextIds(Math.ceil(this.dispatcher.size / compareRuns));
    if (ids.length === 0) return;
    const revisions = await this.breaker.run(() => this.contexts.revisions(ids)).catch(() => undefined);
    if (revisions === undefined) {
      for (const id of [...ids, ...this.nextIds(readsWithoutRedis)]) this.dispatcher.get(id)?.readAgain();
      return;
    }
    for (const [index, id] of ids.entries()) {
      const attachment = this.dispatcher.get(id);
      if (attachment && (revisions[index] ?? -1) > attachment.position) attachment.readAgain();
    }
  }

  private nextIds(count: number): string[] {
    const ids: string[] = [];
    while (ids.length < count) {
      this.next ??= this.dispatcher.sessionIds();
      const { value, done } = this.next.next();
      if (done === true) {
        this.next = undefined;
        break;
      }
      ids.push(value);
    }
    return ids;
  }

  private async requestHandoffs(): Promise<void> {
    const before = Date.now() - this.config.unansweredHandoffS * 1_000;
    for (const attachment of this.dispatcher.all()) {
      if (!attachment.needsHandoff(before)) continue;
      if (await this.commands.requestHandoff(attachment.sessionId, `unanswered:${attachment.epoch}`))
        attachment.markHandoffRequested();
    }
  }
}
