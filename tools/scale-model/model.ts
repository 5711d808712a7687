/** The measured costs of one command, one read and one event: docs/costs.json. */
export interface Costs {
  readonly command_cpu_us: Readonly<Record<Cluster, number>>;
  readonly read_cpu_us: Readonly<Partial<Record<Cluster, number>>>;
  /** The throughput of one event store. A cluster of several has no more: each append goes through its leader. */
  readonly append: { readonly a_second: number };
  readonly event_bytes: { readonly stored: number };
  readonly row_bytes: { readonly turn: number; readonly session: number };
  readonly context_bytes: { readonly stored: number };
  readonly socket_bytes: { readonly idle: number };
  readonly process_mib: { readonly base: number; readonly event_store: number };
}

export const clusters = ['api', 'projector', 'bridge', 'event_store', 'postgres', 'redis', 'kafka'] as const;
export type Cluster = (typeof clusters)[number];

/** A company, and the utilisation of its machines. */
export interface Assumptions {
  readonly partners: number;
  /** The share of partners who have a session on a day. */
  readonly activeShare: number;
  /** Sessions of an active partner on a day, turns per session (a user's with its reply), contexts read per turn. */
  readonly sessionsADay: number;
  readonly turnsASession: number;
  readonly readsATurn: number;
  /** The load of the busiest hour, as a multiple of the average. */
  readonly peakFactor: number;
  /** Live agents connected in the busiest hour, per thousand active partners. */
  readonly agentsAThousand: number;
  readonly retentionDays: number;
  readonly kafkaDays: number;
  /** How long a context is kept after the last activity. */
  readonly contextHours: number;
  readonly replication: number;
  /** The utilisation of cores and event stores in the busiest hour. */
  readonly utilisation: number;
  readonly coresANode: number;
}

export const usual: Assumptions = {
  partners: 1_000_000,
  activeShare: 0.3,
  sessionsADay: 1.2,
  turnsASession: 8,
  readsATurn: 2,
  peakFactor: 4,
  agentsAThousand: 1,
  retentionDays: 400,
  kafkaDays: 7,
  contextHours: 25,
  replication: 3,
  utilisation: 0.5,
  coresANode: 8,
};

/** A session is started and ended; a turn with its reply is one command with two events. */
const perSession = { commands: 2, events: 3 };
const perTurn = { commands: 1, events: 2 };
const secondsADay = 86_400;
const mostPartitions = 256;
const fewestNodes: Readonly<Record<Cluster, number>> = {
  api: 2,
  projector: 2,
  bridge: 2,
  event_store: 3,
  postgres: 2,
  redis: 2,
  kafka: 3,
};

/** The load per second in the busiest hour, and per day. */
export interface Load {
  readonly commandsASecond: number;
  readonly readsASecond: number;
  readonly sessionsADay: number;
  readonly turnsADay: number;
  readonly eventsADay: number;
  readonly liveAgents: number;
}

export interface ClusterSize {
  readonly cluster: Cluster;
  readonly cores: number;
  readonly nodes: number;
  readonly memoryGib: number;
  readonly diskGib: number;
}

export interface Size {
  readonly load: Load;
  readonly cells: number;
  /** Per cell. */
  readonly partitions: number;
  readonly clusters: readonly ClusterSize[];
}

export function loadOf(assumed: Assumptions): Load {
  const { partners, activeShare, turnsASession, readsATurn, peakFactor, agentsAThousand } = assumed;
  const sessionsADay = partners * activeShare * assumed.sessionsADay;
  const turnsADay = sessionsADay * turnsASession;
  const commandsADay = sessionsADay * perSession.commands + turnsADay * perTurn.commands;
  const eventsADay = sessionsADay * perSession.events + turnsADay * perTurn.events;
  return {
    commandsASecond: (commandsADay / secondsADay) * peakFactor,
    readsASecond: ((turnsADay * readsATurn) / secondsADay) * peakFactor,
    sessionsADay,
    turnsADay,
    eventsADay,
    liveAgents: (partners * activeShare * agentsAThousand) / 1_000,
  };
}

/** How many cells the load needs: a cell is limited by its event store, and by the most partitions that a projection can have. */
export function cellsFor({ commandsASecond }: Load, { utilisation }: Assumptions, costs: Costs): number {
  const appends = costs.append.a_second * utilisation;
  const projected = (mostPartitions * utilisation * 1e6) / costs.command_cpu_us.projector;
  return Math.max(1, Math.ceil(commandsASecond / Math.min(appends, projected)));
}

/** Cores, nodes, memory and disks of all cells together, and the number of cells. Pure. */
export function sizeOf(assumed: Assumptions, costs: Costs): Size {
  const load = loadOf(assumed);
  const cells = cellsFor(load, assumed, costs);
  const perCell = { ...assumed, partners: assumed.partners / cells };
  const ofCell = loadOf(perCell);
  const sizes = clusters.map((cluster) => clusterSize(cluster, ofCell, perCell, costs));
  const cores = sizes.find(({ cluster }) => cluster === 'projector')?.cores ?? 1;
  return {
    load,
    cells,
    partitions: Math.min(mostPartitions, Math.max(4, 2 ** Math.ceil(Math.log2(cores)))),
    clusters: sizes.map((size) => ({
      cluster: size.cluster,
      cores: size.cores * cells,
      nodes: size.nodes * cells,
      memoryGib: size.memoryGib * cells,
      diskGib: size.diskGib * cells,
    })),
  };
}

function clusterSize(cluster: Cluster, load: Load, assumed: Assumptions, costs: Costs): ClusterSize {
  const { utilisation, coresANode } = assumed;
  const us =
    load.commandsASecond * costs.command_cpu_us[cluster] +
    load.readsASecond * (costs.read_cpu_us[cluster] ?? 0);
  const cores = us / 1e6 / utilisation;
  const nodes = Math.max(fewestNodes[cluster], Math.ceil(cores / coresANode));
  const { memory, disk } = stored(cluster, load, assumed, costs, nodes);
  return { cluster, cores, nodes, memoryGib: memory / 2 ** 30, diskGib: disk / 2 ** 30 };
}

/** The bytes of a cluster in all of its copies, in memory and on disk. */
function stored(
  cluster: Cluster,
  { eventsADay, turnsADay, sessionsADay, liveAgents }: Load,
  { retentionDays, kafkaDays, contextHours, replication }: Assumptions,
  costs: Costs,
  nodes: number,
): { readonly memory: number; readonly disk: number } {
  const process = costs.process_mib.base * 2 ** 20 * nodes;
  const events = eventsADay * costs.event_bytes.stored;
  const rows = turnsADay * costs.row_bytes.turn + sessionsADay * costs.row_bytes.session;
  switch (cluster) {
    case 'api':
      return { memory: process + liveAgents * costs.socket_bytes.idle, disk: 0 };
    case 'projector':
    case 'bridge':
      return { memory: process, disk: 0 };
    case 'event_store':
      return {
        memory: costs.process_mib.event_store * 2 ** 20 * nodes + events * nodes,
        disk: events * retentionDays * replication,
      };
    case 'postgres':
      // Mostly the rows of the latest week are read.
      return { memory: process + rows * 7 * 2, disk: rows * retentionDays * 2 };
    case 'redis':
      return {
        memory: (sessionsADay * (contextHours / 24) * costs.context_bytes.stored + process) * 2,
        disk: 0,
      };
    case 'kafka':
      return { memory: process, disk: events * kafkaDays * replication };
    default:
      return cluster satisfies never;
  }
}
