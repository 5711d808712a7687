import type { Sender } from '../client/transport.ts';
import { Session } from '../client/session.ts';
import type { Frame } from './frame.ts';
import type { StreamEnd, Update, UpdateHandler } from './stream.ts';
import { AgentStream } from './stream.ts';

interface StreamsOptions {
  readonly transport: Sender;
  readonly send: (frame: Frame) => void;
  readonly onUpdate: UpdateHandler | undefined;
  readonly onError: (error: unknown, update: Update) => void;
}

/** How many ended sessions' last updates are remembered, so that none is shown twice. */
const maxRemembered = 10_000;

/** The sessions that an instance owns. */
export class Streams {
  private readonly streams = new Map<string, AgentStream>();
  private readonly lastHandled = new Map<string, number>();

  constructor(private readonly options: StreamsOptions) {}

  get all(): ReadonlyMap<string, AgentStream> {
    return this.streams;
  }

  /** What the next hello claims. */
  get claims(): readonly object[] {
    return [...this.streams.values()].map(({ sessionId, epoch, handledRevision }) => ({
      session_id: sessionId,
      epoch,
      after: handledRevision,
    }));
  }

  /** The stream of a session that the instance owns under this epoch; it is opened when there is none. */
  attach(sessionId: string, epoch: number, acknowledged: number): AgentStream {
    const known = this.streams.get(sessionId);
    known?.renew(epoch);
    return known ?? this.open(sessionId, epoch, acknowledged);
  }

  end(sessionId: string, reason: StreamEnd): void {
    const stream = this.streams.get(sessionId);
    this.streams.delete(sessionId);
    stream?.finish(reason);
  }

  endAll(reason: StreamEnd): void {
    for (const sessionId of this.streams.keys()) this.end(sessionId, reason);
  }

  private open(sessionId: string, epoch: number, acknowledged: number): AgentStream {
    const { transport, send, onUpdate, onError } = this.options;
    const session: Session = new Session(transport, sessionId, { epoch: () => stream.epoch });
    const stream = new AgentStream({
      session,
      epoch,
      after: Math.max(acknowledged, this.lastHandled.get(sessionId) ?? -1),
      acknowledge: (revision) => send({ type: 'ack', session_id: sessionId, revision }),
      detach: () => send({ type: 'detach', session_id: sessionId }),
      onHandled: (revision) => this.remember(sessionId, revision),
      onError,
    });
    this.streams.set(sessionId, stream);
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
