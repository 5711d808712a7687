/**
 * The place of a frame: `libs/sessions/src/codec.ts encode`, `node_modules/pg/lib/client.js query`, `node:net
 * onread`.
 */
type Place = string;

/**
 * The stages of the work of all processes. A frame belongs to the first stage whose pattern matches its place. Its
 * callees belong to it too, unless they have their own stage.
 */
const stages: readonly (readonly [stage: string, pattern: RegExp])[] = [
  ['garbage collection', /^\(garbage collector\)/],
  ['native code and system calls', /^\(program\)/],
  [
    'logs and metrics',
    /\/(prom-client|pino|sonic-boom)\/|libs\/platform\/src\/(logging|metrics)\/|common\/metrics/,
  ],
  ['access checks', /^apps\/api\/src\/access\/|libs\/privacy\/src\/access\/|\/jose\//],
  ['admission', /^apps\/api\/src\/admission\//],
  [
    'validation',
    /\/(class-validator|class-transformer|validator)\/|common\/(validators|command-headers)|dto-reader|quick-check|http\/validation|unsafe-values/,
  ],
  ['tokens of personal values', /privacy\/src\/(recognise|tokens)\/|tokenise-commands|libphonenumber/],
  [
    'seals and keys',
    /privacy\/src\/(seal|keys)\/|privacy\/src\/blind-index|sealed-events|section-seals|row-seals|sealed-letters/,
  ],
  ['hash chain', /sessions\/src\/chain\//],
  ['command ids', /sessions\/src\/command-request|uuid-v5|findProcessed|command-tail/],
  ['decide', /domain\/src\/.*\/decide|decide-all/],
  ['fold', /^libs\/domain\/|sessions\/src\/streams/],
  ['encode', /codec\.ts encode|client\/append-request/],
  ['decode', /codec\.ts|event-metadata|sessions\/src\/(upcasters|delivery)|client\/page/],
  ['append', /sessions\/src\/(client\/|store\.ts)/],
  ['subscription', /sessions\/src\/subscription/],
  ['snapshot', /session-cache|session-memory|json-size/],
  ['announce', /append-announcer|read-models\/src\/notifications\/|api\/src\/agents\//],
  ['contexts', /read-models\/src\/context\/|projector\/src\/context\/|api\/src\/context\//],
  ['rows', /read-models\/src\/(tables|text-search)\/|projector\/src\/tables\//],
  ['references', /bridge\/src\/references\//],
  ['inquiries', /bridge\/src\/inquiries\//],
  ['published events', /bridge\/src\/outbound\//],
  ['command executor', /command-executor|api\/src\/sessions\/|@nestjs\/cqrs/],
  [
    'HTTP',
    /\/(fastify|find-my-way|light-my-request|rxjs|secure-json-parse|fast-json-stringify|@nestjs|@fastify)\/|node:_http|http\/(request-hooks|json-body|security-headers|app|cors|unread-limit)|api\/src\/common\/|api\/src\/privacy\//,
  ],
  [
    'event store’s client',
    /\/(@grpc|@eventstore|google-protobuf|protobufjs|@kurrent)\/|node:internal\/http2/,
  ],
  ['Redis client', /\/(ioredis|redis-parser|@ioredis)\//],
  ['PostgreSQL client', /\/(pg|pg-pool|pg-protocol|pg-types)\//],
  ['Kafka client', /\/kafkajs\/|libs\/messaging\//],
  ['SQL', /embedded-eventstore\/src\/store\/(database|statements|layout|log-reserve)/],
  [
    'store: write',
    /embedded-eventstore\/src\/(store\/(append|writer|streams|head|metadata)|services\/(append|batch|submit|admission|repeated|unfinished))/,
  ],
  ['store: messages', /embedded-eventstore\/src\/(wire|rpc)\//],
  ['store: subscriptions', /embedded-eventstore\/src\/(subscriptions|persistent)\//],
  ['store: reads', /embedded-eventstore\/src\/(store|services)\//],
  ['sockets', /^node:(net|internal\/stream_base|internal\/streams|tls)/],
  [
    'waiting and promises',
    /libs\/platform\/src\/async\/|backing-services\/(breaker|redis-breaker)|node:internal\/(timers|process)/,
  ],
];

const idle = '(idle)';
const unnamed = 'other';

/** The output of `--cpu-prof`. Times are in microseconds of the monotonic clock. */
export interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  readonly startTime: number;
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** A period, in microseconds of the monotonic clock. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The share of a process's working time in a period by stage, largest first; the sum is 1. */
export function stageShares(
  { nodes, samples, timeDeltas, startTime }: Profile,
  { from, to }: Stretch,
  placeOf: (frame: CallFrame) => Place,
): ReadonlyMap<string, number> {
  const stageOfNode = stagesOf(nodes, placeOf);
  const times = new Map<string, number>();
  let total = 0;
  let at = startTime;
  for (const [index, sample] of samples.entries()) {
    at += timeDeltas[index] ?? 0;
    const stage = stageOfNode.get(sample) ?? unnamed;
    if (at < from || at > to || stage === idle) continue;
    const time = timeDeltas[index + 1] ?? 0;
    times.set(stage, (times.get(stage) ?? 0) + time);
    total += time;
  }
  const shares = [...times].map(([stage, time]): [string, number] => [stage, time / total]);
  return new Map(shares.toSorted(([, one], [, other]) => other - one));
}

/** The stage of each node: its own, or else that of its caller. */
function stagesOf(
  nodes: readonly ProfileNode[],
  placeOf: (frame: CallFrame) => Place,
): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const { id, callFrame, children = [] } of nodes) {
    // Callers come before their callees.
    const stage = ownStage(callFrame, placeOf) ?? found.get(id);
    if (stage !== undefined) for (const item of [id, ...children]) found.set(item, stage);
  }
  return found;
}

function ownStage(frame: CallFrame, placeOf: (frame: CallFrame) => Place): string | undefined {
  if (frame.functionName === idle) return idle;
  const place = frame.url === '' ? frame.functionName : placeOf(frame);
  return stages.find(([, pattern]) => pattern.test(place))?.[0];
}
