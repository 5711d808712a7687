/** Redis nodes of a scenario: a cluster of three masters and three replicas, or sentinels with a master. */
import type { Redis } from 'ioredis';
import { slotOf, waitUntil } from '#platform';
import { freePorts } from '../../tools/shared/free-ports.ts';
import type { NodeCertificates } from './redis-node-processes.ts';
import { RedisNodes } from './redis-node-processes.ts';

/** How long a master has to be silent before a replica takes over (ms). */
const silenceMs = 2_500;
const slots = 16_384;
const masters = 3;

export interface RedisCluster {
  /** The value of REDIS_URL. */
  readonly url: string;
  readonly ports: readonly number[];
  /** A connection to one node. */
  client(port: number): Redis;
  /** The port of the master of a key, as most nodes see it. */
  masterOf(key: string): Promise<number>;
  /** The same, once it has a replica that can take over. */
  replaceableMasterOf(key: string): Promise<number>;
  /** Kills a node with -9; it stays down until it is restarted. */
  kill(port: number): Promise<void>;
  restart(port: number): Promise<void>;
  /** Kills a master whose replica does not receive the data of `write`. */
  killWithout(port: number, write: () => Promise<unknown>): Promise<void>;
  /** Moves the slot of a key, which must be empty, to another master. */
  moveSlotOf(key: string): Promise<void>;
}

/** Runs a cluster of three masters with a replica each while `work` runs. */
export async function withRedisCluster<T>(
  work: (cluster: RedisCluster) => Promise<T>,
  certificates?: NodeCertificates,
): Promise<T> {
  const nodes = new RedisNodes(certificates);
  const all = await freePorts(4 * masters);
  const bus = certificates && { 'tls-cluster': 'yes' };
  const [ports, busPorts] = [all.slice(0, 2 * masters), all.slice(2 * masters)];
  try {
    await Promise.all(
      ports.map((port, index) =>
        nodes.start(port, { ...clusterOptions(port, busPorts[index] ?? 0), ...bus }),
      ),
    );
    await connect(nodes, ports, busPorts);
    return await work({
      url: `${nodes.scheme}+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
      ports,
      client: (port) => nodes.client(port),
      masterOf: (key) => masterOf(nodes, ports, key),
      replaceableMasterOf: async (key) => {
        let port = 0;
        const hasReplica = async (): Promise<boolean> => {
          port = await masterOf(nodes, ports, key);
          return (await nodes.client(port).info('replication')).includes('state=online');
        };
        await waitUntil(hasReplica, { what: 'a replica to take over', everyMs: 50 });
        return port;
      },
      kill: (port) => nodes.kill(port),
      restart: (port) =>
        nodes.start(port, { ...clusterOptions(port, busPorts[ports.indexOf(port)] ?? 0), ...bus }),
      killWithout: async (port, write) => {
        const isInStep = async (): Promise<boolean> => {
          const text = await nodes.client(port).info('replication');
          return /,offset=(\d+)/.exec(text)?.[1] === /master_repl_offset:(\d+)/.exec(text)?.[1];
        };
        await waitUntil(isInStep, { what: 'a replica that has all before', everyMs: 20 });
        await nodes.client(port).acl('SETUSER', 'default', '-psync', '-sync');
        await nodes.client(port).client('KILL', 'TYPE', 'REPLICA');
        await write();
        await nodes.kill(port);
      },
      moveSlotOf: (key) => moveSlot(nodes, ports, key),
    });
  } finally {
    await nodes.stop();
  }
}

function clusterOptions(port: number, busPort: number): Record<string, string> {
  return {
    'cluster-enabled': 'yes',
    'cluster-port': String(busPort),
    'cluster-config-file': `nodes-${port}.conf`,
    'cluster-node-timeout': String(silenceMs),
    appendonly: 'no',
    save: '""',
  };
}

async function masterOf(nodes: RedisNodes, ports: readonly number[], key: string): Promise<number> {
  const slot = slotOf(key);
  const owners = (await viewsOf(nodes, ports)).map(
    (view) => view.find(({ from, to }) => from <= slot && slot <= to)?.master ?? 0,
  );
  return owners.toSorted((a, b) => a - b).at(owners.length / 2) ?? 0;
}

async function moveSlot(nodes: RedisNodes, ports: readonly number[], key: string): Promise<void> {
  const from = await masterOf(nodes, ports, key);
  const to = (await viewOf(nodes, from)).find(({ master }) => master !== from)?.master ?? 0;
  const [source, target] = [nodes.client(from), nodes.client(to)];
  const [sourceId, targetId] = [await source.cluster('MYID'), await target.cluster('MYID')];
  const slot = slotOf(key);
  await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId);
  await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId);
  for (const node of [target, source]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', targetId);
}

/** The first half of the nodes become masters, the others their replicas. */
async function connect(
  nodes: RedisNodes,
  ports: readonly number[],
  busPorts: readonly number[],
): Promise<void> {
  for (const [index, port] of ports.entries()) {
    const client = nodes.client(port);
    await client.cluster('SET-CONFIG-EPOCH', index + 1);
    const first = Math.ceil((index * slots) / masters);
    if (index < masters)
      await client.call('CLUSTER', 'ADDSLOTSRANGE', first, Math.ceil(((index + 1) * slots) / masters) - 1);
    if (index > 0) await client.call('CLUSTER', 'MEET', '127.0.0.1', ports[0] ?? 0, busPorts[0] ?? 0);
  }
  const known = async (port: number): Promise<boolean> =>
    (await nodes.client(port).cluster('INFO')).includes(`cluster_known_nodes:${ports.length}`);
  await eachOf(ports, known, 'nodes that know one another');
  for (const [index, port] of ports.slice(masters).entries()) {
    const id = await nodes.client(ports[index] ?? 0).cluster('MYID');
    // It first has to learn by gossip that the other one is a master.
    await waitUntil(
      () =>
        nodes
          .client(port)
          .cluster('REPLICATE', id)
          .then(() => true),
      { what: 'a replica', everyMs: 50 },
    );
  }
  const follows = async (port: number): Promise<boolean> =>
    (await nodes.client(port).info('replication')).includes('master_link_status:up');
  await eachOf(ports.slice(masters), follows, 'replicas that follow');
  const isWhole = async (port: number): Promise<boolean> => {
    const view = await viewOf(nodes, port);
    return view.length === masters && view.every(({ replicas }) => replicas.length === 1);
  };
  const isOk = async (port: number): Promise<boolean> =>
    (await nodes.client(port).cluster('INFO')).includes('cluster_state:ok') && (await isWhole(port));
  await eachOf(ports, isOk, 'a cluster');
}

function eachOf(
  ports: readonly number[],
  test: (port: number) => Promise<boolean>,
  what: string,
): Promise<void> {
  return waitUntil(async () => (await Promise.all(ports.map(test))).every(Boolean), { what, everyMs: 50 });
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly master: number;
  readonly replicas: readonly number[];
}

type SlotsReply = [from: number, to: number, ...nodes: [host: string, port: number][]][];

/** The slots as a node sees them. */
async function viewOf(nodes: RedisNodes, port: number): Promise<Range[]> {
  const reply = (await nodes.client(port).cluster('SLOTS')) as unknown as SlotsReply;
  return reply.map(([from, to, [, master] = ['', 0], ...replicas]) => {
    return { from, to, master, replicas: replicas.map(([, replica]) => replica) };
  });
}

/** The views of the nodes that answer. */
async function viewsOf(nodes: RedisNodes, ports: readonly number[]): Promise<Range[][]> {
  const views = await Promise.all(ports.map((port) => viewOf(nodes, port).catch(() => undefined)));
  return views.filter((view) => view !== undefined);
}

export interface Sentinels {
  /** The value of REDIS_URL. */
  readonly url: string;
  /** The port of the master, as the sentinels see it. */
  master(): Promise<number>;
  client(port: number): Redis;
  kill(port: number): Promise<void>;
}

/** Runs a master, its replica and three sentinels while `work` runs. */
export async function withSentinels<T>(
  work: (sentinels: Sentinels) => Promise<T>,
  certificates?: NodeCertificates,
): Promise<T> {
  const nodes = new RedisNodes(certificates);
  const [master = 0, replica = 0, ...sentinels] = await freePorts(5);
  const data = { appendonly: 'no', save: '""' };
  try {
    await nodes.start(master, data);
    await nodes.start(replica, { ...data, replicaof: `127.0.0.1 ${master}` });
    const options = {
      'sentinel monitor': `sessions 127.0.0.1 ${master} 2`,
      'sentinel down-after-milliseconds': `sessions ${silenceMs}`,
      'sentinel failover-timeout': 'sessions 5000',
    };
    await Promise.all(sentinels.map((port) => nodes.start(port, options, true)));
    const knows = async (port: number): Promise<boolean> => {
      const fields = (await nodes.client(port).call('SENTINEL', 'MASTER', 'sessions')) as string[];
      const of = (name: string): string | undefined => fields[fields.indexOf(name) + 1];
      return of('num-slaves') === '1' && of('num-other-sentinels') === '2';
    };
    await eachOf(sentinels, knows, 'the sentinels');
    return await work({
      url: `${nodes.scheme}+sentinel://${sentinels.map((port) => `127.0.0.1:${port}`).join(',')}/sessions/0`,
      master: async () => {
        const address = await nodes
          .client(sentinels[0] ?? 0)
          .call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'sessions');
        return Number((address as string[])[1]);
      },
      client: (port) => nodes.client(port),
      kill: (port) => nodes.kill(port),
    });
  } finally {
    await nodes.stop();
  }
}
