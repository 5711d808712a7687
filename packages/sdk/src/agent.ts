import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Attaches, errorOf, unavailable } from './agent-attaches.ts';
import type { Frame } from './agent-socket.ts';
import { AgentSocket } from './agent-socket.ts';
import type { StreamEnd, Update, UpdateHandler } from './agent-stream.ts';
import { AgentStream } from './agent-stream.ts';
import { AgentTransport } from './agent-transport.ts';
import { deferred } from './deferred.ts';
import { Session } from './session.ts';

export interface AgentOptions {
  /** Address of the api, as `http://127.0.0.1:3000`, or those of its nodes: then it goes to the next when one is away. */
  readonly url: string | readonly string[];
  /** Instances of one pool take over each other's sessions. */
  readonly pool: string;
  /** How many sessions this instance takes, 1 to 10,000. Default 100. */
  readonly capacity?: number;
  /** Names this process, unlike any other that runs; it is also the Agent-Id of its commands. Default: a new one. */
  readonly instance?: string;
  /** Deals with the updates of all sessions that have no handler of their own. */
  readonly onUpdate?: UpdateHandler;
  /** Told of a session that came without being asked for: its instance was gone, or hands over. */
  readonly onTakeover?: (stream: AgentStream) => void;
  /** Told of errors of handlers; each such update comes again after a pause. Default: written to stderr. */
  readonly onError?: (error: unknown, update: Update | undefined) => void;
  /** Deliver the instance's own events too. Default false. */
  readonly echo?: boolean;
  /** On SIGTERM hand the sessions over, then end the process if nobody else listens for the signal. Default true. */
  readonly drainOnSigterm?: boolean;
  /** Longest wait for one attempt of a request, and for an attach, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** How long a request, and the first connection, is tried while the system is away, in milliseconds. Default 30,000. */
  readonly retryForMs?: number;
}

/** How many sessions' last updates are remembered after they were given up, so that none is shown twice. */
const remembered = 10_000;
const drainMs = 10_000;

/**
 * Connects an agent instance; resolves once the api knows it. It comes back by itself whenever the connection breaks.
 * @throws InvalidRequest when the instance, pool or capacity is not valid, AgentReplaced when another process has
 * connected with the same instance id since, Unavailable when no api is there for `retryForMs`
 */
export async function connectAgent(options: AgentOptions): Promise<Agent> {
  const agent = new Agent(options);
  const { url, retryForMs = 30_000 } = options;
  const late = deferred<void>();
  const detail = `No api at ${[url].flat().join(', ')} has taken the agent for ${retryForMs} ms.`;
  const timer = setTimeout(() => late.reject(unavailable(detail)), retryForMs);
  try {
    await Promise.race([agent.ready, late.promise]);
  } catch (error) {
    await agent.close({ drain: false });
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return agent;
}

/** A name that no other process has. */
function instanceOf(pool: string): string {
  const place = `${pool}-${hostname()}`.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, 100);
  return `${place}-${process.pid}-${randomUUID().slice(0, 8)}`;
}

/** An agent instance: holds sessions, gets what others did in them, and hands them over when it goes. */
export class Agent {
  readonly instance: string;
  /** The sessions that it holds, by id. */
  readonly streams: Map<string, AgentStream> = new Map();
  /** Resolves when the api knows the instance; rejects when it does not take it. */
  readonly ready: Promise<void>;
  private readonly transport: AgentTransport;
  private readonly socket: AgentSocket;
  private readonly attaches: Attaches;
  private readonly known = deferred<void>();
  private readonly onError: (error: unknown, update: Update | undefined) => void;
  private readonly handled = new Map<string, number>();
  private drained: (() => void) | undefined;
  private isKnown = false;
  /** Why the connection ends, in full: the reason of a close is cut off. */
  private fault: string | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: AgentOptions) {
    const { url, pool, timeoutMs = 10_000, retryForMs = 30_000 } = options;
    const urls = typeof url === 'string' ? [url] : url;
    this.instance = options.instance ?? instanceOf(pool);
    this.transport = new AgentTransport({ urls, agentId: this.instance, timeoutMs, retryForMs });
    this.onError = options.onError ?? ((error) => process.stderr.write(`${String(error)}\n`));
    this.ready = this.known.promise;
    this.ready.catch(() => undefined);
    this.attaches = new Attaches((frame) => this.socket.send(frame), timeoutMs);
    this.socket = new AgentSocket({
      urls,
      hello: () => this.hello(),
      onFrame: (frame) => this.onFrame(frame),
      onConnected: (connected) => {
        this.transport.prefer(connected);
        this.attaches.sendAgain();
        this.isKnown = true;
        this.known.resolve();
      },
      onSuperseded: () => {
        const detail = `Another process is connected as ${this.instance}.`;
        this.lose('replaced', errorOf({ code: 'agent_replaced', detail }));
      },
      onRefused: (reason) => {
        const error = errorOf({ code: 'bad_frame', detail: this.fault ?? reason });
        // Before that, `ready` tells it.
        if (this.isKnown) this.onError(error, undefined);
        this.lose('closed', error);
      },
    });
    this.socket.connect();
    if (options.drainOnSigterm ?? true) process.on('SIGTERM', this.onSigterm);
  }

  /**
   * Takes a session, from whoever holds it. `after`: the last revision that is known here; left out, updates come from
   * where the holder before acknowledged them, of a session that had none from now on.
   * @throws SessionNotFound, CommandNotAllowed when it is over or `at_capacity`, AgentReplaced when another instance was
   * faster, Unavailable when there is no answer for `timeoutMs`
   */
  attach(sessionId: string, { after }: { after?: number } = {}): Promise<AgentStream> {
    return this.attaches.ask(sessionId, after);
  }

  /** Hands all sessions over to other instances of the pool; resolves when they are gone, or after 10 s. */
  async drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, drainMs);
      this.drained = () => {
        clearTimeout(late);
        resolve();
      };
      this.socket.send({ type: 'drain' });
    });
  }

  /** Drains, unless told not to, and ends the connection. */
  close({ drain = true }: { readonly drain?: boolean } = {}): Promise<void> {
    this.closing ??= this.end(drain);
    return this.closing;
  }

  private async end(drain: boolean): Promise<void> {
    process.off('SIGTERM', this.onSigterm);
    if (drain && this.streams.size > 0) await this.drain();
    await this.socket.close();
    this.lose('closed', new Error('The agent is closed.'));
    await this.transport.close();
  }

  private readonly onSigterm = (): void => {
    void this.close().then(() => {
      if (process.listenerCount('SIGTERM') === 0) process.exit(0);
      return undefined;
    });
  };

  private hello(): Frame {
    const { pool, capacity = 100, echo = false } = this.options;
    const resume = [...this.streams.values()].map(({ sessionId, epoch, handledRevision }) => ({
      session_id: sessionId,
      epoch,
      after: handledRevision,
    }));
    return { type: 'hello', instance: this.instance, pool, capacity, echo, resume, attempt: Date.now() };
  }

  private onFrame(frame: Frame): void {
    const sessionId = String(frame['session_id']);
    const stream = this.streams.get(sessionId);
    if (frame.type === 'update') stream?.receive(frame as Frame & Update);
    else if (frame.type === 'attached') this.attached(sessionId, frame);
    else if (frame.type === 'detached') this.detached(sessionId, frame);
    else if (frame.type === 'drained') this.drained?.();
    else if (frame.type === 'error') this.failed(frame);
  }

  private attached(sessionId: string, frame: Frame): void {
    const epoch = Number(frame['epoch']);
    let stream = this.streams.get(sessionId);
    const fresh = stream === undefined;
    if (stream) stream.renew(epoch);
    else stream = this.open(sessionId, epoch, Number(frame['acknowledged']));
    if (this.attaches.resolve(sessionId, stream)) return;
    if (frame['reason'] === 'takeover') this.options.onTakeover?.(stream);
    // Nobody waits for it any more: it came too late.
    else if (fresh && frame['reason'] === 'requested')
      this.socket.send({ type: 'detach', session_id: sessionId });
  }

  private detached(sessionId: string, frame: Frame): void {
    const epoch = this.streams.get(sessionId)?.epoch;
    const { reason } = frame;
    if (epoch !== undefined && (frame['epoch'] === epoch || reason === 'not_attached')) {
      this.finish(sessionId, reason === 'not_attached' ? 'requested' : (reason as StreamEnd));
    } else if (reason === 'replaced') {
      const detail = 'Another instance took the session at the same time.';
      this.attaches.reject(sessionId, errorOf({ ...frame, code: 'agent_replaced', detail }));
    }
  }

  private open(sessionId: string, epoch: number, acknowledged: number): AgentStream {
    const after = Math.max(acknowledged, this.handled.get(sessionId) ?? -1);
    const session: Session = new Session(this.transport, sessionId, -1, undefined, () => stream.epoch);
    const stream = new AgentStream(
      sessionId,
      session,
      { epoch, after },
      {
        acknowledge: (revision) => this.socket.send({ type: 'ack', session_id: sessionId, revision }),
        detach: () => this.socket.send({ type: 'detach', session_id: sessionId }),
        onHandled: (revision) => this.remember(sessionId, revision),
        onError: this.onError,
      },
    );
    this.streams.set(sessionId, stream);
    if (this.options.onUpdate) stream.onUpdate(this.options.onUpdate);
    return stream;
  }

  private remember(sessionId: string, revision: number): void {
    this.handled.delete(sessionId);
    this.handled.set(sessionId, revision);
    if (this.handled.size <= remembered) return;
    const oldest = this.handled.keys().next();
    if (oldest.done !== true) this.handled.delete(oldest.value);
  }

  private finish(sessionId: string, reason: StreamEnd): void {
    const stream = this.streams.get(sessionId);
    this.streams.delete(sessionId);
    stream?.finish(reason);
  }

  /** The connection is over for good. */
  private lose(reason: StreamEnd, error: Error): void {
    for (const sessionId of this.streams.keys()) this.finish(sessionId, reason);
    this.attaches.rejectAll(error);
    this.known.reject(error);
  }

  private failed(frame: Frame): void {
    // The connection ends for it.
    if (frame['code'] === 'bad_frame') this.fault = String(frame['detail']);
    else if (!this.attaches.refused(frame)) this.onError(errorOf(frame), undefined);
  }
}
