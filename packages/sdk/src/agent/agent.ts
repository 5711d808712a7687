import { deferred } from '../client/deferred.ts';
import { SessionElsewhere } from '../client/errors.ts';
import { TokenSource } from '../client/token.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { AttachRequests } from './attach-requests.ts';
import { Attempts } from './attempts.ts';
import { Callbacks } from './callbacks.ts';
import type { AgentCells } from './cells.ts';
import { DetachRequests } from './detach-requests.ts';
import { errorFrom, notAccepted } from './errors.ts';
import type { Frame } from './frame.ts';
import type { AgentOptions } from './options.ts';
import { sigtermShutdown } from './sigterm.ts';
import { ReconnectingSocket } from './socket.ts';
import type { AgentStream, StreamEnd } from './stream.ts';
import { Streams } from './streams.ts';
import type { Update } from './update.ts';
import { FailoverTransport } from './transport.ts';
import { within } from './within.ts';

const drainMs = 10_000;
/** How long closing waits until the acknowledgements are recorded. */
const flushMs = 2_000;

/** Why an agent has ended: it was closed, another process has its instance id, or the API refuses what it sends. */
export interface AgentEnd {
  readonly reason: 'closed' | 'replaced' | 'refused';
  /** Undefined when it was closed. */
  readonly error?: Error;
}

/** An agent instance: owns sessions, receives the events of others in them, and hands them over when it closes. */
export class Agent {
  /** Unique name of this process. */
  readonly instance: string;
  /** Resolves when the API knows the instance; rejects when the API refuses it. */
  readonly ready: Promise<void>;
  /** Resolves when the agent has ended for good, with the reason. Never rejects. */
  readonly ended: Promise<AgentEnd>;
  private readonly ending = deferred<AgentEnd>();
  private readonly connected = deferred<void>();
  private readonly transport: FailoverTransport;
  private readonly socket: ReconnectingSocket;
  private readonly requests: AttachRequests;
  private readonly attachments: Streams;
  private readonly acknowledgements: Acknowledgements;
  private readonly detaches: DetachRequests;
  private readonly callbacks: Callbacks;
  private readonly attempts = new Attempts();
  private onDrained: (() => void) | undefined;
  private isReady = false;
  private isDraining = false;
  /** The attempt of a newer connection, when the API has refused the hello for it. */
  private newestAttempt: number | undefined;
  /** Why the API ends the connection, in full: the reason of a close event is truncated. */
  private refusal: string | undefined;
  private closing: Promise<void> | undefined;

  /** By {@link connectAgent}. */
  constructor(
    private readonly options: AgentOptions & { readonly instance: string },
    /** Of the instance. */
    private readonly cells: AgentCells,
  ) {
    const { url, onUpdate, cell, timeoutMs = 10_000, retryForMs = 30_000 } = options;
    const { handlerTimeoutMs = 300_000, handlerAttempts = 100 } = options;
    const urls = typeof url === 'string' ? [url] : url;
    const send = (frame: Frame): void => this.socket.send(frame);
    this.instance = options.instance;
    const token = new TokenSource(options.token);
    const nodes = { urls, agentId: this.instance, token, timeoutMs, retryForMs, cells: options.cells };
    this.transport = new FailoverTransport(nodes);
    cells.join(this, cell);
    this.callbacks = new Callbacks(options);
    this.ended = this.ending.promise;
    this.ready = this.connected.promise;
    this.ready.catch(() => undefined);
    this.requests = new AttachRequests(send, timeoutMs);
    this.acknowledgements = new Acknowledgements(send);
    this.detaches = new DetachRequests(send, timeoutMs);
    const { transport, acknowledgements, detaches } = this;
    const limits = { timeoutMs: handlerTimeoutMs, attempts: handlerAttempts };
    const reports = { onError: this.callbacks.error, onSkipped: this.callbacks.skipped };
    this.attachments = new Streams({ transport, acknowledgements, detaches, limits, onUpdate, ...reports });
    const retryUntil = performance.now() + retryForMs;
    this.socket = new ReconnectingSocket({
      urls,
      token,
      cell,
      hello: () => this.hello(),
      onFrame: (frame) => this.onFrame(frame),
      onConnected: (node) => this.onConnected(node),
      onLost: () => this.onLost(retryUntil),
      onSuperseded: () => this.onSuperseded(),
      onRefused: (code, reason) => this.onRefused(code, reason),
    });
    this.socket.connect();
    if (options.drainOnSigterm ?? true) sigtermShutdown.add(this);
  }

  /** The sessions that the instance owns, by id: of those that have moved, `onTakeover` tells. */
  get streams(): ReadonlyMap<string, AgentStream> {
    return this.attachments.all;
  }

  /**
   * Takes a session, even from another instance. `after`: the last revision that you know; left out, updates start
   * after those that the previous owner acknowledged, or from now on for a session that had no owner.
   * @throws SessionNotFound, CommandNotAllowed when it is over or `at_capacity`, AgentReplaced when another instance
   * was faster, Unavailable when there is no answer for `timeoutMs`, SessionElsewhere when it is in another cell that
   * `retryForMs` is too short to reach
   */
  async attach(sessionId: string, { after }: { readonly after?: number } = {}): Promise<AgentStream> {
    try {
      return await this.attachHere(sessionId, after);
    } catch (error) {
      if (!(error instanceof SessionElsewhere) || error.cell === undefined) throw error;
      return this.cells.take({ sessionId, cell: error.cell, after });
    }
  }

  /**
   * As `attach`, in the agent's own cell.
   * @internal
   */
  attachHere(sessionId: string, after: number | undefined): Promise<AgentStream> {
    if (this.closing) return Promise.reject(new Error('The agent is closed.'));
    return this.requests.request(sessionId, after);
  }

  /**
   * Hands all sessions over to other instances of the pool, and takes no more; resolves when that is done, or after
   * 10 s.
   */
  async drain(): Promise<void> {
    await Promise.all([this.drainHere(), this.withOthers((agent) => agent.drain())]);
  }

  private async drainHere(): Promise<void> {
    const drained = deferred<void>();
    this.onDrained = drained.resolve;
    this.isDraining = true;
    this.socket.send({ type: 'drain' });
    await within(Promise.race([drained.promise, this.ended]), drainMs);
  }

  /**
   * Starts no more handlers, waits for the running ones (at most `closeTimeoutMs`) and for their acknowledgements, drains,
   * and closes the connection. With `drain` false it only closes the connection.
   */
  close({ drain = true }: { readonly drain?: boolean } = {}): Promise<void> {
    this.closing ??= this.end(drain);
    return this.closing;
  }

  private async end(drain: boolean): Promise<void> {
    if (drain) await this.finishWork();
    if (drain && this.streams.size > 0) await this.drainHere();
    await this.withOthers((agent) => agent.close({ drain }));
    await this.socket.close();
    this.attachments.endAll('closed');
    this.lose({ reason: 'closed' }, new Error('The agent is closed.'));
    await this.transport.close();
    sigtermShutdown.remove(this);
  }

  /** The same in the other cells, for the first of the instance's agents. */
  private async withOthers(work: (agent: Pick<Agent, 'drain' | 'close'>) => Promise<void>): Promise<void> {
    if (this.cells.first === this) await Promise.all((await this.cells.others()).map((agent) => work(agent)));
  }

  private async finishWork(): Promise<void> {
    this.attachments.pause();
    await within(this.attachments.whenIdle(), this.options.closeTimeoutMs ?? 10_000);
    await within(this.acknowledgements.whenRecorded(), flushMs);
  }

  private hello(): Frame {
    const { pool, capacity = 100, includeOwnEvents, echo = false } = this.options;
    return {
      type: 'hello',
      instance: this.instance,
      pool,
      capacity,
      echo: includeOwnEvents ?? echo,
      draining: this.isDraining,
      resume: this.attachments.claim(),
      attempt: this.attempts.next(),
    };
  }

  private onConnected(node: string): void {
    this.transport.prefer(node);
    this.detaches.resend();
    this.requests.resend();
    // An API that does not support `draining` in a hello has forgotten it.
    if (this.isDraining) this.socket.send({ type: 'drain' });
    this.isReady = true;
    this.connected.resolve();
  }

  /** The first connection is tried until then (ms); later ones for good. */
  private onLost(retryUntil: number): boolean {
    const isWanted = this.isReady || performance.now() < retryUntil;
    if (!isWanted) this.connected.reject(notAccepted(this.options));
    return isWanted;
  }

  /** Another connection has the instance id. Before the first welcome it may be that of an earlier process. */
  private onSuperseded(): boolean {
    const newest = this.newestAttempt;
    this.newestAttempt = undefined;
    if (!this.isReady && newest !== undefined && this.attempts.correct(newest)) return true;
    const detail = `Another process is connected as ${this.instance}.`;
    this.fail('replaced', errorFrom({ code: 'agent_replaced', detail }));
    return false;
  }

  private onRefused(code: string, reason: string): void {
    this.fail('refused', errorFrom({ code, detail: this.refusal ?? reason }));
  }

  private onFrame(frame: Frame): void {
    const sessionId = String(frame['session_id']);
    if (frame.type === 'update') this.streams.get(sessionId)?.receive(frame as Frame & Update);
    else if (frame.type === 'attached') this.onAttached(sessionId, frame);
    else if (frame.type === 'detached') this.onDetached(sessionId, frame);
    else if (frame.type === 'acknowledged') this.acknowledgements.confirm(sessionId, Number(frame['up_to']));
    else if (frame.type === 'drained') this.onDrained?.();
    else if (frame.type === 'error') this.onErrorFrame(frame);
  }

  private onAttached(sessionId: string, frame: Frame): void {
    const isNew = !this.streams.has(sessionId);
    const stream = this.attachments.attach(sessionId, Number(frame['epoch']), Number(frame['acknowledged']));
    if (this.requests.resolve(sessionId, stream)) return;
    if (frame['reason'] === 'takeover' && !this.closing) this.callbacks.takeover(stream);
    // The answer came after the timeout: the caller no longer waits for it.
    else if (isNew && frame['reason'] === 'requested')
      this.socket.send({ type: 'detach', session_id: sessionId });
  }

  private onDetached(sessionId: string, frame: Frame): void {
    const stream = this.streams.get(sessionId);
    const { reason } = frame;
    const epoch = stream?.epoch;
    if (reason === 'moved' && stream && frame['epoch'] === epoch) return this.onMoved(stream, frame);
    if (epoch !== undefined && (frame['epoch'] === epoch || reason === 'not_attached')) {
      this.attachments.end(sessionId, reason === 'not_attached' ? 'requested' : (reason as StreamEnd));
    } else if (reason === 'replaced') {
      const detail = 'Another instance took the session at the same time.';
      this.requests.reject(sessionId, errorFrom({ ...frame, code: 'agent_replaced', detail }));
    }
  }

  /** The session goes to another cell: it is taken there once what runs here is done. */
  private onMoved(stream: AgentStream, { from, to }: Frame): void {
    const { sessionId, running } = stream;
    this.attachments.end(sessionId, 'moved');
    this.cells.join(this, String(from));
    const take = async (): Promise<void> => {
      await running;
      if (this.closing) return;
      const after = stream.handledRevision;
      const taken = await this.cells.take({ sessionId, cell: String(to), after });
      if (stream.currentHandler) taken.onUpdate(stream.currentHandler);
      this.callbacks.takeover(taken);
    };
    take().catch((error: unknown) => this.callbacks.error(error, undefined));
  }

  private onErrorFrame(frame: Frame): void {
    // The API ends the connection after it.
    if (frame['code'] === 'bad_frame' || (frame['code'] === 'forbidden' && !('session_id' in frame)))
      this.refusal = String(frame['detail']);
    else if (frame['code'] === 'stale_attempt') this.newestAttempt = Number(frame['attempt']);
    else if (!this.requests.fail(frame) && !this.detaches.fail(String(frame['session_id'])))
      this.callbacks.error(errorFrom(frame), undefined);
  }

  /** The API has ended the connection for good. */
  private fail(reason: 'replaced' | 'refused', error: Error): void {
    this.attachments.endAll(reason === 'replaced' ? 'replaced' : 'closed');
    this.lose({ reason, error }, error);
    sigtermShutdown.remove(this);
    // Before the first welcome, `ready` rejects with it.
    if (this.isReady) this.callbacks.error(error, undefined);
  }

  private lose(end: AgentEnd, error: Error): void {
    this.requests.rejectAll(error);
    this.connected.reject(error);
    this.ending.resolve(end);
  }
}
