import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { inParallel } from '#platform';

/** An update that arrived, and when. */
export interface Arrival {
  readonly session_id: string;
  readonly revision: number;
  readonly at: number;
}

const atOnce = 100;
const warmRounds = 100;

/** Many agents' sockets that speak the frames with as little as possible, to load one api node. */
export class AgentLoad {
  readonly sockets: WebSocket[] = [];
  readonly attached = new Set<string>();
  closed = 0;
  onUpdate: (arrival: Arrival) => void = () => undefined;
  private beat: NodeJS.Timeout | undefined;

  constructor(
    private readonly address: string,
    private readonly pool: string,
    private readonly capacity: number,
  ) {}

  /** Connects until there are so many. */
  async connect(count: number): Promise<void> {
    const first = this.sockets.length;
    const indexes = Array.from({ length: count - first }, (_, n) => first + n);
    await inParallel(indexes, atOnce, (index) => this.open(index));
  }

  /** Sends heartbeats, spread over the time between two of one socket. */
  keepAlive(everyMs: number): void {
    let next = 0;
    const shares = 20;
    this.beat = setInterval(() => {
      for (let index = next; index < this.sockets.length; index += shares)
        this.send(index, { type: 'heartbeat' });
      next = (next + 1) % shares;
    }, everyMs / shares);
  }

  /** Talks until the server's heap has found its size, which no later socket must pay for. */
  async warm(): Promise<void> {
    for (let round = 0; round < warmRounds; round += 1) {
      for (const index of this.sockets.keys()) this.send(index, { type: 'heartbeat' });
      await sleep(20);
    }
    await sleep(1_000);
  }

  send(index: number, frame: object): void {
    const socket = this.sockets[index];
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  end(): void {
    clearInterval(this.beat);
    for (const socket of this.sockets) socket.terminate();
  }

  private async open(index: number): Promise<void> {
    const socket = new WebSocket(this.address, { perMessageDeflate: false });
    this.sockets[index] = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed += 1;
    });
    await once(socket, 'open');
    const { pool, capacity } = this;
    this.send(index, { type: 'hello', instance: `${pool}-${index}`, pool, capacity });
    await once(socket, 'message');
    socket.on('message', (data) => this.hear(index, (data as Buffer).toString()));
  }

  private hear(index: number, text: string): void {
    const at = performance.timeOrigin + performance.now();
    const { type, session_id, revision } = JSON.parse(text) as { type: string } & Arrival;
    if (type === 'attached') this.attached.add(session_id);
    if (type !== 'update') return;
    this.onUpdate({ session_id, revision, at });
    this.send(index, { type: 'ack', session_id, revision });
  }
}
