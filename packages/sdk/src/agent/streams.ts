import type { Sender } from '../client/transport.ts';
import { Session } from '../client/session.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { DetachRequests } from './detach-requests.ts';
import type { HandlerLimits, SkipReason, StreamEnd, UpdateHandler } from './stream.ts';
import type { Update } from './update.ts';
import { AgentStream } from './stream.ts';

interface StreamsOptions {
  readonly transport: Sender;
  readonly acknowledgements: Acknowledgements;
  readonly detaches: DetachRequests;
  readonly limits: HandlerLimits;
  readonly onUpdate: UpdateHandler | undefined;
  readonly onError: (error: unknown, update: Update) => void;
  readonly onSkipped: (update: Update, reason: SkipReason) => void;
}

/** For how many ended sessions the last update is remembered, so that none is delivered twice. */
const maxRemembered = 10_000;

/** The sessions that an instance owns. */
export class Streams {
  private readonly streams = new Map<string, AgentStream>();
  private readonly lastHandled = new Map<string, number>();
  /** Running handlers of ended streams. */
  private readonly running = new Map<string, Promise<void>>();
  private isPaused = false;

  constructor(private readonly options: StreamsOptions) {}

  get all(): ReadonlyMap<string, AgentStream> {
    return this.streams;
  }

  /** The sessions that the hello of a new connection claims. */
  claim(): readonly object[] {
    return [...this.streams.values()].map(({ sessionId, epoch, handledRevision }) => ({
      session_id: sessionId,
      epoch,
      after: this.options.acknowledgements.claim(sessionId, handledRevision),
    }));
  }

  /** The stream of a session that the instance owns under this epoch; opened if there is none. */
  attach(sessionId: string, epoch: number, acknowledged: number): AgentStream {
    this.options.acknowledgements.resumed(sessionId, acknowledged);
    const known = this.streams.get(sessionId);
    known?.renew(epoch);
    return known ?? this.open(sessionId, epoch, acknowledged);
  }

  end(sessionId: string, reason: StreamEnd): void {
    const stream = this.streams.get(sessionId);
    if (stream === undefined) return;
    this.streams.delete(sessionId);
    this.keepRunning(stream);
    stream.finish(reason);
    this.options.detaches.settle(sessionId);
    this.options.acknowledgements.forget(sessionId);
  }

  endAll(reason: StreamEnd): void {
    for (const sessionId of this.streams.keys()) this.end(sessionId, reason);
  }

  /** Starts no more handlers. */
  pause(): void {
    this.isPaused = true;
    for (const stream of this.streams.values()) stream.pause();
  }

  /** Resolves when the running handlers are done. */
  async whenIdle(): Promise<void> {
    const running = [...this.streams.values()].map((stream) => stream.running);
    await Promise.all([...running, ...this.running.values()]);
  }

  /** The next stream of the session waits for its handler. */
  private keepRunning({ sessionId, running }: AgentStream): void {
    if (running === undefined) return;
    const all = Promise.all([this.running.get(sessionId), running]).then(() => {
      if (this.running.get(sessionId) === all) this.running.delete(sessionId);
      return undefined;
    });
    this.running.set(sessionId, all);
  }

  private open(sessionId: string, epoch: number, acknowledged: number): AgentStream {
    const { transport, acknowledgements, detaches, limits, onUpdate, onError, onSkipped } = this.options;
    const session: Session = new Session(transport, sessionId, { epoch: () => stream.epoch });
    const stream = new AgentStream({
      session,
      epoch,
      after: Math.max(acknowledged, this.lastHandled.get(sessionId) ?? -1),
      earlier: this.running.get(sessionId),
      limits,
      handledUpTo: () => this.lastHandled.get(sessionId) ?? -1,
      acknowledge: (revision, skipped) => acknowledgements.acknowledge(sessionId, revision, skipped),
      detach: (ended) => detaches.request(sessionId, ended),
      onHandled: (revision) => this.remember(sessionId, revision),
      onError,
      onSkipped,
    });
    this.streams.set(sessionId, stream);
    if (this.isPaused) stream.pause();
    if (onUpdate) stream.onUpdate(onUpdate);
    return stream;
  }

  private remember(sessionId: string, revision: number): void {
    this.lastHandled.delete(sessionId);
    this.lastHandled.set(sessionId, revision);
    if (this.lastHandled.size <= maxRemembered) return;
    const oldest = this.lastHandled.keys().next();
    if (oldest.done !== true) this.lastHandled.delete(oldest.value);
  }
}
