import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { CommandRejectedError } from '#sessions';
import { isUnavailable } from '#platform';
import { ContextStore } from '#read-models';
import { AgentCommands } from '../agent-commands.ts';
import type { Connection } from '../gateway/connection.ts';
import { closeCodes } from '../gateway/connection.ts';
import { UpdateDispatcher } from '../delivery/update-dispatcher.ts';
import { SessionAssignment } from '../gateway/session-assignment.ts';
import { Recovery, sweepMs } from './recovery.ts';
import type { Waiting } from './registry.ts';

/** Milliseconds between two rounds of each kind of work. */
const rounds = { acknowledge: 50, renew: 250, tick: 250, look: 1_000 };
/** Sessions moved in one call of the registry. */
const movedAtOnce = 200;
/** All sessions are looked at in this many rounds: whether their stream has grown without a wake. */
const lookRounds = 20;

/** What has to be done again and again: leases, failures, lost wakes. Every node does it; the registry's scripts arbitrate. */
@Injectable()
export class AgentMaintenance implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly timers: NodeJS.Timeout[] = [];
  private looked: Iterator<string> | undefined;
  private away = false;
  private backAt = 0;

  constructor(
    private readonly hub: UpdateDispatcher,
    private readonly membership: SessionAssignment,
    private readonly commands: AgentCommands,
    private readonly contexts: ContextStore,
    private readonly recovery: Recovery,
  ) {
    hub.engines.onNode = (message) => this.onNode(message);
    hub.engines.onBack = () => {
      this.backAt = Date.now();
      void this.guarded(() => this.registerAll());
    };
  }

  onApplicationBootstrap(): void {
    this.every(rounds.acknowledge, async () => this.hub.acknowledger.flushDue(Date.now()));
    this.every(rounds.renew, () => this.renew());
    this.every(rounds.tick, () => this.tick());
    this.every(rounds.look, () => this.look());
    this.every(sweepMs, () => this.recovery.sweep());
    const { leaseMs } = this.hub.engines.options;
    this.every(leaseMs / 2, async () => this.checkReaders(leaseMs));
  }

  /** Sends the instances to other nodes: what they hold, they hold on to. */
  beforeApplicationShutdown(): void {
    for (const timer of this.timers) clearInterval(timer);
    for (const { socket } of this.hub.connections) socket.close(closeCodes.restarting, 'restarting');
    for (const connection of this.hub.connections) this.hub.close(connection);
    this.hub.engines.wakes.close();
  }

  private every(ms: number, work: () => Promise<void>): void {
    let running = false;
    const round = async (): Promise<void> => {
      if (running) return;
      running = true;
      await this.guarded(work);
      running = false;
    };
    this.timers.push(setInterval(() => void round(), ms));
  }

  /** A round that fails is done again with the next one. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.away = false;
    } catch (err) {
      if (!this.away) this.hub.engines.logger.warn({ err }, 'a round of the agents’ registry failed');
      this.away = isUnavailable(err);
    }
  }

  private onNode(message: string): void {
    const [type, instance = '', third = '', epoch] = message.split(' ');
    const connection = this.hub.members.get(instance);
    if (!connection) return;
    if (type === 'assign') {
      const held = { session_id: third, epoch: Number(epoch) };
      void this.guarded(() => this.membership.assume(connection, held));
    } else if (type === 'superseded' && connection.member.conn === third) {
      this.hub.supersede(connection);
    }
  }

  private async registerAll(): Promise<void> {
    for (const connection of this.hub.connections)
      if (connection.isKnown) await this.membership.register(connection);
  }

  private async renew(): Promise<void> {
    const { registry, options } = this.hub.engines;
    const now = Date.now();
    const heard: { connection: Connection; member: Connection['member']; leftMs: number }[] = [];
    for (const connection of this.hub.connections) {
      const { member, lastHeard, renewed } = connection;
      const leftMs = lastHeard + options.leaseMs - now;
      if (leftMs <= 0) {
        connection.socket.close(closeCodes.leaseOver, 'no heartbeat');
        connection.socket.terminate();
        this.hub.close(connection);
      } else if (connection.isKnown && lastHeard > renewed) {
        heard.push({ connection, member, leftMs });
      }
    }
    if (heard.length === 0) return;
    const counts = await registry.renew(heard);
    for (const [index, { connection }] of heard.entries()) {
      connection.renewed = now;
      await this.compare(connection, counts[index] ?? -1);
    }
  }

  private async compare(connection: Connection, count: number): Promise<void> {
    if (count === -2) {
      this.hub.supersede(connection);
    } else if (count === -1) {
      await this.membership.register(connection);
    } else if (count === connection.attachments.size) {
      connection.mismatches = 0;
    } else {
      connection.mismatches += 1;
      if (connection.mismatches > 2) await this.reconcile(connection);
    }
  }

  /** The registry and the streams' holders differ: sessions were given to the instance, or taken, unheard. */
  private async reconcile(connection: Connection): Promise<void> {
    connection.mismatches = 0;
    const { registry } = this.hub.engines;
    const held = await registry.held(connection.member.instance);
    for (const item of held) await this.membership.assume(connection, item);
    const known = new Set(held.map(({ session_id }) => session_id));
    for (const attachment of connection.attachments.values()) {
      if (known.has(attachment.sessionId)) continue;
      if (!connection.draining)
        await registry.attach(attachment.sessionId, connection.member, attachment.epoch);
      this.hub.readAgain(attachment);
    }
  }

  private async tick(): Promise<void> {
    const { registry, options } = this.hub.engines;
    // While Redis was away no lease was renewed: whoever lives has time to say so.
    if (Date.now() - this.backAt < options.leaseMs / 2) return;
    const { complete, waiting } = await registry.tick(movedAtOnce);
    await Promise.all(waiting.map((item) => this.detachDead(item)));
    if (options.unansweredHandoffS > 0) await this.askForHandoffs(options.unansweredHandoffS * 1_000);
    if (!complete) await this.recovery.run();
  }

  /** Nobody takes the session: from now on the stream says so too, and refuses what the one before still sends. */
  private async detachDead({ session_id, instance, epoch }: Waiting): Promise<void> {
    await this.commands
      .detach(session_id, { instance, epoch }, 'lease_expired', true)
      .catch((error: unknown) => {
        if (!(error instanceof CommandRejectedError)) throw error;
      });
  }

  private async askForHandoffs(afterMs: number): Promise<void> {
    const { registry } = this.hub.engines;
    const before = Date.now() - afterMs;
    for (const sessionId of await registry.unanswered(before, movedAtOnce)) {
      await this.askForHandoff(sessionId, `waiting:${(await registry.session(sessionId))?.epoch ?? 0}`);
      await registry.answered(sessionId);
    }
    for (const attachment of this.hub.attachments.values()) {
      const oldest = attachment.oldestUnacknowledged;
      if (oldest === undefined || oldest > before || attachment.handoffAsked) continue;
      attachment.handoffAsked = true;
      await this.askForHandoff(attachment.sessionId, `unanswered:${attachment.epoch}`);
    }
  }

  private async askForHandoff(sessionId: string, id: string): Promise<void> {
    await this.commands.requestHandoff(sessionId, 'no agent answers', id).catch((error: unknown) => {
      if (!(error instanceof CommandRejectedError)) throw error;
    });
  }

  /** Compares what was read with the contexts, a share of the sessions each time: a wake may have been lost. */
  private async look(): Promise<void> {
    const share = Math.ceil(this.hub.attachments.size / lookRounds);
    const ids: string[] = [];
    while (ids.length < share) {
      this.looked ??= this.hub.attachments.keys();
      const { value, done } = this.looked.next();
      if (done === true) {
        this.looked = undefined;
        break;
      }
      ids.push(value);
    }
    if (ids.length === 0) return;
    const revisions = await this.contexts.revisions(ids);
    for (const [index, id] of ids.entries()) {
      const attachment = this.hub.attachments.get(id);
      if (attachment && (revisions[index] ?? -1) > attachment.read) this.hub.readAgain(attachment);
    }
  }

  /** An instance that owes an answer must at least answer a ping, which needs no more than that it reads. */
  private checkReaders(leaseMs: number): void {
    const now = Date.now();
    for (const connection of this.hub.connections) {
      if (connection.pinged !== undefined) {
        if (now - connection.pinged > leaseMs) connection.cutOff();
      } else if (connection.isOpen && connection.owes) {
        connection.pinged = now;
        connection.socket.ping();
      }
    }
  }
}
