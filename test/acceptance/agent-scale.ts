import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Turnstream } from '@turnstream/sdk';
import { inParallel } from '#platform';
import { compiling, until } from './agent-fleet.ts';
import { AgentLoad } from './agent-load.ts';
import { percentiles } from './inquiry-events.ts';
import type { Report } from './report.ts';
import type { System } from './system.ts';
import { withOwnSystem } from './system.ts';

export interface Scale {
  readonly sockets: number;
  readonly sessionsPerSocket: number;
  readonly nonReaders: number;
  /** Updates whose way is measured, each time. */
  readonly samples: number;
  /** Two of them after its last sign an instance that does not read is cut off. */
  readonly leaseMs: number;
}

/** With fewer sockets what each costs is lost in what the process needs anyway. */
const enoughToMeasure = 1_000;
const kib = 1_024;

/** One api node with very many agents: memory, latency, and readers that do not read. */
export async function proveScale(scale: Scale, report: Report): Promise<void> {
  const sessions = scale.sockets * scale.sessionsPerSocket;
  report.begin(`${scale.sockets} sockets, ${sessions} attached sessions on one api node`);
  await withOwnSystem(
    async (system) => {
      const bare = scale.sockets < enoughToMeasure ? undefined : await bareCost(scale.sockets);
      const load = new AgentLoad(
        `${system.apis[0]?.replace('http', 'ws')}/v1/agents`,
        `pool-${randomUUID().slice(0, 8)}`,
        scale.sessionsPerSocket,
      );
      try {
        await new ScaleProof(system, load, scale, report).run(bare);
      } finally {
        load.end();
      }
    },
    { AGENT_LEASE_MS: String(scale.leaseMs) },
  );
}

class ScaleProof {
  private readonly writer: Turnstream;
  private readonly ids: string[] = [];

  constructor(
    private readonly system: System,
    private readonly load: AgentLoad,
    private readonly scale: Scale,
    private readonly report: Report,
  ) {
    this.writer = new Turnstream({ url: system.apis[1] ?? '', agentId: 'writer' });
  }

  async run(bare: number | undefined): Promise<void> {
    const { sockets, nonReaders, leaseMs } = this.scale;
    this.load.keepAlive(leaseMs / 3);
    if (bare === undefined) await this.load.connect(sockets);
    else await this.measureSockets(bare);
    await this.attachAll();
    const calm = await this.measureLatency('all read');
    const before = await this.memory();
    for (let index = 0; index < nonReaders; index += 1) this.load.sockets[index]?.pause();
    const flood = this.flood();
    const busy = await this.measureLatency(`${nonReaders} do not read`);
    await flood;
    const grown = Math.round(((await this.memory()) - before) / kib / kib);
    this.report.figure('memory grown while they do not read, MiB', grown, '<= 128', grown <= 128);
    await until(
      async () => (await this.metric('agent_slow_readers_closed_total')) >= nonReaders,
      'they are cut off',
      4 * leaseMs,
    );
    this.report.equal(
      'non-readers cut off',
      await this.metric('agent_slow_readers_closed_total'),
      nonReaders,
    );
    const limit = Math.max(50, 5 * calm);
    this.report.figure('p99 of the others meanwhile, ms', busy, `<= ${limit}`, busy <= limit);
    this.report.note(`${sockets - nonReaders} sockets stayed`);
    await this.writer.close();
  }

  /** What a socket costs is what the later ones add: by then the process has what it needs anyway. */
  private async measureSockets(bare: number): Promise<void> {
    const { sockets } = this.scale;
    const first = Math.floor(sockets / 5);
    await this.load.connect(first);
    await this.load.warm();
    const before = await this.memory();
    await this.load.connect(sockets);
    await sleep(2_000);
    const each = ((await this.memory()) - before) / (sockets - first);
    this.report.note(
      `bare ws: ${(bare / kib).toFixed(1)} KiB a socket; ours: ${(each / kib).toFixed(1)} KiB`,
    );
    const ratio = Number((each / bare).toFixed(2));
    this.report.figure('memory of an idle socket, in those of a bare ws server', ratio, '<= 2', ratio <= 2);
  }

  private async attachAll(): Promise<void> {
    const { sockets, sessionsPerSocket } = this.scale;
    const began = performance.now();
    const before = await this.memory();
    const indexes = Array.from({ length: sockets * sessionsPerSocket }, (_, n) => n);
    await inParallel(indexes, 64, async (n) => {
      const session = await this.writer.startSession({ partner_id: `P${n}`, channel: 'whatsapp' });
      this.ids[n] = session.id;
      this.load.send(n % sockets, { type: 'attach', session_id: session.id });
      if (n % 5_000 === 4_999) this.report.note(`${n + 1} sessions started`);
    });
    await until(() => this.load.attached.size >= indexes.length, 'every session is attached', 600_000);
    const seconds = Math.round((performance.now() - began) / 1_000);
    await sleep(1_000);
    const each = ((await this.memory()) - before) / indexes.length / kib;
    this.report.note(`started and attached in ${seconds} s; ${each.toFixed(2)} KiB a session`);
    this.report.equal('attached sessions', this.load.attached.size, indexes.length);
  }

  /** From the writer's acknowledgement to the socket; gives p99 in ms. */
  private async measureLatency(when: string): Promise<number> {
    const { samples, nonReaders, sockets } = this.scale;
    const arrived = new Map<string, number>();
    this.load.onUpdate = ({ session_id, revision, at }) => arrived.set(`${session_id}/${revision}`, at);
    const sent: { key: string; at: number }[] = [];
    for (let n = 0; n < samples; n += 1) {
      const socket = nonReaders + Math.floor(Math.random() * (sockets - nonReaders));
      const revision = await this.news(this.ids[socket] ?? '', 100);
      sent.push({ key: `${this.ids[socket]}/${revision}`, at: performance.timeOrigin + performance.now() });
      await sleep(5);
    }
    await until(() => sent.every(({ key }) => arrived.has(key)), 'every update arrives');
    const [p50, p99] = percentiles(sent.map(({ key, at }) => ((arrived.get(key) ?? 0) - at) * 10));
    this.report.note(`${when}: writer’s acknowledgement to socket p50 ${p50 / 10} ms, p99 ${p99 / 10} ms`);
    return p99 / 10;
  }

  /** Many large updates for those who do not read. */
  private async flood(): Promise<void> {
    const { nonReaders } = this.scale;
    const indexes = Array.from({ length: nonReaders * 80 }, (_, n) => n % nonReaders);
    await inParallel(indexes, 4, async (socket) => {
      await this.news(this.ids[socket] ?? '', 3_500);
    });
  }

  private async news(id: string, size: number): Promise<number> {
    const update = {
      system: 'orders',
      kind: 'status_changed',
      reference: 'O1',
      source_event_id: randomUUID(),
    };
    const { revision } = await this.writer
      .session(id)
      .externalUpdate({ ...update, data: { text: 'x'.repeat(size) } });
    return revision;
  }

  private memory(): Promise<number> {
    return this.metric('process_resident_memory_bytes');
  }

  private async metric(name: string): Promise<number> {
    const answer = await fetch(`${this.system.apis[0]}/metrics`);
    const line = (await answer.text()).split('\n').find((text) => text.startsWith(name));
    return Number(line?.split(' ').at(-1) ?? 0);
  }
}

/** Bytes of an idle socket of a bare ws server. */
async function bareCost(sockets: number): Promise<number> {
  const server = fork(join(import.meta.dirname, 'bare-sockets.ts'), [], { execArgv: compiling });
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const load = new AgentLoad(`ws://127.0.0.1:${port}`, 'bare', 1);
  const first = Math.floor(sockets / 5);
  await load.connect(first);
  await load.warm();
  const before = await memoryOf(server);
  await load.connect(sockets);
  await sleep(2_000);
  const after = await memoryOf(server);
  load.end();
  server.disconnect();
  return (after - before) / (sockets - first);
}

async function memoryOf(server: ChildProcess): Promise<number> {
  server.send('memory');
  const [{ rss }] = (await once(server, 'message')) as [{ rss: number }];
  return rss;
}
