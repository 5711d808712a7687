import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { deferred } from '../client/deferred.ts';
import { AttachRequests } from './attach-requests.ts';
import { errorFrom, noAnswer } from './errors.ts';
import type { Frame } from './frame.ts';
import type { AgentOptions } from './options.ts';
import { ReconnectingSocket } from './socket.ts';
import type { AgentStream, StreamEnd, Update } from './stream.ts';
import { Streams } from './streams.ts';
import { FailoverTransport } from './transport.ts';

const drainMs = 10_000;

/**
 * Connects an agent instance; resolves once the API knows it. It reconnects automatically.
 * @throws InvalidRequest when the instance, pool or capacity is not valid, AgentReplaced when another process has
 * connected with the same instance id since, Unavailable when no API is available for `retryForMs`
 */
export async function connectAgent(options: AgentOptions): Promise<Agent> {
  const agent = new Agent(options);
  const { url, retryForMs = 30_000 } = options;
  const late = deferred<void>();
  const detail = `No API at ${[url].flat().join(', ')} accepted the agent for ${retryForMs} ms.`;
  const timeout = setTimeout(() => late.reject(noAnswer(detail)), retryForMs);
  try {
    await Promise.race([agent.ready, late.promise]);
  } catch (error) {
    await agent.close({ drain: false });
    throw error;
  } finally {
    clearTimeout(timeout);
  }
  return agent;
}

/** A name that no other process has. */
function uniqueInstance(pool: string): string {
  const place = `${pool}-${hostname()}`.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, 100);
  return `${place}-${process.pid}-${randomUUID().slice(0, 8)}`;
}

/** An agent instance: owns sessions, receives what others do in them, and hands them over when it closes. */
export class Agent {
  /** Unique name of this process. */
  readonly instance: string;
  /** Resolves when the API knows the instance; rejects when the API refuses it. */
  readonly ready: Promise<void>;
  private readonly connected = deferred<void>();
  private readonly transport: FailoverTransport;
  private readonly socket: ReconnectingSocket;
  private readonly requests: AttachRequests;
  private readonly attachments: Streams;
  private readonly onError: (error: unknown, update: Update | undefined) => void;
  private onDrained: (() => void) | undefined;
  private isReady = false;
  /** Why the API ends the connection, in full: the reason of a close event is cut off. */
  private refusal: string | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: AgentOptions) {
    const { url, pool, onUpdate, timeoutMs = 10_000, retryForMs = 30_000 } = options;
    const urls = typeof url === 'string' ? [url] : url;
    const send = (frame: Frame): void => this.socket.send(frame);
    this.instance = options.instance ?? uniqueInstance(pool);
    this.transport = new FailoverTransport({ urls, agentId: this.instance, timeoutMs, retryForMs });
    this.onError = options.onError ?? ((error) => process.stderr.write(`${String(error)}\n`));
    this.ready = this.connected.promise;
    this.ready.catch(() => undefined);
    this.requests = new AttachRequests(send, timeoutMs);
    this.attachments = new Streams({ transport: this.transport, send, onUpdate, onError: this.onError });
    this.socket = new ReconnectingSocket({
      urls,
      hello: () => this.hello(),
      onFrame: (frame) => this.onFrame(frame),
      onConnected: (node) => this.onConnected(node),
      onSuperseded: () => this.onSuperseded(),
      onRefused: (reason) => this.onRefused(reason),
    });
    this.socket.connect();
    if (options.drainOnSigterm ?? true) process.on('SIGTERM', this.onSigterm);
  }

  /** The sessions that the instance owns, by id. */
  get streams(): ReadonlyMap<string, AgentStream> {
    return this.attachments.all;
  }

  /**
   * Takes a session, also from another instance. `after`: the last revision that you know; left out, updates start
   * after those that the previous owner acknowledged, or from now on for a session that had no owner.
   * @throws SessionNotFound, CommandNotAllowed when it is over or `at_capacity`, AgentReplaced when another instance
   * was faster, Unavailable when there is no answer for `timeoutMs`
   */
  attach(sessionId: string, { after }: { readonly after?: number } = {}): Promise<AgentStream> {
    return this.requests.request(sessionId, after);
  }

  /** Hands all sessions over to other instances of the pool; resolves when that is done, or after 10 s. */
  async drain(): Promise<void> {
    const drained = deferred<void>();
    this.onDrained = drained.resolve;
    const timeout = setTimeout(drained.resolve, drainMs);
    this.socket.send({ type: 'drain' });
    await drained.promise;
    clearTimeout(timeout);
  }

  /** Drains unless `drain` is false, and ends the connection. */
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
    const { pool, capacity = 100, includeOwnEvents, echo = false } = this.options;
    return {
      type: 'hello',
      instance: this.instance,
      pool,
      capacity,
      echo: includeOwnEvents ?? echo,
      resume: this.attachments.claims,
      attempt: Date.now(),
    };
  }

  private onConnected(node: string): void {
    this.transport.prefer(node);
    this.requests.resend();
    this.isReady = true;
    this.connected.resolve();
  }

  private onSuperseded(): void {
    const detail = `Another process is connected as ${this.instance}.`;
    this.lose('replaced', errorFrom({ code: 'agent_replaced', detail }));
  }

  private onRefused(reason: string): void {
    const error = errorFrom({ code: 'bad_frame', detail: this.refusal ?? reason });
    // Before the first welcome, `ready` rejects with it.
    if (this.isReady) this.onError(error, undefined);
    this.lose('closed', error);
  }

  private onFrame(frame: Frame): void {
    const sessionId = String(frame['session_id']);
    if (frame.type === 'update') this.streams.get(sessionId)?.receive(frame as Frame & Update);
    else if (frame.type === 'attached') this.onAttached(sessionId, frame);
    else if (frame.type === 'detached') this.onDetached(sessionId, frame);
    else if (frame.type === 'drained') this.onDrained?.();
    else if (frame.type === 'error') this.onErrorFrame(frame);
  }

  private onAttached(sessionId: string, frame: Frame): void {
    const isNew = !this.streams.has(sessionId);
    const stream = this.attachments.attach(sessionId, Number(frame['epoch']), Number(frame['acknowledged']));
    if (this.requests.resolve(sessionId, stream)) return;
    if (frame['reason'] === 'takeover') this.options.onTakeover?.(stream);
    // The answer came after the timeout: the caller no longer waits for it.
    else if (isNew && frame['reason'] === 'requested')
      this.socket.send({ type: 'detach', session_id: sessionId });
  }

  private onDetached(sessionId: string, frame: Frame): void {
    const epoch = this.streams.get(sessionId)?.epoch;
    const { reason } = frame;
    if (epoch !== undefined && (frame['epoch'] === epoch || reason === 'not_attached')) {
      this.attachments.end(sessionId, reason === 'not_attached' ? 'requested' : (reason as StreamEnd));
    } else if (reason === 'replaced') {
      const detail = 'Another instance took the session at the same time.';
      this.requests.reject(sessionId, errorFrom({ ...frame, code: 'agent_replaced', detail }));
    }
  }

  private onErrorFrame(frame: Frame): void {
    // The API ends the connection after it.
    if (frame['code'] === 'bad_frame') this.refusal = String(frame['detail']);
    else if (!this.requests.fail(frame)) this.onError(errorFrom(frame), undefined);
  }

  /** The connection has ended for good. */
  private lose(reason: StreamEnd, error: Error): void {
    this.attachments.endAll(reason);
    this.requests.rejectAll(error);
    this.connected.reject(error);
  }
}
