import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { LikeAServer } from './like-a-server.ts';
import { Groups } from './persistent/groups.ts';
import { Access } from './rpc/access.ts';
import { Cluster } from './rpc/cluster.ts';
import { admitted } from './services/admission.ts';
import { appendService } from './services/append.ts';
import { batchAppendService } from './services/batch-append.ts';
import { bootstrap } from './services/bootstrap.ts';
import type { ServiceContext } from './services/context.ts';
import {
  gossipDefinition,
  persistentDefinition,
  serverFeaturesDefinition,
  streamsDefinition,
  usersDefinition,
} from './services/definitions.ts';
import { deleteService } from './services/deletes.ts';
import { gossipService, supportedMethodsService } from './services/info.ts';
import { persistentGroupServices } from './services/persistent-groups.ts';
import { persistentReadService } from './services/persistent-read.ts';
import { readService } from './services/read.ts';
import { RepeatedAppends } from './services/repeated-appends.ts';
import { UnfinishedAppends } from './services/unfinished-appends.ts';
import { userServices } from './services/users.ts';
import { messageOf, StoreOpenError } from './store/errors.ts';
import { Store } from './store/store.ts';
import { Feed } from './subscriptions/feed.ts';

const MIB = 1024 * 1024;
export const DEFAULT_MAX_APPEND_SIZE = MIB;
const DEFAULT_APPEND_TIMEOUT_MS = 30_000;
/** Limit of a request, in bytes: a record of EventStoreDB's log, minus its overhead. */
const MAX_MESSAGE_SIZE = 16 * MIB - 10_000;
/** Time for open calls to end at a shutdown, in milliseconds. */
const SHUTDOWN_GRACE_MS = 1_000;

export interface ServerOptions {
  readonly dir: string;
  /** 0: any free port. */
  readonly port: number;
  readonly host?: string;
  readonly secure?: boolean;
  readonly advertise?: { readonly host: string; readonly port: number };
  /** Maximum size of an append, in bytes. */
  readonly maxAppendSize?: number;
  /** Limit of all unfinished appends together. Default 64 MiB. */
  readonly maxUnfinishedBytes?: number;
  /** How long an Append may take to arrive, in milliseconds. Default 30,000. */
  readonly appendTimeoutMs?: number;
  /** The number of streams whose state is kept in memory. Default 50,000. */
  readonly streamInfoCacheCapacity?: number;
  /** Imitates the timing of EventStoreDB. */
  readonly likeAServer?: LikeAServer;
  /** Called with a line when the store becomes read-only or the disk is full. */
  readonly report?: (line: string) => void;
}

interface RunningServer {
  readonly port: number;
  /** The bytes that calls in flight keep in memory. */
  heldBytes(): number;
  stop(): Promise<void>;
}

/** Opens the store and serves it. Throws StoreOpenError. */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const { likeAServer, streamInfoCacheCapacity: cacheCapacity } = options;
  const store = Store.open(options.dir, {
    ...(options.report && { report: options.report }),
    ...(likeAServer && { lagMs: likeAServer.indexLagMs }),
    ...(cacheCapacity !== undefined && { cacheCapacity }),
  });
  const host = options.host ?? '127.0.0.1';
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_SIZE,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': 10_000,
    'grpc-node.max_session_memory': 256,
  });
  try {
    await bootstrap(store);
    const port = await bind(server, host, options.port);
    const advertise = options.advertise ?? { host: '127.0.0.1', port };
    const context: ServiceContext = {
      store,
      access: new Access(store, options.secure ?? false),
      unfinished: new UnfinishedAppends(options.maxUnfinishedBytes),
      maxAppendSize: options.maxAppendSize ?? DEFAULT_MAX_APPEND_SIZE,
      appendTimeoutMs: options.appendTimeoutMs ?? DEFAULT_APPEND_TIMEOUT_MS,
      advertise,
      likeAServer: likeAServer && {
        cluster: new Cluster(options.dir, `${advertise.host}:${advertise.port}`),
        repeats: new RepeatedAppends(likeAServer.repeatTimeoutMs),
      },
      openCalls: new Set(),
    };
    const groups = addServices(server, context);
    return { port, heldBytes: () => heldBytes(context), stop: once(() => stop(server, context, groups)) };
  } catch (error) {
    server.forceShutdown();
    store.close();
    throw error;
  }
};

const addServices = (server: Server, context: ServiceContext): Groups => {
  const feed = new Feed(context.store, context.access);
  const groups = new Groups(context.store, feed);
  const add = (definition: ServiceDefinition, handlers: UntypedServiceImplementation): void =>
    server.addService(
      definition,
      context.likeAServer ? admitted(context.likeAServer.cluster, handlers) : handlers,
    );
  add(streamsDefinition, {
    read: readService(context, feed),
    append: appendService(context),
    batchAppend: batchAppendService(context),
    delete: deleteService(context, 'Delete'),
    tombstone: deleteService(context, 'Tombstone'),
  });
  add(persistentDefinition, {
    ...persistentGroupServices(context, groups),
    read: persistentReadService(context, groups),
  });
  if (context.access.secure) add(usersDefinition, userServices(context));
  server.addService(serverFeaturesDefinition, { getSupportedMethods: supportedMethodsService(context) });
  server.addService(gossipDefinition, { read: gossipService(context) });
  return groups;
};

const heldBytes = ({ openCalls }: ServiceContext): number =>
  [...openCalls].reduce((sum, call) => sum + call.heldBytes, 0);

const bind = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (!error) return resolve(bound);
      const message = /EADDRINUSE|address already in use/i.test(messageOf(error))
        ? `Port ${port} is in use: stop the process that listens on it, or choose another --port`
        : `Cannot listen on ${host}:${port}: ${messageOf(error)}`;
      reject(new StoreOpenError('unusable', message));
    });
  });

const stop = async (server: Server, context: ServiceContext, groups: Groups): Promise<void> => {
  context.store.writer.flush();
  for (const call of context.openCalls) call.shutdown();
  groups.stop();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), SHUTDOWN_GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  context.store.close();
};

const once = (action: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined;
  return () => (running ??= action());
};
