import { once } from 'node:events';
import { WebSocket } from 'ws';
import { inParallel, sleep } from '#platform';
import { authorization } from '../../../tools/shared/token.ts';

/** The arrival of an update. */
interface Arrival {
  readonly session_id: string;
  readonly revision: number;
  readonly at: number;
}

const connectsAtOnce = 100;
const connectTimeoutMs = 30_000;
const warmUpRounds = 100;

/** The sockets of many agent instances, with a minimal implementation of the frames. */
export class AgentSockets {
  readonly attached = new Set<string>();
  onUpdate: (arrival: Arrival) => void = () => undefined;
  private readonly sockets: WebSocket[] = [];
  private heartbeats: NodeJS.Timeout | undefined;

  constructor(
    private readonly address: string,
    private readonly pool: string,
    private readonly capacity: number,
  ) {}

  /** The number of open connections from this index on. */
  openFrom(first: number): number {
    return this.sockets.slice(first).filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  }

  /** Connects until there are `count` sockets. */
  async connect(count: number): Promise<void> {
    const first = this.sockets.length;
    const indexes = Array.from({ length: count - first }, (_, n) => first + n);
    await inParallel(indexes, connectsAtOnce, (index) => this.connectOne(index));
  }

  /** Sends heartbeats, spread evenly over the heartbeat interval. */
  keepAlive(everyMs: number): void {
    let next = 0;
    const shares = 20;
    this.heartbeats = setInterval(() => {
      for (let index = next; index < this.sockets.length; index += shares)
        this.send(index, { type: 'heartbeat' });
      next = (next + 1) % shares;
    }, everyMs / shares);
  }

  /** Sends heartbeats until the server's heap is stable, so that its growth is not attributed to later sockets. */
  async warmUp(): Promise<void> {
    for (let round = 0; round < warmUpRounds; round += 1) {
      for (const index of this.sockets.keys()) this.send(index, { type: 'heartbeat' });
      await sleep(20);
    }
    await sleep(1_000);
  }

  send(index: number, frame: object): void {
    const socket = this.sockets[index];
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  /** From now on this socket does not read, but still sends heartbeats. */
  pause(index: number): void {
    this.sockets[index]?.pause();
  }

  close(): void {
    clearInterval(this.heartbeats);
    for (const socket of this.sockets) socket.terminate();
  }

  private async connectOne(index: number): Promise<void> {
    const socket = new WebSocket(this.address, { headers: authorization(), perMessageDeflate: false });
    this.sockets[index] = socket;
    socket.on('error', () => undefined);
    const signal = AbortSignal.timeout(connectTimeoutMs);
    await once(socket, 'open', { signal });
    const { pool, capacity } = this;
    this.send(index, { type: 'hello', instance: `${pool}-${index}`, pool, capacity });
    await once(socket, 'message', { signal });
    socket.on('message', (data) => this.receive(index, (data as Buffer).toString()));
  }

  private receive(index: number, text: string): void {
    const at = performance.timeOrigin + performance.now();
    const { type, session_id, revision } = JSON.parse(text) as { type: string } & Arrival;
    if (type === 'attached') this.attached.add(session_id);
    if (type !== 'update') return;
    this.onUpdate({ session_id, revision, at });
    this.send(index, { type: 'ack', session_id, revision });
  }
}
